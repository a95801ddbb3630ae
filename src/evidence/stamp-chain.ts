import { sha512 } from '../protocol/digests.ts'
import { ENTRY } from './asic-entries.ts'
import { buildChains, TIMESTAMP_CHAIN } from './hash-chain.ts'

/** `result` is what the stamp is over; `chains` lead from it to each signature document, in the order given. */
export type StampChain = { readonly result: Uint8Array; readonly chains: readonly Uint8Array[] }

/**
 * One stamp for any number of signature documents, each under it as a whole: OCSP responses and certificates in them, which no signature
 * covers, cannot be exchanged afterwards for others that are as good.
 *
 * A document alone is entered twice: a tree of two equal leaves is what stock servers make of two records of one signing batch, and a chain
 * over one leaf is a form that none of them writes.
 * Source: X-Road BatchTimestampRequest, HashChainBuilder.
 */
export function stampChain(signatures: readonly Uint8Array[]): StampChain {
  if (signatures.length === 0) throw new Error('there is nothing to stamp')
  const leaves = signatures.map((signature) => [{ name: `/${ENTRY.signature}`, sha512: sha512(signature) }])
  const { result, chains } = buildChains(leaves.length === 1 ? [...leaves, ...leaves] : leaves, TIMESTAMP_CHAIN)
  return { result, chains: chains.slice(0, signatures.length) }
}
