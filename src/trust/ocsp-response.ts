import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { type AlgorithmIdentifier, algorithmOf, digestIdentifier } from './algorithm-identifiers.ts'
import { extensionsOf } from './certificate-extensions.ts'
import type { Certificate } from './certificates.ts'
import {
  BIT_STRING,
  bytesOf,
  constructed,
  type Der,
  decodeDer,
  ENUMERATED,
  GENERALIZED_TIME,
  INTEGER,
  mismatch,
  OCTET_STRING,
  OID,
  parseDer,
  primitive,
  SEQUENCE,
  SLOPPY,
} from './der.ts'
import { bitOctetsOf, childrenOf, fewOf, fieldsOf, inside, integerOf, octetsOf, oidOf, smallOf, timeOf } from './der-values.ts'
import { bits, context, enumerated, integer, octets, oid, sequence } from './der-write.ts'
import { SHA1, sha1 } from './key-hash.ts'
import { type Name, nameOf } from './names.ts'

const BASIC = '1.3.6.1.5.5.7.48.1.1'
const MAX_RESPONSE = 256 * 1024
const MAX_CARRIED = 16

/** Which certificate is meant (RFC 6960 §4.1.1). `der` is compared whole, as stock servers do. */
export type CertId = {
  readonly der: Uint8Array
  readonly algorithm: AlgorithmIdentifier
  readonly issuerNameHash: Uint8Array
  readonly issuerKeyHash: Uint8Array
  readonly serial: bigint
}

export type SingleResponse = {
  readonly certId: CertId
  readonly status: 'good' | 'revoked' | 'unknown'
  readonly thisUpdate: Instant
  readonly nextUpdate: Instant | null
  readonly hasCriticalExtension: boolean
}

export type ResponderId = { readonly kind: 'name'; readonly name: Name } | { readonly kind: 'key'; readonly sha1: Uint8Array }

/** A basic OCSP response (RFC 6960 §4.2.1). `carried` are the certificates it brings along, unread. */
export type OcspResponse = {
  readonly der: Uint8Array
  readonly tbs: Uint8Array
  readonly responder: ResponderId
  readonly producedAt: Instant
  readonly singles: readonly [SingleResponse, ...SingleResponse[]]
  readonly hasCriticalExtension: boolean
  readonly algorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
  readonly carried: readonly Uint8Array[]
}

/**
 * Reads an OCSPResponse with a basic response inside. Refused with 'malformed_signature' when it cannot be decoded, with
 * 'internal_error' when it holds no answer (a responder's error status): what stock servers say about one inside a signature.
 */
export function readOcspResponse(der: Uint8Array): Outcome<OcspResponse> {
  const read = decodeDer(der, responseOf, { ...SLOPPY, maxBytes: MAX_RESPONSE })
  if (!read.ok) return refuse('malformed_signature', `OCSP response: ${read.fault}`)
  return typeof read.value === 'number' ? refuse('internal_error', `OCSP responder answered with status ${read.value}`) : ok(read.value)
}

function responseOf(root: Der): OcspResponse | number {
  const outer = fieldsOf(root, 'OCSP response')
  const status = smallOf(outer.next(ENUMERATED, 'status'))
  const content = outer.optional(constructed(0))
  outer.end('an OCSP response')
  if (!content) return status
  const typed = fieldsOf(inside(content, SEQUENCE, 'OCSP content'), 'OCSP content')
  if (oidOf(typed.next(OID, 'type')) !== BASIC) mismatch('not a basic response')
  const basic = parseDer(octetsOf(typed.next(OCTET_STRING, 'response')), SLOPPY)
  typed.end('OCSP content')
  return { der: bytesOf(root), ...basicOf(basic) }
}

function basicOf(root: Der): Omit<OcspResponse, 'der'> {
  const fields = fieldsOf(root, 'basic response')
  const tbs = fields.next(SEQUENCE, 'data')
  const algorithm = algorithmOf(fields.next(SEQUENCE, 'algorithm'))
  const signature = bitOctetsOf(fields.next(BIT_STRING, 'signature'))
  const certificates = fields.optional(constructed(0))
  fields.end('a basic response')
  const carried = certificates ? inside(certificates, SEQUENCE, 'certificates').children : []
  return { tbs: bytesOf(tbs), ...dataOf(tbs), algorithm, signature, carried: fewOf(carried, MAX_CARRIED, 'certificates').map(bytesOf) }
}

function dataOf(tbs: Der): Pick<OcspResponse, 'responder' | 'producedAt' | 'singles' | 'hasCriticalExtension'> {
  const fields = fieldsOf(tbs, 'response data')
  fields.optional(constructed(0))
  const responder = responderOf(fields.any('responder'))
  const producedAt = timeOf(fields.next(GENERALIZED_TIME, 'time'))
  const [first, ...more] = childrenOf(fields.next(SEQUENCE, 'responses'), SEQUENCE, 'responses').map(singleOf)
  const hasCriticalExtension = criticalIn(fields.optional(constructed(1)))
  fields.end('response data')
  return { responder, producedAt, singles: first ? [first, ...more] : mismatch('no single response'), hasCriticalExtension }
}

function responderOf(found: Der): ResponderId {
  if (found.tag === constructed(1)) return { kind: 'name', name: nameOf(inside(found, SEQUENCE, 'responder name')) }
  if (found.tag === constructed(2)) return { kind: 'key', sha1: octetsOf(inside(found, OCTET_STRING, 'responder key')) }
  return mismatch('responder neither by name nor by key')
}

const criticalIn = (found: Der | undefined): boolean =>
  found !== undefined && [...extensionsOf(inside(found, SEQUENCE, 'extensions')).values()].some(({ critical }) => critical)

const STATUS = { [primitive(0)]: 'good', [constructed(1)]: 'revoked', [primitive(2)]: 'unknown' } as const

function singleOf(found: Der): SingleResponse {
  const fields = fieldsOf(found, 'single response')
  const certId = certIdOf(fields.next(SEQUENCE, 'certificate id'))
  const status = STATUS[fields.any('status').tag] ?? mismatch('unknown certificate status')
  const thisUpdate = timeOf(fields.next(GENERALIZED_TIME, 'this update'))
  const next = fields.optional(constructed(0))
  const hasCriticalExtension = criticalIn(fields.optional(constructed(1)))
  fields.end('a single response')
  return {
    certId,
    status,
    thisUpdate,
    nextUpdate: next ? timeOf(inside(next, GENERALIZED_TIME, 'next update')) : null,
    hasCriticalExtension,
  }
}

/** Reads a CertID (RFC 6960 §4.1.1). Throws DerMismatch when it is none. */
export function certIdOf(found: Der): CertId {
  const fields = fieldsOf(found, 'certificate id')
  const algorithm = algorithmOf(fields.next(SEQUENCE, 'algorithm'))
  const issuerNameHash = octetsOf(fields.next(OCTET_STRING, 'issuer name'))
  const issuerKeyHash = octetsOf(fields.next(OCTET_STRING, 'issuer key'))
  const serial = integerOf(fields.next(INTEGER, 'serial number'))
  fields.end('a certificate id')
  return { der: bytesOf(found), algorithm, issuerNameHash, issuerKeyHash, serial }
}

/**
 * The CertID of a certificate, DER, with SHA-1 and an explicit NULL: the only form stock servers match. SHA-1 is the field's identifier here,
 * not a protection: the issuer's name, key and serial number are known to whoever compares.
 */
export const certIdFor = (certificate: Pick<Certificate, 'serial'>, issuer: Certificate): Uint8Array =>
  sequence(digestIdentifier(SHA1), octets(sha1(issuer.subject.der)), octets(sha1(issuer.keyBits)), integer(certificate.serial))

/** The one DER form around a signed answer: what a strict reader compares with, and what we write. */
export function wrapBasicResponse(
  tbs: Uint8Array,
  algorithm: Uint8Array,
  signature: Uint8Array,
  carried: readonly Uint8Array[],
): Uint8Array {
  const basic = sequence(tbs, algorithm, bits(signature), carried.length > 0 ? context(0, sequence(...carried)) : undefined)
  return sequence(enumerated(0), context(0, sequence(oid(BASIC), octets(basic))))
}
