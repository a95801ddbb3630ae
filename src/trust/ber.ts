import type { Result } from '../base/result.ts'
import { BIT_STRING, BOOLEAN, decode, mismatch, OCTET_STRING, STRICT, UTF8_STRING } from './der.ts'
import { tlv } from './der-write.ts'

/**
 * Brings BER (ITU-T X.690 §8) into DER's lengths: some time-stamping authorities answer with indefinite lengths and with strings in pieces.
 * The order of sets and what stands inside OCTET STRINGs stay as they are, so that signed octets do not change.
 *
 * Linear in input times depth. Refused with the reason, in words. DER comes back unchanged.
 */
export const toDer = (ber: Uint8Array): Result<Uint8Array, string> =>
  decode(() => {
    if (ber.length > STRICT.maxBytes) mismatch(`longer than ${STRICT.maxBytes} bytes`)
    const { der, next } = convert(ber, 0, ber.length, 0)
    return next === ber.length ? der : mismatch(`${ber.length - next} bytes after the end`)
  })

type Converted = { readonly der: Uint8Array; readonly tag: number; readonly contents: Uint8Array; readonly next: number }

function convert(ber: Uint8Array, start: number, limit: number, depth: number): Converted {
  if (depth > STRICT.maxDepth) mismatch(`deeper than ${STRICT.maxDepth}`)
  const tag = start < limit ? (ber[start] as number) : mismatch(`cut off at ${start}`)
  if ((tag & 0x1f) === 0x1f || tag === 0) mismatch(`tag ${tag} at ${start}`)
  const { from, length } = lengthAt(ber, start + 1, limit)
  if (length === null && !(tag & 0x20)) mismatch(`indefinite length of a primitive at ${start}`)
  if (!(tag & 0x20)) return finished(tag, [ber.subarray(from, from + (length as number))], from + (length as number))
  return finishedConstructed(tag, convertAll(ber, from, length === null ? null : from + length, limit, depth + 1))
}

function convertAll(ber: Uint8Array, from: number, end: number | null, limit: number, depth: number) {
  const parts: Converted[] = []
  let at = from
  while (end === null ? !isEnd(ber, at, limit) : at < end) {
    const part = convert(ber, at, end ?? limit, depth)
    parts.push(part)
    at = part.next
  }
  return { parts, next: end ?? at + 2 }
}

const isEnd = (ber: Uint8Array, at: number, limit: number): boolean => at + 1 < limit && ber[at] === 0 && ber[at + 1] === 0

function finishedConstructed(tag: number, { parts, next }: { parts: readonly Converted[]; next: number }): Converted {
  const bare = tag & ~0x20
  if (bare === OCTET_STRING || bare === UTF8_STRING)
    return finished(
      bare,
      parts.map((part) => piece(part, bare)),
      next,
    ) // in pieces
  if (tag === (BIT_STRING | 0x20) || tag === (BOOLEAN | 0x20)) mismatch(`type ${bare} in pieces`)
  return finished(
    tag,
    parts.map(({ der }) => der),
    next,
  )
}

const piece = ({ tag, contents }: Converted, wanted: number): Uint8Array => (tag === wanted ? contents : mismatch(`a piece of type ${tag}`))

function finished(tag: number, contents: readonly Uint8Array[], next: number): Converted {
  const joined = contents.length === 1 ? (contents[0] as Uint8Array) : Buffer.concat(contents)
  return { der: tlv(tag, joined), tag, contents: joined, next }
}

/** `length` null: indefinite. */
function lengthAt(ber: Uint8Array, at: number, limit: number): { readonly from: number; readonly length: number | null } {
  const first = at < limit ? (ber[at] as number) : mismatch(`cut off at ${at}`)
  if (first === 0x80) return { from: at + 1, length: null }
  const octets = first < 0x80 ? 0 : first & 0x7f
  if (octets > 4 || (octets > 0 && at + octets >= limit)) mismatch(`length out of bounds at ${at}`)
  let length = octets === 0 ? first : 0
  for (let index = 1; index <= octets; index++) length = length * 256 + (ber[at + index] as number)
  const from = at + 1 + octets
  return from + length <= limit ? { from, length } : mismatch(`length out of bounds at ${at}`)
}
