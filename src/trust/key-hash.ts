import { type Digest, digestNamed, hash } from '../protocol/digests.ts'

export const SHA1 = digestNamed('SHA-1') as Digest

/** SHA-1 as OCSP and key identifiers use it (RFC 6960 §4.1.1, RFC 5280 §4.2.1.2): a label of a name or key, not a protection. */
export const sha1 = (bytes: Uint8Array): Uint8Array => hash(SHA1, bytes)
