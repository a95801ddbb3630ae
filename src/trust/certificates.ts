import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type Outcome, refuse, under } from '../protocol/faults.ts'
import { verifySignature } from '../protocol/signature-algorithms.ts'
import { type AlgorithmIdentifier, algorithmOf } from './algorithm-identifiers.ts'
import {
  basicConstraintsOf,
  EXTENSIONS,
  type Extensions,
  extendedKeyUsageOf,
  extensionsOf,
  type KeyUsage,
  keyUsageOf,
  subjectKeyIdentifierOf,
} from './certificate-extensions.ts'
import { BIT_STRING, bytesOf, constructed, type Der, decodeDer, INTEGER, mismatch, primitive, SEQUENCE, SLOPPY } from './der.ts'
import { bitOctetsOf, fieldsOf, inside, integerOf, sameBytes, smallOf, timeOf } from './der-values.ts'
import { type Name, nameOf, sameName } from './names.ts'

export type { KeyUsage } from './certificate-extensions.ts'
export { type Name, sameName } from './names.ts'

/** An X.509 certificate, read once. `der` is what was read, octet by octet. */
export type Certificate = {
  readonly der: Uint8Array
  readonly tbs: Uint8Array
  readonly serial: bigint
  readonly issuer: Name
  readonly subject: Name
  readonly notBefore: Instant
  /** The last instant it is valid. */
  readonly notAfter: Instant
  readonly publicKey: KeyObject
  /** The contents of the subjectPublicKey BIT STRING: what OCSP and key identifiers digest. */
  readonly keyBits: Uint8Array
  readonly extensions: Extensions
  /** null: no such extension. */
  readonly keyUsage: ReadonlySet<KeyUsage> | null
  /** OIDs; null: no such extension. */
  readonly extendedKeyUsage: ReadonlySet<string> | null
  readonly ca: boolean
  readonly pathLength: number | null
  readonly subjectKeyIdentifier: Uint8Array | null
  readonly algorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
}

/** Certificates in the field stay far below; a longer one is refused unread. */
const MAX_CERTIFICATE = 64 * 1024

/**
 * Reads one certificate (RFC 5280 §4.1), DER and nothing after it.
 *
 * Reads liberally where authorities are known to be sloppy (see `DerRules.sloppy`); the octets stay as they are and the
 * issuer's signature covers them. Refused with 'incorrect_certificate': not DER, an inner signature algorithm that is not the
 * outer one, an extension twice, a public key that OpenSSL does not know.
 */
export function readCertificate(der: Uint8Array): Outcome<Certificate> {
  const read = decodeDer(der, certificateOf, { ...SLOPPY, maxBytes: MAX_CERTIFICATE })
  return read.ok ? read : refuse('incorrect_certificate', read.fault)
}

/** The same inside another decoder: throws DerMismatch. */
export function certificateOf(root: Der): Certificate {
  const outer = fieldsOf(root, 'certificate')
  const tbs = outer.next(SEQUENCE, 'contents')
  const algorithm = algorithmOf(outer.next(SEQUENCE, 'algorithm'))
  const signature = bitOctetsOf(outer.next(BIT_STRING, 'signature'))
  outer.end('a certificate')
  const fields = fieldsOf(tbs, 'certificate')
  const version = fields.optional(constructed(0))
  if (version && smallOf(inside(version, INTEGER, 'version')) > 2) mismatch('certificate version above 3')
  const serial = integerOf(fields.next(INTEGER, 'serial number'))
  if (!sameBytes(bytesOf(fields.next(SEQUENCE, 'algorithm')), algorithm.der)) mismatch('two different signature algorithms')
  const issuer = nameOf(fields.next(SEQUENCE, 'issuer'))
  const validity = fieldsOf(fields.next(SEQUENCE, 'validity'), 'validity')
  const notBefore = timeOf(validity.any('start'))
  const notAfter = timeOf(validity.any('end'))
  validity.end('a validity')
  const subject = nameOf(fields.next(SEQUENCE, 'subject'))
  const key = fields.next(SEQUENCE, 'public key')
  fields.optional(primitive(1))
  fields.optional(primitive(2))
  const extensionField = fields.optional(constructed(3))
  fields.end('a certificate')
  const extensions: Extensions = extensionField ? extensionsOf(inside(extensionField, SEQUENCE, 'extensions')) : new Map()
  return {
    der: bytesOf(root),
    tbs: bytesOf(tbs),
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    ...publicKeyOf(key),
    extensions,
    keyUsage: keyUsageOf(extensions),
    extendedKeyUsage: extendedKeyUsageOf(extensions),
    ...basicConstraintsOf(extensions),
    subjectKeyIdentifier: subjectKeyIdentifierOf(extensions),
    algorithm,
    signature,
  }
}

/** SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). Throws DerMismatch for a key that OpenSSL does not know. */
export function publicKeyOf(found: Der): { readonly publicKey: KeyObject; readonly keyBits: Uint8Array } {
  const fields = fieldsOf(found, 'public key')
  fields.next(SEQUENCE, 'algorithm')
  const keyBits = bitOctetsOf(fields.next(BIT_STRING, 'key'))
  fields.end('a public key')
  try {
    return { publicKey: createPublicKey({ key: Buffer.from(bytesOf(found)), format: 'der', type: 'spki' }), keyBits }
  } catch (unreadable) {
    return mismatch(`public key: ${(unreadable as Error).message}`)
  }
}

/** Whether a signature in a certificate, a CRL, a request or an OCSP response verifies under its own AlgorithmIdentifier. */
export const verifies = (data: Uint8Array, algorithm: AlgorithmIdentifier, signature: Uint8Array, key: KeyObject): boolean =>
  algorithm.signature !== undefined && verifySignature(algorithm.signature, key, data, signature, 'der')

/** Whether `issuer` issued `certificate`: by name and by signature. Says nothing about validity or the right to issue. */
export const isIssuedBy = (certificate: Certificate, issuer: Certificate): boolean =>
  sameName(certificate.issuer, issuer.subject) && verifies(certificate.tbs, certificate.algorithm, certificate.signature, issuer.publicKey)

export const isValidAt = (certificate: Certificate, at: Instant): boolean => certificate.notBefore <= at && at <= certificate.notAfter

/** Extensions that may be critical because they are looked at here, or say nothing against a signing certificate. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  EXTENSIONS.keyUsage,
  EXTENSIONS.subjectAltName,
  EXTENSIONS.basicConstraints,
  EXTENSIONS.extendedKeyUsage,
  '2.5.29.32', // certificate policies: any policy will do
])
const MAX_PATH = 8

/**
 * Finds a path from `leaf` to one of `anchors` through `intermediates`: every certificate valid at `at`, signed by the next,
 * issued by one that may issue, no unknown critical extension (RFC 5280 §6.1). Revocation is judged elsewhere; the anchor is taken as it is.
 *
 * @returns the path without the anchor, `leaf` first
 * Refused with cannot_create_cert_path.internal_error, as stock servers nest it.
 */
export function buildPath(
  leaf: Certificate,
  anchors: readonly Certificate[],
  intermediates: readonly Certificate[],
  at: Instant,
): Outcome<readonly Certificate[]> {
  const objection = objectionTo(leaf, at)
  if (objection) return noPath(objection)
  const waiting: (readonly Certificate[])[] = [[leaf]]
  const pool = new Set(intermediates.filter((candidate) => candidate.ca && !objectionTo(candidate, at)))
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const last = path[path.length - 1] as Certificate
    if (anchors.some((anchor) => isIssuedBy(last, anchor))) return ok(path)
    for (const candidate of pool) {
      if (path.length >= MAX_PATH || !mayIssue(candidate, path.length - 1) || !isIssuedBy(last, candidate)) continue
      pool.delete(candidate) // shortest paths come first: no second visit can do better
      waiting.push([...path, candidate])
    }
  }
  return noPath(`no issuer of ${leaf.subject.text} leads to an approved authority`)
}

const noPath = (detail: string): Outcome<never> => under('cannot_create_cert_path', refuse('internal_error', detail))

const mayIssue = ({ keyUsage, pathLength }: Certificate, below: number): boolean =>
  (keyUsage === null || keyUsage.has('keyCertSign')) && (pathLength === null || below <= pathLength)

function objectionTo(certificate: Certificate, at: Instant): string | null {
  const { subject, extensions, publicKey } = certificate
  if (!isValidAt(certificate, at)) return `${subject.text} is not valid at the time`
  const unknown = [...extensions].find(([oid, { critical }]) => critical && !UNDERSTOOD.has(oid))
  if (unknown) return `${subject.text} has the unknown critical extension ${unknown[0]}`
  return (publicKey.asymmetricKeyDetails?.modulusLength ?? 1024) < 1024 ? `${subject.text} has an RSA key below 1024 bits` : null
}
