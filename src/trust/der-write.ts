import type { Instant } from '../base/clock.ts'
import {
  BIT_STRING,
  BOOLEAN,
  constructed,
  ENUMERATED,
  GENERALIZED_TIME,
  IA5_STRING,
  INTEGER,
  NULL,
  OCTET_STRING,
  OID,
  PRINTABLE_STRING,
  SEQUENCE,
  SET,
  UTC_TIME,
  UTF8_STRING,
} from './der.ts'

/** One element: tag, shortest length (X.690 §10.1), contents. */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const size = contents.reduce((sum, part) => sum + part.length, 0)
  const head = header(tag, size)
  const out = new Uint8Array(head.length + size)
  out.set(head)
  let at = head.length
  for (const part of contents) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function header(tag: number, size: number): number[] {
  if (size < 0x80) return [tag, size]
  const octets: number[] = []
  for (let left = size; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256)
  return [tag, 0x80 | octets.length, ...octets]
}

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const absent = (part: Uint8Array | undefined): part is Uint8Array => part !== undefined

/** SEQUENCE of the parts in order; an absent OPTIONAL part is `undefined`. */
export const sequence = (...parts: readonly (Uint8Array | undefined)[]): Uint8Array => tlv(SEQUENCE, ...parts.filter(absent))
/** SET OF, in the order DER asks for (X.690 §11.6). */
export const setOf = (...members: readonly Uint8Array[]): Uint8Array => tlv(SET, ...sorted(members))
export const sorted = (members: readonly Uint8Array[]): Uint8Array[] => [...members].sort(Buffer.compare)
/** [number] EXPLICIT around one element, or [number] IMPLICIT over the elements of a SEQUENCE or SET. */
export const context = (number: number, ...parts: readonly Uint8Array[]): Uint8Array => tlv(constructed(number), ...parts)
/** [number] IMPLICIT over the contents of a primitive element. */
export const implicit = (number: number, contents: Uint8Array): Uint8Array => tlv(0x80 | number, contents)

export const boolean = (value: boolean): Uint8Array => tlv(BOOLEAN, Uint8Array.of(value ? 0xff : 0))
export const nil = (): Uint8Array => tlv(NULL)
export const integer = (value: bigint | number): Uint8Array => tlv(INTEGER, twosComplement(BigInt(value)))
export const enumerated = (value: number): Uint8Array => tlv(ENUMERATED, twosComplement(BigInt(value)))

function twosComplement(value: bigint): Uint8Array {
  const bits = (value < 0n ? ~value : value).toString(2).length + 1
  const octets = value === 0n || value === -1n ? 1 : Math.ceil(bits / 8)
  const unsigned = BigInt.asUintN(octets * 8, value)
  return Buffer.from(unsigned.toString(16).padStart(octets * 2, '0'), 'hex')
}

/** From '1.2.840.113549.1.1.13'. */
export function oid(dotted: string): Uint8Array {
  const [first, second, ...tail] = dotted.split('.').map(BigInt)
  if (first === undefined || second === undefined) throw new Error(`${dotted} is no object identifier`)
  return tlv(OID, Uint8Array.from([first * 40n + second, ...tail].flatMap(base128)))
}

function base128(value: bigint): number[] {
  const octets = [Number(value & 0x7fn)]
  for (let left = value >> 7n; left > 0n; left >>= 7n) octets.unshift(Number(left & 0x7fn) | 0x80)
  return octets
}

export const octets = (bytes: Uint8Array): Uint8Array => tlv(OCTET_STRING, bytes)
/** A BIT STRING that ends on an octet: keys and signatures. */
export const bits = (bytes: Uint8Array): Uint8Array => tlv(BIT_STRING, Uint8Array.of(0), bytes)

/** A named bit list (X.690 §11.2.2): trailing zero bits left out. */
export function bitList(set: readonly number[]): Uint8Array {
  if (set.length === 0) return tlv(BIT_STRING, Uint8Array.of(0))
  const highest = Math.max(...set)
  const bytes = new Uint8Array((highest >> 3) + 1)
  for (const bit of set) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7))
  return tlv(BIT_STRING, Uint8Array.of(7 - (highest & 7)), bytes)
}

export const utf8 = (text: string): Uint8Array => tlv(UTF8_STRING, Buffer.from(text, 'utf8'))
export const ia5 = (text: string): Uint8Array => tlv(IA5_STRING, ascii(text))
export const printable = (text: string): Uint8Array => tlv(PRINTABLE_STRING, ascii(text))
/** Characters of PrintableString (X.680 §41.4). */
export const isPrintable = (text: string): boolean => /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)

const digits = (at: Instant): string => new Date(at).toISOString().replace(/[-T:]|\.\d+Z$/g, '')

/** UTCTime to 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). Whole seconds; the rest is cut off. */
export function time(at: Instant): Uint8Array {
  const year = new Date(at).getUTCFullYear()
  return year >= 1950 && year < 2050 ? tlv(UTC_TIME, ascii(`${digits(at).slice(2)}Z`)) : generalizedTime(at)
}
/** GeneralizedTime in whole seconds: OCSP, RFC 3161. */
export const generalizedTime = (at: Instant): Uint8Array => tlv(GENERALIZED_TIME, ascii(`${digits(at)}Z`))
