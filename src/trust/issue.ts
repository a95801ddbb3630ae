import type { Instant } from '../base/clock.ts'
import type { Sign } from '../protocol/sign.ts'
import { type Certificate, publicKeyOf } from './certificates.ts'
import { decodeDer } from './der.ts'
import { context, integer, sequence, time } from './der-write.ts'
import { sha1 } from './key-hash.ts'
import { type Authority, identifierOf, type SigningKey, signedStructure } from './sign-der.ts'
import {
  type AlternativeNames,
  alternativeNames,
  authority,
  authorityKeyIdentifier,
  endEntity,
  extendedKeyUsage,
  extensions,
  keyUsage,
  ocspAddress,
  ocspNoCheck,
  subjectKeyIdentifier,
  type WrittenExtension,
} from './write-extensions.ts'

export { certificateRequest, readCertificateRequest } from './certificate-request.ts'
export { issueCrl } from './issue-crl.ts'
export { issueOcspResponse, ocspRefusal } from './issue-ocsp.ts'
export type { Authority, SigningKey } from './sign-der.ts'

/** What a certificate is for: one row of extensions each. */
export type CertificateUse =
  | 'root' // a self-signed authority
  | 'issuing' // an authority below it, which issues end entities only
  | 'signing' // a member's signatures on messages: nonRepudiation and nothing else (X-Road UG-SS, certificate profiles)
  | 'authentication' // a node towards its peers, both ends of TLS
  | 'ocsp'
  | 'timestamping'
  | 'server' // a web server
  | 'client' // an information system towards its node

const USES: { readonly [use in CertificateUse]: () => readonly WrittenExtension[] } = {
  root: () => [authority(), keyUsage(['keyCertSign', 'cRLSign'])],
  issuing: () => [authority(0), keyUsage(['keyCertSign', 'cRLSign'])],
  signing: () => [endEntity(), keyUsage(['nonRepudiation'])],
  authentication: () => [endEntity(), keyUsage(['digitalSignature']), extendedKeyUsage(['clientAuth', 'serverAuth'])],
  ocsp: () => [endEntity(), keyUsage(['digitalSignature']), extendedKeyUsage(['OCSPSigning']), ocspNoCheck()],
  timestamping: () => [endEntity(), keyUsage(['digitalSignature']), extendedKeyUsage(['timeStamping'], true)],
  server: () => [endEntity(), keyUsage(['digitalSignature', 'keyEncipherment']), extendedKeyUsage(['serverAuth'])],
  client: () => [endEntity(), keyUsage(['digitalSignature']), extendedKeyUsage(['clientAuth'])],
}

export type CertificateOrder = {
  readonly use: CertificateUse
  /** 1 to 2^159 - 1; never twice from one authority. */
  readonly serial: bigint
  /** A Name, DER: `writeName`, or taken over from a request. */
  readonly subject: Uint8Array
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  readonly notBefore: Instant
  readonly notAfter: Instant
  readonly names?: AlternativeNames
  readonly ocspUrl?: string
}

/**
 * Issues a certificate (RFC 5280 §4.1, version 3).
 *
 * @param by the authority; for a 'root' just the key, whose public half is in the order
 * @returns DER. Throws when the order makes no sense: a serial out of range, no public key, an end before the start.
 */
export function issueCertificate(order: CertificateOrder, by: SigningKey | Authority, sign: Sign): Promise<Uint8Array> {
  const { serial, notBefore, notAfter } = order
  if (serial < 1n || serial >= 1n << 159n || notAfter < notBefore) throw new Error('a certificate order that makes no sense')
  const { keyBits } = readKey(order.publicKey)
  const issuer = 'certificate' in by ? by.certificate : null
  if (!issuer && order.use !== 'root') throw new Error('only a root signs itself')
  const tbs = sequence(
    context(0, integer(2)),
    integer(serial),
    identifierOf(by),
    issuer ? issuer.subject.der : order.subject,
    sequence(time(notBefore), time(notAfter)),
    order.subject,
    order.publicKey,
    extensions([
      ...USES[order.use](),
      ...extrasOf(order),
      subjectKeyIdentifier(keyBits),
      authorityKeyIdentifier(identifierOfKey(issuer, keyBits)),
    ]),
  )
  return signedStructure(tbs, by, sign)
}

const extrasOf = ({ names, ocspUrl }: CertificateOrder): readonly WrittenExtension[] => [
  ...(names ? [alternativeNames(names)] : []),
  ...(ocspUrl ? [ocspAddress(ocspUrl)] : []),
]

const identifierOfKey = (issuer: Certificate | null, ownKeyBits: Uint8Array): Uint8Array =>
  issuer ? (issuer.subjectKeyIdentifier ?? sha1(issuer.keyBits)) : sha1(ownKeyBits)

function readKey(spki: Uint8Array) {
  const key = decodeDer(spki, publicKeyOf)
  if (!key.ok) throw new Error(`not a public key: ${key.fault}`)
  return key.value
}
