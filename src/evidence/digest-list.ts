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
export const stepValue = (digest: Digest, members: readonly Digested[]): Uint8Array => hash(digest, sequence(...members.flatMap(memberOf)))

/** One member in pieces. All but the value is the same for every member of one digest. */
function memberOf({ digest, value }: Digested): readonly Uint8Array[] {
  if (value.length !== digest.bytes) return [sequence(octets(value), methodOf(digest))] // in somebody else's chain
  const known = frames.get(digest) ?? frameOf(digest)
  return [known.before, value, known.after]
}

type Frame = { readonly before: Uint8Array; readonly after: Uint8Array }
const frames = new Map<Digest, Frame>()

function frameOf(digest: Digest): Frame {
  const after = methodOf(digest)
  const whole = sequence(octets(new Uint8Array(digest.bytes)), after)
  const frame = { before: whole.subarray(0, whole.length - after.length - digest.bytes), after }
  frames.set(digest, frame)
  return frame
}

/** digestMethod and the empty transforms. */
const methodOf = ({ xmlUri }: Digest): Uint8Array => Buffer.concat([utf8(xmlUri), sequence()])
