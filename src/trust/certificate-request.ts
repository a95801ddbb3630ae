import type { KeyObject } from 'node:crypto'
import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import type { Sign } from '../protocol/sign.ts'
import { type AlgorithmIdentifier, algorithmOf } from './algorithm-identifiers.ts'
import { dnsNamesOf, type Extensions, extensionsOf, type KeyUsage, keyUsageOf } from './certificate-extensions.ts'
import { publicKeyOf, verifies } from './certificates.ts'
import { BIT_STRING, bytesOf, constructed, type Der, decodeDer, INTEGER, mismatch, OID, SEQUENCE, SET, SLOPPY } from './der.ts'
import { bitOctetsOf, fieldsOf, inside, oidOf, smallOf } from './der-values.ts'
import { context, integer, oid, sequence, setOf } from './der-write.ts'
import { type Name, nameOf } from './names.ts'
import { type SigningKey, signedStructure } from './sign-der.ts'
import { type AlternativeNames, alternativeNames, keyUsage } from './write-extensions.ts'

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'

export type CertificateRequestOrder = {
  /** A Name, DER. */
  readonly subject: Uint8Array
  /** SubjectPublicKeyInfo, DER; its private half signs. */
  readonly publicKey: Uint8Array
  readonly use: 'signing' | 'authentication'
  readonly names?: AlternativeNames
}

const REQUESTED: { readonly [use in CertificateRequestOrder['use']]: readonly KeyUsage[] } = {
  signing: ['nonRepudiation'],
  authentication: ['digitalSignature', 'keyEncipherment', 'dataEncipherment'],
}

/**
 * A certificate request (PKCS#10, RFC 2986) with a non-critical KeyUsage, as stock servers send it; except that a signing request asks for
 * nonRepudiation alone.
 * @returns DER
 */
export function certificateRequest(order: CertificateRequestOrder, by: SigningKey, sign: Sign): Promise<Uint8Array> {
  const wanted = [keyUsage(REQUESTED[order.use], false), ...(order.names ? [alternativeNames(order.names)] : [])]
  const attributes = sequence(oid(EXTENSION_REQUEST), setOf(sequence(...wanted)))
  return signedStructure(sequence(integer(0), order.subject, order.publicKey, context(0, attributes)), by, sign)
}

export type CertificateRequest = {
  readonly subject: Name
  readonly publicKey: KeyObject
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array
  readonly keyUsage: ReadonlySet<KeyUsage> | null
  readonly dnsNames: readonly string[]
}

const MAX_REQUEST = 64 * 1024

/** Reads a certificate request and checks that its sender holds the key. Refused with 'bad_request'. */
export function readCertificateRequest(der: Uint8Array): Outcome<CertificateRequest> {
  const read = decodeDer(der, requestOf, { ...SLOPPY, maxBytes: MAX_REQUEST })
  if (!read.ok) return refuse('bad_request', `certificate request: ${read.fault}`)
  const { signed, algorithm, signature, ...request } = read.value
  const holdsKey = verifies(signed, algorithm, signature, request.publicKey)
  return holdsKey ? ok(request) : refuse('bad_request', 'the certificate request is not signed with its own key')
}

type SignedRequest = CertificateRequest & {
  readonly signed: Uint8Array
  readonly algorithm: AlgorithmIdentifier
  readonly signature: Uint8Array
}

function requestOf(root: Der): SignedRequest {
  const outer = fieldsOf(root, 'request')
  const info = outer.next(SEQUENCE, 'contents')
  const algorithm = algorithmOf(outer.next(SEQUENCE, 'algorithm'))
  const signature = bitOctetsOf(outer.next(BIT_STRING, 'signature'))
  outer.end('a request')
  const fields = fieldsOf(info, 'request')
  if (smallOf(fields.next(INTEGER, 'version')) !== 0) mismatch('another version')
  const subject = nameOf(fields.next(SEQUENCE, 'subject'))
  const key = fields.next(SEQUENCE, 'public key')
  const wanted = extensionsIn(fields.optional(constructed(0))?.children ?? [])
  fields.end('a request')
  const { publicKey } = publicKeyOf(key)
  const asked = { keyUsage: keyUsageOf(wanted), dnsNames: dnsNamesOf(wanted) }
  return { subject, publicKey, spki: bytesOf(key), ...asked, signed: bytesOf(info), algorithm, signature }
}

function extensionsIn(attributes: readonly Der[]): Extensions {
  for (const attribute of attributes) {
    const fields = fieldsOf(attribute, 'attribute')
    if (oidOf(fields.next(OID, 'type')) === EXTENSION_REQUEST)
      return extensionsOf(inside(fields.next(SET, 'values'), SEQUENCE, 'extensions'))
  }
  return new Map()
}
