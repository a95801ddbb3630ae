import { type AsymmetricKeyDetails, constants, type KeyObject, verify } from 'node:crypto'
import { type Digest, digestNamed } from './digests.ts'
import type { SignatureName } from './sign.ts'

/**
 * One signature algorithm: its own name, its XML-DSig URI, the digest it signs.
 * `weak` ones are read in old evidence under the stock profile; nothing is ever written with them.
 */
export type SignatureAlgorithm = {
  readonly name: SignatureName | 'rsa-sha1' | 'rsa-sha224' | 'ecdsa-sha1' | 'ecdsa-sha224'
  /** Empty for a row that has no XML-DSig URI here and occurs in certificates only. */
  readonly xmlUri: string
  readonly digest: Digest
  readonly kind: 'rsa' | 'pss' | 'ecdsa'
  readonly weak: boolean
}

const SHA1 = 'http://www.w3.org/2000/09/xmldsig#'
const MORE_2001 = 'http://www.w3.org/2001/04/xmldsig-more#'
const MORE_2007 = 'http://www.w3.org/2007/05/xmldsig-more#'

function row(name: SignatureAlgorithm['name'], digest: Digest['name'], xmlUri: string): SignatureAlgorithm {
  const found = digestNamed(digest)
  if (!found) throw new Error(`no digest ${digest}`)
  const kind = name.slice(0, name.indexOf('-')) as SignatureAlgorithm['kind']
  return { name, xmlUri, digest: found, kind, weak: found.weak }
}

/** URIs from RFC 9231 §2.3; PSS rows have MGF1 with the same digest, salt as long as the digest, trailer 1 (§2.3.10). */
const ALGORITHMS: readonly SignatureAlgorithm[] = [
  row('rsa-sha1', 'SHA-1', `${SHA1}rsa-sha1`),
  row('rsa-sha224', 'SHA-224', ''),
  row('rsa-sha256', 'SHA-256', `${MORE_2001}rsa-sha256`),
  row('rsa-sha384', 'SHA-384', `${MORE_2001}rsa-sha384`),
  row('rsa-sha512', 'SHA-512', `${MORE_2001}rsa-sha512`),
  row('pss-sha256', 'SHA-256', `${MORE_2007}sha256-rsa-MGF1`),
  row('pss-sha384', 'SHA-384', `${MORE_2007}sha384-rsa-MGF1`),
  row('pss-sha512', 'SHA-512', `${MORE_2007}sha512-rsa-MGF1`),
  row('ecdsa-sha1', 'SHA-1', `${MORE_2001}ecdsa-sha1`),
  row('ecdsa-sha224', 'SHA-224', `${MORE_2001}ecdsa-sha224`),
  row('ecdsa-sha256', 'SHA-256', `${MORE_2001}ecdsa-sha256`),
  row('ecdsa-sha384', 'SHA-384', `${MORE_2001}ecdsa-sha384`),
  row('ecdsa-sha512', 'SHA-512', `${MORE_2001}ecdsa-sha512`),
]

const BY_URI = new Map(ALGORITHMS.filter(({ xmlUri }) => xmlUri !== '').map((algorithm) => [algorithm.xmlUri, algorithm]))
const BY_NAME = new Map(ALGORITHMS.map((algorithm) => [algorithm.name as string, algorithm]))

/** The row for an XML-DSig algorithm URI, exactly as written, or nothing. */
export const signatureByUri = (uri: string): SignatureAlgorithm | undefined => BY_URI.get(uri)
/** The row named 'rsa-sha512', or nothing. */
export const signatureNamed = (name: string): SignatureAlgorithm | undefined => BY_NAME.get(name)

/** Octets of a curve's order: half of a raw ECDSA value (RFC 4050 §3.3 as XML-DSig 1.1 §6.4.3 keeps it). */
const CURVE_OCTETS: Readonly<Record<string, number>> = {
  secp224r1: 28,
  prime256v1: 32,
  secp256k1: 32,
  secp384r1: 48,
  secp521r1: 66,
  brainpoolP256r1: 32,
  brainpoolP384r1: 48,
  brainpoolP512r1: 64,
}
const curveOctets = (key: KeyObject): number | undefined => CURVE_OCTETS[detailsOf(key).namedCurve ?? '']

const details = new WeakMap<KeyObject, AsymmetricKeyDetails>()
/** Node takes a key apart anew at every question. */
function detailsOf(key: KeyObject): AsymmetricKeyDetails {
  const known = details.get(key)
  if (known) return known
  const read = key.asymmetricKeyDetails ?? {}
  details.set(key, read)
  return read
}

const KEY_TYPES = { rsa: ['rsa'], pss: ['rsa', 'rsa-pss'], ecdsa: ['ec'] } as const
/** Whether a key can make or check signatures of this row. A PSS key may be bound to one digest and a least salt (RFC 4055 §1.2). */
export function fitsKey({ kind, digest }: SignatureAlgorithm, key: KeyObject): boolean {
  if (!(KEY_TYPES[kind] as readonly (string | undefined)[]).includes(key.asymmetricKeyType)) return false
  const { hashAlgorithm = digest.node, mgf1HashAlgorithm = digest.node, saltLength = 0 } = detailsOf(key)
  return hashAlgorithm === digest.node && mgf1HashAlgorithm === digest.node && saltLength <= digest.bytes
}

/** RSA below 2048 bits, a curve below 256 or one we do not know, and every other kind of key. */
export function isWeakKey(key: KeyObject): boolean {
  if (key.asymmetricKeyType === 'ec') return (curveOctets(key) ?? 0) < 32
  return (detailsOf(key).modulusLength ?? 0) < 2048
}

/**
 * Checks a signature over `data` (which is digested here).
 *
 * @param encoding ECDSA only. 'raw': r‖s as in XML-DSig, split in the middle; halves shorter than the curve (stock X-Road
 *   drops zeros that both halves begin with) or with zeros in front are padded or cut. 'der': ECDSA-Sig-Value, strict DER.
 * @returns false also for a key of another kind and for a value that is no signature at all
 */
export function verifySignature(
  algorithm: SignatureAlgorithm,
  publicKey: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
  encoding: 'raw' | 'der',
): boolean {
  if (!fitsKey(algorithm, publicKey)) return false
  if (algorithm.kind === 'rsa') return verify(algorithm.digest.node, data, publicKey, signature)
  if (algorithm.kind === 'pss')
    return verify(algorithm.digest.node, data, { key: publicKey, ...PSS, saltLength: algorithm.digest.bytes }, signature)
  if (encoding === 'der') return verify(algorithm.digest.node, data, { key: publicKey, dsaEncoding: 'der' }, signature)
  const raw = fullHalves(signature, curveOctets(publicKey))
  return raw !== null && verify(algorithm.digest.node, data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)
}

const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING } as const

function fullHalves(raw: Uint8Array, octets: number | undefined): Uint8Array | null {
  if (octets === undefined || raw.length === 0 || raw.length % 2 !== 0) return null
  const half = raw.length / 2
  const r = half === octets ? raw.subarray(0, half) : resized(raw.subarray(0, half), octets)
  const s = half === octets ? raw.subarray(half) : resized(raw.subarray(half), octets)
  return r && s && Buffer.concat([r, s])
}

/** The same number in so many octets, or null when it does not fit. */
function resized(number: Uint8Array, octets: number): Uint8Array | null {
  const first = number.findIndex((byte) => byte !== 0)
  const significant = first < 0 ? number.subarray(number.length) : number.subarray(first)
  if (significant.length > octets) return null
  const out = new Uint8Array(octets)
  out.set(significant, octets - significant.length)
  return out
}

/**
 * ECDSA-Sig-Value as a key holder gives it (KMS, OpenSSL) → r‖s with full halves, as we write it into XML.
 * Throws when the value is not one, or the curve is unknown: the holder is broken.
 */
export function toRawEcdsa(der: Uint8Array, publicKey: KeyObject): Uint8Array {
  const octets = curveOctets(publicKey) ?? 0
  const body = der[1] === 0x81 ? 3 : 2
  const r = integerAt(der, body)
  const s = integerAt(der, r?.next ?? der.length)
  const whole = der[0] === 0x30 && s?.next === der.length && der[body - 1] === der.length - body
  const halves = r && s && whole ? [resized(r.value, octets), resized(s.value, octets)] : []
  if (!halves[0] || !halves[1]) throw new Error('the key holder gave something that is no ECDSA signature of this key')
  return Buffer.concat([halves[0], halves[1]])
}

function integerAt(der: Uint8Array, at: number): { readonly value: Uint8Array; readonly next: number } | null {
  const length = der[at + 1]
  if (der[at] !== 0x02 || length === undefined || length > 0x7f || at + 2 + length > der.length) return null
  return { value: der.subarray(at + 2, at + 2 + length), next: at + 2 + length }
}
