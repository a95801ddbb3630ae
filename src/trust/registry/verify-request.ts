import type { Instant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, formatId, type MemberId, memberOf, sameClient, sameMember } from '../../protocol/identifiers.ts'
import { isWeakKey, signatureNamed, verifySignature } from '../../protocol/signature-algorithms.ts'
import { PURPOSES } from '../certificate-extensions.ts'
import { type Certificate, isIssuedBy, isValidAt, readCertificate } from '../certificates.ts'
import { judgeOcsp } from '../ocsp.ts'
import { memberInCertificate } from '../profiles.ts'
import { caOf, type Trust } from '../trust.ts'
import type { ManagementRequest, RequestSignature, Wanted } from './management-request.ts'
import { checkIdentifier } from './names.ts'

/** Who proved to be the sender of a management request. */
export type Verified = { readonly signer: MemberId }

/**
 * Is a management request what it says, by whom it must be? In the order of stock central servers: certificate of authentication and its
 * signature, certificate of the owner with its OCSP answer and its signature, service and instance, identifiers, sender, and what the signer
 * must be. Stricter: every request is signed, and the signer must own what it changes, addresses and maintenance too.
 *
 * Refused with 'cert_validation' · 'invalid_signature_value' · 'invalid_request' · 'invalid_client_identifier' · 'access_denied'.
 * Source: X-Road PR-MSERV, UC-CS.
 */
export function verifyManagementRequest(
  request: ManagementRequest,
  { trust, provider }: { readonly trust: Trust; readonly provider: ClientId },
  at: Instant,
): Outcome<Verified> {
  const { soap, wanted, possession, signature, client, service } = request
  if (possession) {
    const proved = checkPossession(possession, soap.bytes, trust, at)
    if (!proved.ok) return proved
  }
  const certificate = signingCertificate(signature, trust, at)
  if (!certificate.ok) return certificate
  if (!holds(signature, soap.bytes, certificate.value))
    return refuse('invalid_signature_value', 'the signature does not hold over the message')
  const { serviceCode: _, serviceVersion, ...offered } = service
  if (serviceVersion !== undefined || !sameClient(offered, provider))
    return refuse('invalid_request', 'the service is not the one that offers management')
  for (const id of [client, wanted.server, ...('client' in wanted && wanted.client ? [wanted.client] : [])]) {
    const checked = checkIdentifier(id)
    if (!checked.ok) return checked
    if (id.instance !== trust.own) return refuse('invalid_request', `${id.instance} is not this instance`)
  }
  if (!sameClient(client, memberOf(wanted.server))) return refuse('invalid_request', 'the sender is not the owner of the server')
  if (possession && 'certificate' in wanted && Buffer.from(possession.certificate).toString('base64') !== wanted.certificate)
    return refuse('invalid_request', 'the certificate beside the message is not the one in it')
  return checkSigner(certificate.value, wanted, trust)
}

const failed = (detail: string) => refuse('cert_validation', detail)

/** A certificate an approved authority of ours issued, valid now. */
function issuedCertificate(der: Uint8Array, trust: Trust, at: Instant, purpose: 'any' | 'sign'): Outcome<Certificate> {
  const certificate = readCertificate(der)
  if (!certificate.ok) return failed(certificate.fault.detail)
  const issuer = caOf(trust, certificate.value, trust.own, purpose)
  if (!issuer) return failed(`${certificate.value.issuer.text} is no approved authority`)
  if (!isIssuedBy(certificate.value, issuer.certificate)) return failed('its authority did not sign it')
  if (!isValidAt(certificate.value, at) || !isValidAt(issuer.certificate, at)) return failed('it is not valid now')
  return isWeakKey(certificate.value.publicKey) ? failed('its key is too weak') : certificate
}

function checkPossession(signature: RequestSignature, message: Uint8Array, trust: Trust, at: Instant): Outcome<true> {
  const certificate = issuedCertificate(signature.certificate, trust, at, 'any')
  if (!certificate.ok) return certificate
  if (!isForAuthenticationOnly(certificate.value)) return failed('it is not made for authentication, or for signing too')
  return holds(signature, message, certificate.value)
    ? ok(true)
    : refuse('invalid_signature_value', "the signature with the certificate's own key does not hold over the message")
}

function signingCertificate(signature: ManagementRequest['signature'], trust: Trust, at: Instant): Outcome<Certificate> {
  const certificate = issuedCertificate(signature.certificate, trust, at, 'sign')
  if (!certificate.ok) return certificate
  if (!certificate.value.keyUsage?.has('nonRepudiation')) return failed('it is not made for signatures that bind')
  const good = judgeOcsp([signature.ocsp], certificate.value, trust, at, 'strict', trust.own)
  return good.ok ? certificate : failed(good.fault.detail)
}

/** For TLS, and not for signing as well. Source: X-Road UG-SS, certificate usage. */
const isForAuthenticationOnly = ({ extendedKeyUsage, keyUsage }: Certificate): boolean =>
  !keyUsage?.has('nonRepudiation') &&
  ((extendedKeyUsage?.has(PURPOSES.clientAuth) ?? false) ||
    (['digitalSignature', 'keyEncipherment', 'dataEncipherment'] as const).some((usage) => keyUsage?.has(usage) ?? false))

function holds({ algorithm, value }: RequestSignature, message: Uint8Array, { publicKey }: Certificate): boolean {
  const row = signatureNamed(algorithm)
  return row !== undefined && verifySignature(row, publicKey, message, value, 'der')
}

/** Whose signature a request needs: the client's member where it is about a client, the server's owner where it is about a server. */
function checkSigner(certificate: Certificate, wanted: Wanted, trust: Trust): Outcome<Verified> {
  const issuer = caOf(trust, certificate, trust.own, 'sign')
  const owner = memberOf(wanted.server)
  const signer = memberInCertificate(certificate, issuer?.approved.profile ?? '', owner)
  if (!signer.ok) return failed(signer.fault.detail)
  const client = 'client' in wanted && wanted.client ? memberOf(wanted.client) : undefined
  const mayBe = wanted.type === 'clientDeletion' && client ? [client, owner] : [client ?? owner]
  if (mayBe.some((member) => sameMember(member, signer.value))) return ok({ signer: signer.value })
  return refuse('access_denied', `${formatId(signer.value)} signed what only ${mayBe.map(formatId).join(' or ')} may ask for`)
}
