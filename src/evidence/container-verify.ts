import type { Instant } from '../base/clock.ts'
import { ok, type Refused } from '../base/result.ts'
import { type Fault, type Outcome, refuse } from '../protocol/faults.ts'
import { type Trust, tsaCertificates } from '../trust/trust.ts'
import { type Container, readContainer } from './asic-read.ts'
import { checkAccounts } from './container-accounts.ts'
import { judgedParts, signedContentOf, unjudgedParts } from './container-content.ts'
import { stampedOctets } from './container-stamp.ts'
import type { ContainerVerdict } from './container-verdict.ts'
import { signerOf } from './message-signer.ts'
import { CHAIN_RESULT, MESSAGE } from './signature-names.ts'
import { type ParsedSignature, readSignature } from './signature-read.ts'
import { verifyToken } from './timestamp.ts'
import { type Profile, refersTo, verifySignature } from './verify.ts'

/**
 * Judges a container against the trust given, as of the time of its stamp: what it holds, who signed it, when it existed at the latest,
 * and whether the signer's certificate was good then.
 *
 * 'stock' gives the verdict and the code of the reference verifier. 'strict' refuses more, never less: every part must be covered, every
 * algorithm sound, and every entry and byte accounted for, so that no other container says the same.
 * Source: X-Road AsicContainerVerifier (the order of checks).
 */
export async function verifyContainer(bytes: Uint8Array, trust: Trust, profile: Profile): Promise<ContainerVerdict> {
  const container = await readContainer(bytes)
  if (!container.ok) return { valid: false, fault: container.fault, parts: [] }
  const signature = readReferring(container.value.documents.signature)
  if (!signature.ok) return invalid(container.value, signature)
  const stamped = timeOf(container.value, signature.value, trust, profile)
  return stamped.ok ? judgeAt(container.value, signature.value, trust, stamped.value, profile) : invalid(container.value, stamped)
}

function judgeAt(container: Container, parsed: ParsedSignature, trust: Trust, timestamp: Instant, profile: Profile): ContainerVerdict {
  const signer = signerOf(container.message)
  if (!signer.ok) return invalid(container, signer, timestamp)
  const verified = verifySignature(parsed, signedContentOf(container, profile), signer.value, trust, timestamp, profile)
  if (!verified.ok) return invalid(container, verified, timestamp)
  const accounted = profile === 'strict' ? checkAccounts(container, parsed, verified.value, trust) : ok(true as const)
  if (!accounted.ok) return invalid(container, accounted, timestamp)
  const parts = judgedParts(container, verified.value)
  return { valid: true, signer: signer.value, timestamp, ocsp: verified.value.ocsp.producedAt, parts }
}

function invalid(container: Container, { fault }: Refused<Fault>, timestamp?: Instant): ContainerVerdict {
  const parts = unjudgedParts(container)
  return timestamp === undefined ? { valid: false, fault, parts } : { valid: false, fault, timestamp, parts }
}

/** A signature of a message or of a chain; of anything else it is no signature here. */
function readReferring(signature: Uint8Array): Outcome<ParsedSignature> {
  const parsed = readSignature(signature)
  if (!parsed.ok || refersTo(parsed.value, MESSAGE) || refersTo(parsed.value, CHAIN_RESULT)) return parsed
  return refuse('malformed_signature', 'neither the message nor a chain is referred to')
}

function timeOf(container: Container, parsed: ParsedSignature, trust: Trust, profile: Profile): Outcome<Instant> {
  const stamped = stampedOctets(container, parsed, profile)
  if (!stamped.ok) return stamped
  const token = verifyToken(container.stamp.token, stamped.value, tsaCertificates(trust), { strict: profile === 'strict' })
  return token.ok ? ok(token.value.genTime) : token
}
