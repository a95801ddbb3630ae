import type { Instant } from '../base/clock.ts'
import type { Sign } from '../protocol/sign.ts'
import { context, enumerated, generalizedTime, implicit, octets, sequence } from './der-write.ts'
import { sha1 } from './key-hash.ts'
import { wrapBasicResponse } from './ocsp-response.ts'
import { type Authority, identifierOf, signData } from './sign-der.ts'

export type CertificateStatus =
  | { readonly kind: 'good' }
  | { readonly kind: 'revoked'; readonly at: Instant }
  | { readonly kind: 'unknown' }

export type OcspAnswer = {
  /** The CertID, DER: `certIdFor`, or as it was asked. */
  readonly certId: Uint8Array
  readonly status: CertificateStatus
  readonly thisUpdate: Instant
  readonly nextUpdate?: Instant
}

export type OcspOrder = {
  readonly producedAt: Instant
  readonly answers: readonly [OcspAnswer, ...OcspAnswer[]]
  /** How the responder names itself; stock responders do it by name. */
  readonly responder?: 'name' | 'key'
  /** Certificates to carry, DER; the responder's own unless told. A CA that answers itself needs none. */
  readonly carried?: readonly Uint8Array[]
}

/** An OCSPResponse (RFC 6960 §4.2.1), DER. Times in whole seconds: the rest is cut off. */
export async function issueOcspResponse(order: OcspOrder, by: Authority, sign: Sign): Promise<Uint8Array> {
  const { subject, keyBits, der } = by.certificate
  const responder = order.responder === 'key' ? context(2, octets(sha1(keyBits))) : context(1, subject.der)
  const tbs = sequence(responder, generalizedTime(order.producedAt), sequence(...order.answers.map(single)))
  return wrapBasicResponse(tbs, identifierOf(by), await signData(tbs, by, sign), order.carried ?? [der])
}

function single({ certId, status, thisUpdate, nextUpdate }: OcspAnswer): Uint8Array {
  const next = nextUpdate === undefined ? undefined : context(0, generalizedTime(nextUpdate))
  return sequence(certId, statusOf(status), generalizedTime(thisUpdate), next)
}

const NOTHING = new Uint8Array(0)
const statusOf = (status: CertificateStatus): Uint8Array =>
  status.kind === 'revoked' ? context(1, generalizedTime(status.at)) : implicit(status.kind === 'good' ? 0 : 2, NOTHING)

const REFUSALS = { malformedRequest: 1, internalError: 2, tryLater: 3, unauthorized: 6 } as const
/** A responder's refusal (RFC 6960 §4.2.1), unsigned. */
export const ocspRefusal = (why: keyof typeof REFUSALS): Uint8Array => sequence(enumerated(REFUSALS[why]))
