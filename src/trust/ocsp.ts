import { type Instant, later, MINUTE, SECOND } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type FaultCode, type Outcome, refuse, under } from '../protocol/faults.ts'
import { isWeakKey } from '../protocol/signature-algorithms.ts'
import { isCanonicalSignature } from './algorithm-identifiers.ts'
import { PURPOSES } from './certificate-extensions.ts'
import { type Certificate, isIssuedBy, isValidAt, readCertificate, verifies } from './certificates.ts'
import { sameBytes } from './der-values.ts'
import { sha1 } from './key-hash.ts'
import { sameNameInAnyOrder } from './names.ts'
import { certIdFor, type OcspResponse, readOcspResponse, type SingleResponse, wrapBasicResponse } from './ocsp-response.ts'
import { caOf, type Issuer, issuersOf, ocspFreshness, ocspResponders, type Trust } from './trust.ts'

export { ocspRequest, readOcspRequest } from './ocsp-request.ts'
export { type CertId, readOcspResponse } from './ocsp-response.ts'

/** 'stock' gives the verdict stock servers give; 'strict' refuses more, never less. */
export type OcspProfile = 'stock' | 'strict'
export type OcspVerdict = { readonly producedAt: Instant; readonly thisUpdate: Instant; readonly nextUpdate: Instant | null }

/**
 * Judges whether a certificate was good at an instant, by the OCSP responses at hand.
 *
 * Takes the response whose first single response names the certificate (SHA-1 CertID with NULL, compared whole), as stock servers do.
 * Refused in this order: no issuer among the approved CAs 'internal_error'; no response 'cert_validation'; responder not found, signature
 * wrong, responder not authorised, thisUpdate older than the freshness, nextUpdate past: 'incorrect_validation_info'; status not good
 * 'cert_validation'. Strict adds the checks of `strictObjection`.
 */
export function judgeOcsp(
  responses: readonly Uint8Array[],
  certificate: Certificate,
  trust: Trust,
  at: Instant,
  profile: OcspProfile = 'strict',
  instance?: string,
): Outcome<OcspVerdict> {
  const issuer = caOf(trust, certificate, instance)
  if (!issuer) return refuse('internal_error', `${certificate.issuer.text} is not an approved authority`)
  const found = pickResponse(responses, certificate, issuer)
  if (!found.ok) return found
  const response = found.value
  const [single] = response.singles
  const responder = responderOf(response, trust)
  if (!responder) return refuse('incorrect_validation_info', 'the OCSP responder is unknown')
  const objection = stockObjection(response, responder, issuer, trust, at)
  if (objection) return refuse('incorrect_validation_info', objection)
  if (single.status !== 'good') return refuse('cert_validation', `OCSP status of ${certificate.subject.text} is ${single.status}`)
  const strict = profile === 'strict' ? strictObjection(response, responder, issuer, trust, at) : null
  if (strict) return refuse(...strict)
  return ok({ producedAt: response.producedAt, thisUpdate: single.thisUpdate, nextUpdate: single.nextUpdate })
}

/**
 * Judges every certificate of a path (anchor left out) and gives the verdict on the first, the signer's own.
 * Refused with invalid_cert_path in front of the reason.
 */
export function judgePath(
  path: readonly Certificate[],
  responses: readonly Uint8Array[],
  trust: Trust,
  at: Instant,
  profile: OcspProfile = 'strict',
  instance?: string,
): Outcome<OcspVerdict> {
  const verdicts: OcspVerdict[] = []
  for (const certificate of path) {
    const verdict = judgeOcsp(responses, certificate, trust, at, profile, instance)
    if (!verdict.ok) return under('invalid_cert_path', verdict)
    verdicts.push(verdict.value)
  }
  return verdicts[0] ? ok(verdicts[0]) : under('invalid_cert_path', refuse('internal_error', 'an empty path'))
}

function pickResponse(responses: readonly Uint8Array[], certificate: Certificate, issuer: Issuer): Outcome<OcspResponse> {
  const wanted = certIdFor(certificate, issuer.certificate)
  for (const der of responses) {
    const response = readOcspResponse(der)
    if (!response.ok) return response
    if (sameBytes(response.value.singles[0].certId.der, wanted)) return response
  }
  return refuse('cert_validation', `no OCSP response for ${certificate.subject.text}`)
}

/** The first that answers to the name or key: listed responders, then all CAs, then what the response brings along. */
function responderOf(response: OcspResponse, trust: Trust): Certificate | undefined {
  const listed = [...ocspResponders(trust), ...issuersOf(trust).map(({ certificate }) => certificate)]
  return (
    listed.find((candidate) => isResponder(candidate, response)) ??
    carriedOf(response).find((candidate) => isResponder(candidate, response))
  )
}

const carriedOf = ({ carried }: OcspResponse): readonly Certificate[] =>
  carried.flatMap((der) => {
    const certificate = readCertificate(der)
    return certificate.ok ? [certificate.value] : []
  })

const isResponder = (candidate: Certificate, { responder }: OcspResponse): boolean =>
  responder.kind === 'name' ? sameNameInAnyOrder(candidate.subject, responder.name) : sameBytes(sha1(candidate.keyBits), responder.sha1)

const isSame = (a: Certificate, b: Certificate): boolean => sameBytes(a.der, b.der)

function isAuthorised(responder: Certificate, { certificate: issuer, ocsp }: Issuer): boolean {
  if (ocsp.some(({ certificate }) => certificate && isSame(certificate, responder)) || isSame(issuer, responder)) return true
  return (responder.extendedKeyUsage?.has(PURPOSES.OCSPSigning) ?? false) && isIssuedBy(responder, issuer)
}

/** Source of the order and of what is not asked: X-Road OcspVerifier. */
function stockObjection(response: OcspResponse, responder: Certificate, issuer: Issuer, trust: Trust, at: Instant): string | null {
  const [{ thisUpdate, nextUpdate }] = response.singles
  if (!verifies(response.tbs, response.algorithm, response.signature, responder.publicKey)) return 'the OCSP signature is wrong'
  if (!isAuthorised(responder, issuer)) return `${responder.subject.text} may not answer for ${issuer.certificate.subject.text}`
  if (thisUpdate < at - ocspFreshness(trust) * SECOND) return 'the OCSP response is too old'
  return trust.verifyNextUpdate && nextUpdate !== null && nextUpdate < at ? 'the OCSP response has been superseded' : null
}

/** How far the clocks of a responder, a stamper and a node may lie apart. */
const CLOCK_SKEW = MINUTE

/**
 * What stock servers let pass: an answer from the future, a responder whose certificate was not valid when it answered, weak algorithms,
 * critical extensions we do not know, and octets that no signature covers and that may take more than one form.
 */
function strictObjection(
  response: OcspResponse,
  responder: Certificate,
  issuer: Issuer,
  trust: Trust,
  at: Instant,
): readonly [FaultCode, string] | null {
  const { signature, der } = response.algorithm
  if (!signature || signature.weak || isWeakKey(responder.publicKey))
    return ['weak_algorithm', 'the OCSP response is signed with a weak algorithm']
  const wrong = timeObjection(response, responder, at) ?? extensionObjection(response)
  if (wrong) return ['incorrect_validation_info', wrong]
  const canonical = isCanonicalSignature(response.algorithm, signature) && onlyKnown(response, responder, issuer, trust)
  const rebuilt = wrapBasicResponse(response.tbs, der, response.signature, response.carried)
  return canonical && sameBytes(rebuilt, response.der)
    ? null
    : ['unaccounted_bytes', 'the OCSP response has octets that nothing accounts for']
}

function timeObjection({ producedAt, singles: [single] }: OcspResponse, responder: Certificate, at: Instant): string | null {
  const { thisUpdate, nextUpdate }: SingleResponse = single
  if (thisUpdate > later(at, CLOCK_SKEW) || producedAt > later(at, CLOCK_SKEW)) return 'the OCSP response lies in the future'
  if (thisUpdate > later(producedAt, CLOCK_SKEW)) return 'the OCSP response is dated before what it says'
  if (nextUpdate !== null && nextUpdate < thisUpdate) return 'the OCSP response was superseded before it was made'
  return isValidAt(responder, producedAt) ? null : 'the certificate of the OCSP responder was not valid'
}

const extensionObjection = ({ hasCriticalExtension, singles: [single] }: OcspResponse): string | null =>
  hasCriticalExtension || single.hasCriticalExtension ? 'the OCSP response has an unknown critical extension' : null

/** Carried certificates: the responder's, or one the configuration lists; each once. */
function onlyKnown({ carried }: OcspResponse, responder: Certificate, issuer: Issuer, trust: Trust): boolean {
  const listed = [...issuer.ocsp.flatMap(({ certificate }) => certificate ?? []), ...issuersOf(trust).map(({ certificate }) => certificate)]
  const isKnown = (der: Uint8Array) =>
    sameBytes(der, responder.der) || listed.some((known) => sameBytes(known.der, der)) || isRenewed(der, responder, issuer)
  const isOnce = (der: Uint8Array, index: number) => carried.findIndex((other) => sameBytes(other, der)) === index
  return carried.every((der, index) => isKnown(der) && isOnce(der, index))
}

/** A responder may carry a newer certificate of the key that the configuration lists: then the CA's own signature accounts for it. */
function isRenewed(der: Uint8Array, responder: Certificate, issuer: Issuer): boolean {
  const certificate = readCertificate(der)
  return certificate.ok && sameBytes(certificate.value.keyBits, responder.keyBits) && isAuthorised(certificate.value, issuer)
}
