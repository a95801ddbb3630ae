import { hex, sha512 } from '../protocol/digests.ts'
import { ENTRY } from './asic-entries.ts'
import { buildChains, TIMESTAMP_CHAIN } from './hash-chain.ts'

/** `result` is what the stamp is over; `chains` lead from it to each signature document, in the order given. */
export type StampChain = { readonly result: Uint8Array; readonly chains: readonly Uint8Array[] }

const NAME = `/${ENTRY.signature}`
/** Stands beside a document that is stamped alone: the digest of nothing. */
const NOTHING = { name: NAME, sha512: sha512(new Uint8Array()) }

/**
 * One stamp for any number of signature documents, each under it as a whole: OCSP responses and certificates in them, which no signature
 * covers, cannot be exchanged afterwards for others that are as good.
 *
 * From the result one way alone leads to each document: equal ones (a signature over several messages) share a leaf and its chain. A document
 * alone gets a second leaf beside it, since a chain over one leaf is a form that no stock server writes.
 * Source: X-Road BatchTimestampRequest, HashChainBuilder.
 */
export function stampChain(signatures: readonly Uint8Array[]): StampChain {
  const digests = signatures.map((signature) => sha512(signature))
  const leaves = new Map(digests.map((digest) => [hex(digest), [{ name: NAME, sha512: digest }]]))
  if (leaves.size === 0) throw new Error('there is nothing to stamp')
  const order = [...leaves.keys()]
  const tree = order.length === 1 ? [...leaves.values(), [NOTHING]] : [...leaves.values()]
  const { result, chains } = buildChains(tree, TIMESTAMP_CHAIN)
  return { result, chains: digests.map((digest) => chains[order.indexOf(hex(digest))] as Uint8Array) }
}
