import { type Instant, instant } from '../base/clock.ts'
import {
  BIT_STRING,
  BMP_STRING,
  BOOLEAN,
  contentsOf,
  type Der,
  ENUMERATED,
  GENERALIZED_TIME,
  INTEGER,
  latin1,
  mismatch,
  OCTET_STRING,
  OID,
  SEQUENCE,
  SET,
  UNIVERSAL_STRING,
  UTC_TIME,
  UTF8_STRING,
} from './der.ts'

/** Walks the elements of a SEQUENCE in the order its definition gives. Everything throws DerMismatch when it is not there. */
export type Fields = {
  /** The next element, which must be there and have this tag. */
  readonly next: (tag: number, what: string) => Der
  /** The next element, whatever it is. */
  readonly any: (what: string) => Der
  /** The next element if it has this tag. */
  readonly optional: (tag: number) => Der | undefined
  /** All that is left. */
  readonly rest: () => readonly Der[]
  /** Nothing may be left. */
  readonly end: (what: string) => void
}

/** The fields of an element, which must have this tag (SEQUENCE unless told). */
export function fieldsOf(found: Der, what: string, tag: number = SEQUENCE): Fields {
  expectTag(found, tag, what)
  const { children } = found
  let index = 0
  return {
    next: (wanted, name) => {
      const child = children[index++]
      return child?.tag === wanted ? child : mismatch(`${what} without ${name}`)
    },
    any: (name) => children[index++] ?? mismatch(`${what} without ${name}`),
    optional: (wanted) => (children[index]?.tag === wanted ? children[index++] : undefined),
    rest: () => children.slice(index),
    end: (name) => (index === children.length ? undefined : mismatch(`more in ${name} than belongs there`)),
  }
}

export function expectTag(found: Der, tag: number, what: string): Der {
  return found.tag === tag ? found : mismatch(`${what} has tag ${found.tag}`)
}

/** The one element inside an EXPLICIT tag. */
export function inside(found: Der, tag: number, what: string): Der {
  const only = found.children.length === 1 ? (found.children[0] as Der) : mismatch(`${what} is not one element`)
  return expectTag(only, tag, what)
}

/** The members of a list that real structures keep short. */
export function fewOf(found: readonly Der[], most: number, what: string): readonly Der[] {
  return found.length <= most ? found : mismatch(`${found.length} ${what}`)
}

export const childrenOf = (found: Der, tag: number, what: string): readonly Der[] => expectTag(found, tag, what).children
export const membersOf = (found: Der, what: string): readonly Der[] => childrenOf(found, SET, what)

export function booleanOf(found: Der): boolean {
  return found.source[expectTag(found, BOOLEAN, 'boolean').from] !== 0
}

/** Two's complement, of any size up to 4096 bits. */
export function integerOf(found: Der): bigint {
  if (found.tag !== INTEGER && found.tag !== ENUMERATED) mismatch(`integer has tag ${found.tag}`)
  const bytes = contentsOf(found)
  if (bytes.length > 513) mismatch('integer too large')
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  return (bytes[0] as number) < 0x80 ? value : value - (1n << BigInt(8 * bytes.length))
}

/** An integer that is a small count or a code: -2^31 to 2^31-1. */
export function smallOf(found: Der): number {
  const value = integerOf(found)
  return value >= -0x80000000n && value < 0x80000000n ? Number(value) : mismatch('integer too large')
}

/** Dotted: '1.2.840.113549.1.1.13'. */
export function oidOf(found: Der): string {
  const components: (number | bigint)[] = []
  let value: number | bigint = 0
  for (const byte of contentsOf(expectTag(found, OID, 'object identifier'))) {
    value = appendSeven(value, byte & 0x7f)
    if (byte >= 0x80) continue
    components.push(value)
    value = 0
  }
  const [head = 0, ...tail] = components
  const first = head < 40 ? 0 : head < 80 ? 1 : 2
  return [first, BigInt(head) - BigInt(first * 40), ...tail].join('.')
}

const appendSeven = (value: number | bigint, bits: number): number | bigint =>
  typeof value === 'number' && value < 2 ** 45 ? value * 128 + bits : BigInt(value) * 128n + BigInt(bits)

export const octetsOf = (found: Der): Uint8Array => contentsOf(expectTag(found, OCTET_STRING, 'octet string'))

/** The octets of a BIT STRING that ends on an octet: keys and signatures. */
export function bitOctetsOf(found: Der): Uint8Array {
  const contents = contentsOf(expectTag(found, BIT_STRING, 'bit string'))
  return contents[0] === 0 ? contents.subarray(1) : mismatch('bit string does not end on an octet')
}

/** A named bit list: which bits are set, numbered from the left. */
export function bitListOf(found: Der): readonly number[] {
  const contents = contentsOf(expectTag(found, BIT_STRING, 'bit string'))
  const set: number[] = []
  for (let bit = 0; bit < (contents.length - 1) * 8 && bit < 64; bit++) {
    if ((contents[1 + (bit >> 3)] as number) & (0x80 >> (bit & 7))) set.push(bit)
  }
  return set
}

/** The characters of any ASN.1 text type. One byte is one character for the old types, as certificates in the field use them. */
export function textOf(found: Der): string {
  const bytes = contentsOf(found)
  if (found.tag === UTF8_STRING) return Buffer.from(bytes).toString('utf8')
  if (found.tag === BMP_STRING) return Buffer.from(bytes).swap16().toString('utf16le')
  if (found.tag === UNIVERSAL_STRING) return universal(bytes)
  return TEXT_TYPES.has(found.tag) ? latin1(found) : mismatch(`text has tag ${found.tag}`)
}
const TEXT_TYPES = new Set([18, 19, 20, 22, 26, 27])

function universal(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text = ''
  for (let index = 0; index < bytes.length; index += 4) {
    const point = view.getUint32(index)
    text += point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd'
  }
  return text
}

const UTC = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})$/
const GENERALIZED = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d+))?Z$/

/**
 * UTCTime or GeneralizedTime, in milliseconds; digits beyond are cut off. UTCTime counts 50 to 99 as 19xx (RFC 5280 §4.1.2.5.1).
 * Throws DerMismatch for a date that does not exist.
 */
export function timeOf(found: Der): Instant {
  if (found.tag === UTC_TIME) return utcTimeOf(latin1(found))
  return generalizedTimeOf(latin1(expectTag(found, GENERALIZED_TIME, 'time')))
}

function utcTimeOf(text: string): Instant {
  const match = UTC.exec(text) ?? mismatch(`time ${text}`)
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as Six
  const zone = match[7] === 'Z' ? 0 : Number(`${match[7]?.[0]}1`) * (Number(match[7]?.slice(1, 3)) * 60 + Number(match[7]?.slice(3)))
  return instant(calendar([year < 50 ? 2000 + year : 1900 + year, month, day, hour, minute, second], text) - zone * 60_000)
}

function generalizedTimeOf(text: string): Instant {
  const match = GENERALIZED.exec(text) ?? mismatch(`time ${text}`)
  const millis = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
  return instant(calendar(match.slice(1, 7).map(Number) as Six, text) + millis)
}

type Six = [number, number, number, number, number, number]

function calendar([year, month, day, hour, minute, second]: Six, text: string): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour
  return same && minute < 60 && second < 60 ? date.getTime() : mismatch(`time ${text}`)
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
