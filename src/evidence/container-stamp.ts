import { ok } from '../base/result.ts'
import { type Digest, digestNamed, hash } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { ENTRY } from './asic-entries.ts'
import type { Container } from './asic-read.ts'
import { type ChainFiles, type Required, verifyChain } from './hash-chain.ts'
import type { ParsedSignature } from './signature-read.ts'
import type { Profile } from './verify.ts'

const SIGNATURE = `/${ENTRY.signature}`
/** What the log of a stock server may be set to. */
const LOG_DIGESTS = ['SHA-512', 'SHA-384', 'SHA-256'].map((name) => digestNamed(name) as Digest)

/**
 * What the token must be over: the result of the chain that leads to this signature document, or without chain the decoded signature value.
 * A chain that does not lead there is a 'malformed_signature', whatever is wrong with it.
 */
export function stampedOctets({ entries, stamp, documents }: Container, { value }: ParsedSignature, profile: Profile): Outcome<Uint8Array> {
  if (!stamp.chain) return ok(value)
  const files: ChainFiles = { fetch: (uri) => entries.get(uri.slice(1)), looksUp: (uri) => entries.has(uri.slice(1)) }
  const digests: readonly (Digest | null)[] = profile === 'strict' ? LOG_DIGESTS : [null]
  const faults: string[] = []
  for (const digest of digests) {
    const required: Required = new Map([[SIGNATURE, digest && { digest, value: hash(digest, documents.signature) }]])
    const walked = verifyChain(stamp.chain.result, files, required, profile)
    if (walked.ok) return ok(stamp.chain.result)
    faults.push(`${walked.fault.path.join('.')} ${walked.fault.detail}`)
  }
  return refuse('malformed_signature', `the chain of the time stamp: ${faults[0]}`)
}
