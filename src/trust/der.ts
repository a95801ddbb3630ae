import { isUtf8 } from 'node:buffer'
import { ok, type Result, refused } from '../base/result.ts'

/**
 * Strict DER (ITU-T X.690 §8 and §10-11): one value has one encoding, and every other encoding of it is refused.
 * On the evidence path that is what makes every byte count.
 *
 * One element of a parsed value. Offsets are into `source`: [start, from) is the header, [from, to) the contents.
 */
export type Der = {
  readonly tag: number
  readonly source: Uint8Array
  readonly start: number
  readonly from: number
  readonly to: number
  /** Empty for a primitive element. */
  readonly children: readonly Der[]
}

/** Identifier octets. Only tag numbers up to 30 exist here: nothing in X.509, OCSP, CMS or RFC 3161 has more. */
export const BOOLEAN = 0x01
export const INTEGER = 0x02
export const BIT_STRING = 0x03
export const OCTET_STRING = 0x04
export const NULL = 0x05
export const OID = 0x06
export const ENUMERATED = 0x0a
export const UTF8_STRING = 0x0c
export const PRINTABLE_STRING = 0x13
const T61_STRING = 0x14
export const IA5_STRING = 0x16
export const UTC_TIME = 0x17
export const GENERALIZED_TIME = 0x18
export const UNIVERSAL_STRING = 0x1c
export const BMP_STRING = 0x1e
export const SEQUENCE = 0x30
export const SET = 0x31
/** [number], holding an element (EXPLICIT) or the elements of an implicit SEQUENCE or SET. */
export const constructed = (number: number): number => 0xa0 | number
/** [number] IMPLICIT over a primitive type. */
export const primitive = (number: number): number => 0x80 | number

/** What is let in. */
export type DerRules = {
  readonly maxBytes: number
  readonly maxDepth: number
  readonly maxElements: number
  /**
   * Lets pass what certificate authorities are known to have issued and DER forbids: padded or negative integers, unsorted
   * sets, TRUE other than FF, stray bits at the end of a BIT STRING, text that is not UTF-8, times without seconds.
   * Lengths stay definite and minimal, nothing may trail.
   */
  readonly sloppy: boolean
}

export const STRICT: DerRules = { maxBytes: 16 * 1024 * 1024, maxDepth: 24, maxElements: 1_000_000, sloppy: false }
export const SLOPPY: DerRules = { ...STRICT, sloppy: true }

/** Raised inside a decoder when the value is not what the structure asks for; `decodeDer` turns it into a refusal. */
export class DerMismatch extends Error {}
export const mismatch = (why: string): never => {
  throw new DerMismatch(why)
}

/**
 * Parses exactly one element and hands it to `read`, which takes out what it needs.
 *
 * Linear in the input. Refused with the reason, in words: another encoding than DER, trailing bytes, a limit, or whatever `read`
 * does not find. A bug in `read` still throws.
 */
export const decodeDer = <T>(bytes: Uint8Array, read: (root: Der) => T, rules: DerRules = STRICT): Result<T, string> =>
  decode(() => read(parseDer(bytes, rules)))

/** Runs a decoder over elements already parsed. */
export function decode<T>(read: () => T): Result<T, string> {
  try {
    return ok(read())
  } catch (thrown) {
    if (thrown instanceof DerMismatch) return refused(thrown.message)
    throw thrown
  }
}

/** The same for a decoder that runs inside another: throws DerMismatch. */
export function parseDer(bytes: Uint8Array, rules: DerRules = STRICT): Der {
  if (bytes.length > rules.maxBytes) mismatch(`longer than ${rules.maxBytes} bytes`)
  const state = { rules, elements: 0 }
  const root = element(bytes, 0, bytes.length, 0, state)
  if (root.to !== bytes.length) mismatch(`${bytes.length - root.to} bytes after the end`)
  return root
}

const NONE: readonly Der[] = []
type State = { readonly rules: DerRules; elements: number }

function element(source: Uint8Array, start: number, limit: number, depth: number, state: State): Der {
  if (depth > state.rules.maxDepth) mismatch(`deeper than ${state.rules.maxDepth}`)
  if (++state.elements > state.rules.maxElements) mismatch(`more than ${state.rules.maxElements} elements`)
  const tag = start < limit ? (source[start] as number) : mismatch(`cut off at ${start}`)
  if ((tag & 0x1f) === 0x1f) mismatch(`long tag at ${start}`)
  const [from, to] = extent(source, start + 1, limit)
  const children = tag & 0x20 ? elements(source, from, to, depth + 1, state) : NONE
  const found: Der = { tag, source, start, from, to, children }
  if ((tag & 0xc0) === 0) checkUniversal(found, state.rules)
  return found
}

function elements(source: Uint8Array, from: number, to: number, depth: number, state: State): Der[] {
  const found: Der[] = []
  for (let at = from; at < to; ) {
    const next = element(source, at, to, depth, state)
    found.push(next)
    at = next.to
  }
  return found
}

/** X.690 §10.1: definite lengths in the fewest octets. */
function extent(source: Uint8Array, at: number, limit: number): readonly [from: number, to: number] {
  const first = at < limit ? (source[at] as number) : mismatch(`cut off at ${at}`)
  const octets = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80) mismatch(`indefinite length at ${at}`)
  if (octets > 4 || (octets > 0 && at + octets >= limit)) mismatch(`length out of bounds at ${at}`)
  let length = octets === 0 ? first : 0
  for (let i = 1; i <= octets; i++) length = length * 256 + (source[at + i] as number)
  if (octets > 0 && (length < 0x80 || source[at + 1] === 0)) mismatch(`length not minimal at ${at}`)
  const from = at + 1 + octets
  if (from + length > limit) mismatch(`length out of bounds at ${at}`)
  return [from, from + length]
}

const CONSTRUCTED_TYPES = new Set([SEQUENCE, SET])

function checkUniversal(found: Der, rules: DerRules): void {
  if (CONSTRUCTED_TYPES.has(found.tag)) {
    if (found.tag === SET && !rules.sloppy && !isSorted(found.children)) mismatch(`set not in order at ${found.start}`)
    return
  }
  const check = CHECKS[found.tag] ?? mismatch(`type ${found.tag} at ${found.start} is not expected`)
  const wrong = check(found, rules.sloppy)
  if (wrong) mismatch(`${wrong} at ${found.start}`)
}

type Check = (found: Der, sloppy: boolean) => string | false
const at = (found: Der, index: number): number => found.source[found.from + index] as number
const sizeOf = (found: Der): number => found.to - found.from

/** X.690 §8.3.2: the first nine bits are neither all zero nor all one. */
const integer: Check = (found, sloppy) => {
  if (sizeOf(found) === 0) return 'empty integer'
  if (sloppy || sizeOf(found) === 1) return false
  const padded = (at(found, 0) === 0x00 && at(found, 1) < 0x80) || (at(found, 0) === 0xff && at(found, 1) >= 0x80)
  return padded && 'integer not minimal'
}
/** X.690 §11.1. */
const boolean: Check = (found, sloppy) => (sizeOf(found) !== 1 || (!sloppy && at(found, 0) !== 0 && at(found, 0) !== 0xff)) && 'no boolean'
/** X.690 §11.2.1: unused bits are zero. */
const bits: Check = (found, sloppy) => {
  const unused = sizeOf(found) === 0 ? 8 : at(found, 0)
  if (unused > 7 || (sizeOf(found) === 1 && unused > 0)) return 'no bit string'
  const last = found.source[found.to - 1] as number
  return !sloppy && sizeOf(found) > 1 && (last & ((1 << unused) - 1)) !== 0 && 'bits after the end of a bit string'
}
/** X.690 §8.19.2: no component starts with 80. A component has 20 octets at most: an UUID under 2.25 takes 19. */
const oid: Check = (found) => {
  let octets = 0
  for (let index = 0; index < sizeOf(found); index++) {
    if (octets === 0 && at(found, index) === 0x80) return 'object identifier not minimal'
    octets = at(found, index) & 0x80 ? octets + 1 : 0
    if (octets > 20) return 'object identifier too large'
  }
  return (octets > 0 || sizeOf(found) === 0) && 'no object identifier'
}
const utf8: Check = (found, sloppy) => !sloppy && !isUtf8(contentsOf(found)) && 'text that is not UTF-8'
const utcTime: Check = (found, sloppy) => !sloppy && !/^\d{12}Z$/.test(latin1(found)) && 'time not in DER form'
/** X.690 §11.7: no trailing zeros in the fraction, no dot without one. */
const generalizedTime: Check = (found, sloppy) => !sloppy && !/^\d{14}(\.\d*[1-9])?Z$/.test(latin1(found)) && 'time not in DER form'
const anything: Check = () => false

const CHECKS: { readonly [tag: number]: Check | undefined } = {
  [BOOLEAN]: boolean,
  [INTEGER]: integer,
  [BIT_STRING]: bits,
  [OCTET_STRING]: anything,
  [NULL]: (found) => sizeOf(found) !== 0 && 'null with contents',
  [OID]: oid,
  [ENUMERATED]: integer,
  [UTF8_STRING]: utf8,
  18: anything, // NumericString
  [PRINTABLE_STRING]: anything,
  [T61_STRING]: anything,
  [IA5_STRING]: anything,
  [UTC_TIME]: utcTime,
  [GENERALIZED_TIME]: generalizedTime,
  26: anything, // VisibleString
  27: anything, // GeneralString
  [UNIVERSAL_STRING]: (found) => sizeOf(found) % 4 !== 0 && 'odd text length',
  [BMP_STRING]: (found) => sizeOf(found) % 2 !== 0 && 'odd text length',
}

/** X.690 §11.6: ascending by encoding. Equal neighbours are a SET OF with a value twice, which DER allows. */
function isSorted(members: readonly Der[]): boolean {
  for (let index = 1; index < members.length; index++) {
    if (Buffer.compare(bytesOf(members[index - 1] as Der), bytesOf(members[index] as Der)) > 0) return false
  }
  return true
}

/** The whole element, header and contents: a view, not a copy. */
export const bytesOf = (found: Der): Uint8Array => found.source.subarray(found.start, found.to)
/** Its contents: a view, not a copy. */
export const contentsOf = (found: Der): Uint8Array => found.source.subarray(found.from, found.to)
/** Its contents, one character a byte. */
export const latin1 = (found: Der): string => view(found).toString('latin1')
const view = ({ source, from, to }: Der): Buffer => Buffer.from(source.buffer, source.byteOffset + from, to - from)
