import type { Instant } from '../base/clock.ts'
import { type Result, refused } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { type AlgorithmIdentifier, algorithmOf } from '../trust/algorithm-identifiers.ts'
import { toDer } from '../trust/ber.ts'
import { extensionsOf } from '../trust/certificate-extensions.ts'
import {
  BOOLEAN,
  bytesOf,
  constructed,
  contentsOf,
  type Der,
  decode,
  GENERALIZED_TIME,
  INTEGER,
  mismatch,
  OCTET_STRING,
  OID,
  parseDer,
  primitive,
  SEQUENCE,
  SET,
  SLOPPY,
} from '../trust/der.ts'
import { fewOf, fieldsOf, inside, integerOf, membersOf, octetsOf, oidOf, timeOf } from '../trust/der-values.ts'
import { type Name, nameOf } from '../trust/names.ts'

/** Object identifiers of RFC 5652, RFC 3161, RFC 5035 and RFC 6211. */
export const CMS = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  algorithmProtection: '1.2.840.113549.1.9.52',
} as const

export type MessageImprint = { readonly algorithm: AlgorithmIdentifier; readonly digest: Uint8Array }

/** What was stamped, when (RFC 3161 §2.4.2). */
export type TstInfo = {
  readonly policy: string
  readonly imprint: MessageImprint
  readonly serial: bigint
  readonly genTime: Instant
  readonly nonce: bigint | null
  readonly hasCriticalExtension: boolean
}

/** Whose signature it is (RFC 5652 §5.3). */
export type SignerId =
  | { readonly kind: 'serial'; readonly issuer: Name; readonly serial: bigint }
  | { readonly kind: 'key'; readonly keyIdentifier: Uint8Array }

/** A CMS SignedData with one signer over a TSTInfo: an RFC 3161 time-stamp token. */
export type TimestampToken = {
  readonly der: Uint8Array
  readonly tstInfo: TstInfo
  /** The signed octets: the contents of eContent. */
  readonly content: Uint8Array
  readonly certificates: readonly Uint8Array[]
  readonly signer: SignerId
  readonly digestAlgorithm: AlgorithmIdentifier
  readonly signatureAlgorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  /** Attributes in the order of the token, and by OID: each value of each. */
  readonly signedAttributes: readonly Uint8Array[]
  readonly attributes: ReadonlyMap<string, readonly Der[]>
}

const MAX_TOKEN = 256 * 1024
const MAX_MEMBERS = 32

/**
 * Reads a token. BER, which tokens of the years up to 2014 were kept in, is read as the DER it stands for; `der` are the octets as they came.
 *
 * Refused: octets that are not one complete value 'io_error'; a value that is no token with one signer and an ESS signing-certificate
 * attribute 'internal_error', as stock servers say.
 */
export function readToken(octets: Uint8Array): Outcome<TimestampToken> {
  const root = octets.length <= MAX_TOKEN ? rootOf(octets) : refused('too long')
  if (!root.ok) return refuse('io_error', `time stamp: ${root.fault}`)
  const token = decode(() => ({ ...tokenOf(root.value), der: octets }))
  return token.ok ? token : refuse('internal_error', `time stamp: ${token.fault}`)
}

function rootOf(octets: Uint8Array): Result<Der, string> {
  const root = decode(() => parseDer(octets, SLOPPY))
  if (root.ok) return root
  const der = toDer(octets)
  return der.ok ? decode(() => parseDer(der.value, SLOPPY)) : der
}

/** The SignedData inside a ContentInfo, and what it stands for. Throws DerMismatch. */
export function signedDataOf(root: Der): Der {
  const fields = fieldsOf(root, 'CMS')
  if (oidOf(fields.next(OID, 'content type')) !== CMS.signedData) mismatch('CMS without signed data')
  const content = inside(fields.next(constructed(0), 'content'), SEQUENCE, 'signed data')
  fields.end('CMS')
  return content
}

/** The same inside another decoder: throws DerMismatch. */
export function tokenOf(root: Der): TimestampToken {
  const fields = fieldsOf(signedDataOf(root), 'signed data')
  fields.next(INTEGER, 'version')
  fields.next(SET, 'digest algorithms')
  const content = contentOf(fields.next(SEQUENCE, 'content'))
  const certificates = fewOf(fields.optional(constructed(0))?.children ?? [], MAX_MEMBERS, 'certificates')
  fields.optional(constructed(1))
  const signers = membersOf(fields.next(SET, 'signers'), 'signers')
  fields.end('signed data')
  const [signer] = signers.length === 1 ? signers : mismatch(`${signers.length} signers`)
  return {
    der: bytesOf(root),
    tstInfo: tstInfoOf(parseDer(content, SLOPPY)),
    content,
    certificates: certificates.map(bytesOf),
    ...signerInfoOf(signer as Der),
  }
}

function contentOf(found: Der): Uint8Array {
  const fields = fieldsOf(found, 'content')
  if (oidOf(fields.next(OID, 'type')) !== CMS.tstInfo) mismatch('content is no time stamp')
  const content = octetsOf(inside(fields.next(constructed(0), 'octets'), OCTET_STRING, 'content'))
  fields.end('content')
  return content
}

function signerInfoOf(
  found: Der,
): Pick<TimestampToken, 'signer' | 'digestAlgorithm' | 'signatureAlgorithm' | 'signature' | 'signedAttributes' | 'attributes'> {
  const fields = fieldsOf(found, 'signer')
  fields.next(INTEGER, 'version')
  const signer = signerIdOf(fields.any('identifier'))
  const digestAlgorithm = algorithmOf(fields.next(SEQUENCE, 'digest algorithm'))
  const signed = fewOf(fields.next(constructed(0), 'signed attributes').children, MAX_MEMBERS, 'attributes')
  const signatureAlgorithm = algorithmOf(fields.next(SEQUENCE, 'signature algorithm'))
  const signature = octetsOf(fields.next(OCTET_STRING, 'signature'))
  fields.optional(constructed(1))
  fields.end('a signer')
  const attributes = attributesOf(signed)
  if (!attributes.has(CMS.signingCertificate) && !attributes.has(CMS.signingCertificateV2)) mismatch('no signing certificate attribute')
  return { signer, digestAlgorithm, signatureAlgorithm, signature, signedAttributes: signed.map(bytesOf), attributes }
}

function signerIdOf(found: Der): SignerId {
  if (found.tag === primitive(0)) return { kind: 'key', keyIdentifier: contentsOf(found) }
  const fields = fieldsOf(found, 'signer identifier')
  const issuer = nameOf(fields.next(SEQUENCE, 'issuer'))
  const serial = integerOf(fields.next(INTEGER, 'serial number'))
  fields.end('a signer identifier')
  return { kind: 'serial', issuer, serial }
}

function attributesOf(found: readonly Der[]): ReadonlyMap<string, readonly Der[]> {
  const attributes = new Map<string, readonly Der[]>()
  for (const attribute of found) {
    const fields = fieldsOf(attribute, 'attribute')
    const type = oidOf(fields.next(OID, 'type'))
    const values = membersOf(fields.next(SET, 'values'), 'values')
    fields.end('an attribute')
    attributes.set(type, [...(attributes.get(type) ?? []), ...values])
  }
  return attributes
}

/** RFC 3161 §2.4.1. Throws DerMismatch. */
export function imprintOf(found: Der): MessageImprint {
  const fields = fieldsOf(found, 'imprint')
  const algorithm = algorithmOf(fields.next(SEQUENCE, 'algorithm'))
  const digest = octetsOf(fields.next(OCTET_STRING, 'digest'))
  fields.end('an imprint')
  return { algorithm, digest }
}

function tstInfoOf(root: Der): TstInfo {
  const fields = fieldsOf(root, 'time stamp')
  if (integerOf(fields.next(INTEGER, 'version')) !== 1n) mismatch('time stamp of another version')
  const policy = oidOf(fields.next(OID, 'policy'))
  const imprint = imprintOf(fields.next(SEQUENCE, 'imprint'))
  const serial = integerOf(fields.next(INTEGER, 'serial number'))
  const genTime = timeOf(fields.next(GENERALIZED_TIME, 'time'))
  fields.optional(SEQUENCE) // accuracy
  fields.optional(BOOLEAN) // ordering
  const nonce = fields.optional(INTEGER)
  fields.optional(constructed(0)) // tsa
  const extensions = fields.optional(constructed(1))
  fields.end('a time stamp')
  return { policy, imprint, serial, genTime, nonce: nonce ? integerOf(nonce) : null, hasCriticalExtension: criticalIn(extensions) }
}

/** [1] IMPLICIT Extensions. */
const criticalIn = (found: Der | undefined): boolean =>
  found !== undefined && [...extensionsOf({ ...found, tag: SEQUENCE }).values()].some(({ critical }) => critical)

/** The values of an attribute that may stand there once with one value; null when it does not stand so. */
export function onlyValue({ attributes }: Pick<TimestampToken, 'attributes'>, type: string): Der | null {
  const values = attributes.get(type)
  return values?.length === 1 ? (values[0] as Der) : null
}
