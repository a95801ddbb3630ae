import { createHash, hash as hashOnce } from 'node:crypto'

/**
 * One digest algorithm: its X-Road name, Node's name, its length in bytes, its XML-DSig URI and its ASN.1 OID.
 * `weak` ones are read in old evidence under the stock profile; nothing is ever written with them.
 */
export type Digest = {
  readonly name: 'MD5' | 'SHA-1' | 'SHA-224' | 'SHA-256' | 'SHA-384' | 'SHA-512'
  readonly node: string
  readonly bytes: number
  readonly xmlUri: string
  readonly oid: string
  readonly weak: boolean
}

/** Names as in the X-Road header x-hash-algorithm; URIs from XML Encryption §5.8 and RFC 9231 §2.1. */
const DIGESTS: readonly Digest[] = [
  {
    name: 'MD5',
    node: 'md5',
    bytes: 16,
    xmlUri: 'http://www.w3.org/2001/04/xmldsig-more#md5',
    oid: '1.2.840.113549.2.5',
    weak: true,
  },
  {
    name: 'SHA-1',
    node: 'sha1',
    bytes: 20,
    xmlUri: 'http://www.w3.org/2000/09/xmldsig#sha1',
    oid: '1.3.14.3.2.26',
    weak: true,
  },
  {
    name: 'SHA-224',
    node: 'sha224',
    bytes: 28,
    xmlUri: 'http://www.w3.org/2001/04/xmldsig-more#sha224',
    oid: '2.16.840.1.101.3.4.2.4',
    weak: true,
  },
  {
    name: 'SHA-256',
    node: 'sha256',
    bytes: 32,
    xmlUri: 'http://www.w3.org/2001/04/xmlenc#sha256',
    oid: '2.16.840.1.101.3.4.2.1',
    weak: false,
  },
  {
    name: 'SHA-384',
    node: 'sha384',
    bytes: 48,
    xmlUri: 'http://www.w3.org/2001/04/xmldsig-more#sha384',
    oid: '2.16.840.1.101.3.4.2.2',
    weak: false,
  },
  {
    name: 'SHA-512',
    node: 'sha512',
    bytes: 64,
    xmlUri: 'http://www.w3.org/2001/04/xmlenc#sha512',
    oid: '2.16.840.1.101.3.4.2.3',
    weak: false,
  },
]

const BY_NAME = new Map(DIGESTS.map((digest) => [digest.name as string, digest]))
const BY_URI = new Map(DIGESTS.map((digest) => [digest.xmlUri, digest]))
const BY_OID = new Map(DIGESTS.map((digest) => [digest.oid, digest]))

/** The row for a name such as 'SHA-512' in any letter case, or nothing. */
export const digestNamed = (name: string): Digest | undefined => BY_NAME.get(name.toUpperCase())
/** The row for an XML-DSig algorithm URI, exactly as written, or nothing. */
export const digestByUri = (uri: string): Digest | undefined => BY_URI.get(uri)
/** The row for a dotted OID, or nothing. */
export const digestByOid = (oid: string): Digest | undefined => BY_OID.get(oid)

/** Pieces up to this many octets are joined first: to set up a digest in pieces costs more than to copy them. */
const SMALL = 1024
const joined = (pieces: readonly Octets[]): Uint8Array =>
  Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece)))

/** A text stands for its octets in UTF-8. */
type Octets = Uint8Array | string

/** The digest of the pieces joined. */
export function hash(digest: Digest, ...bytes: readonly Octets[]): Uint8Array {
  if (bytes.length === 1) return hashOnce(digest.node, bytes[0] as Octets, 'buffer')
  if (bytes.length <= 4 && bytes.every((piece) => piece.length <= SMALL)) return hashOnce(digest.node, joined(bytes), 'buffer')
  const state = createHash(digest.node)
  for (const piece of bytes) state.update(piece)
  return state.digest()
}

const SHA512 = BY_NAME.get('SHA-512') as Digest

/** SHA-512 of the pieces joined: 64 bytes. The digest of every message part on the exchange. */
export const sha512 = (...bytes: readonly Octets[]): Uint8Array => hash(SHA512, ...bytes)

const counted = new WeakMap<Uint8Array, Uint8Array>()
/**
 * The same for octets that nobody changes any more, counted once for as long as they are held: a part of a message is signed, kept, and tied
 * to its answer by one digest. For the flows only; a verifier of files counts anew.
 */
export function sha512OfHeld(bytes: Uint8Array): Uint8Array {
  const known = counted.get(bytes)
  if (known) return known
  const digest = sha512(bytes)
  counted.set(bytes, digest)
  return digest
}

const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Lower case, two characters a byte. */
export const hex = (bytes: Uint8Array): string => view(bytes).toString('hex')
/** RFC 4648 §4: with padding, without line breaks. */
export const base64 = (bytes: Uint8Array): string => view(bytes).toString('base64')
