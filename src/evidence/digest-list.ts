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
  return hash(digest, sequence(...members.map(({ digest: own, value }) => sequence(octets(value), methodOf(own)))))
}

const methods = new Map<Digest, Uint8Array>()
/** digestMethod and the empty transforms, the same octets in every member of one digest. */
function methodOf(digest: Digest): Uint8Array {
  const known = methods.get(digest)
  if (known) return known
  const method = Buffer.concat([utf8(digest.xmlUri), sequence()])
  methods.set(digest, method)
  return method
}
