import { chainSteps, type PartDigest } from './hash-chain-tree.ts'
import { writeChain, writeChainResult } from './hash-chain-write.ts'

export type { PartDigest } from './hash-chain-tree.ts'
export type { ChainedPart, ChainFiles, Required } from './hash-chain-walk.ts'
export { verifyChain } from './hash-chain-walk.ts'
export { isCanonicalChain, isCanonicalPair } from './hash-chain-write.ts'

/** The file names that chains go by: inside a container, and on the wire where they only play a role. */
export const SIGNATURE_CHAIN = { result: '/sig-hashchainresult.xml', chain: '/sig-hashchain.xml' } as const
export const TIMESTAMP_CHAIN = { result: '/ts-hashchainresult.xml', chain: '/ts-hashchain.xml' } as const

/**
 * One result over all messages, and one chain document for each.
 *
 * @param messages the parts of each in order: message first, then attachments; for a stamp '/META-INF/signatures.xml' alone.
 *   One message of one part has no chain: the caller signs its digest directly.
 * @param names SIGNATURE_CHAIN or TIMESTAMP_CHAIN
 */
export function buildChains(
  messages: readonly (readonly PartDigest[])[],
  names: { readonly chain: string },
): { readonly result: Uint8Array; readonly chains: readonly Uint8Array[] } {
  const { root, steps } = chainSteps(messages)
  return { result: writeChainResult(`${names.chain}#STEP0`, root), chains: steps.map((each) => writeChain(each)) }
}
