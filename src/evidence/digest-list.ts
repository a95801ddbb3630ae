import { type Digest, hash } from '../protocol/digests.ts'
import { octets, sequence, utf8 } from '../trust/der-write.ts'

export type Digested = { readonly digest: Digest; readonly value: Uint8Array }

/**
 * The value of one step of a hash chain: the digest of
 * SEQUENCE OF SEQUENCE { digestValue OCTET STRING, digestMethod UTF8String (the XML-DSig URI), transforms SEQUENCE (empty) }.
 *
 * Nothing tells a leaf from an inner node: whoever walks a chain must know which parts it has to cover.
 * Source: X-Road batch signature specification, DigestList.
 */
export function stepValue(digest: Digest, members: readonly Digested[]): Uint8Array {
  return hash(digest, sequence(...members.map(({ digest: { xmlUri }, value }) => sequence(octets(value), utf8(xmlUri), sequence()))))
}
