import { instant } from '../../src/base/clock.ts'
import { toDer } from '../../src/trust/ber.ts'
import {
  BIT_STRING,
  BOOLEAN,
  bytesOf,
  contentsOf,
  type Der,
  decodeDer,
  ENUMERATED,
  GENERALIZED_TIME,
  INTEGER,
  NULL,
  OCTET_STRING,
  OID,
  SET,
  UTC_TIME,
  UTF8_STRING,
} from '../../src/trust/der.ts'
import { booleanOf, integerOf, oidOf, textOf, timeOf } from '../../src/trust/der-values.ts'
import * as write from '../../src/trust/der-write.ts'
import { type Seeded, seeded } from './seeded.ts'

export type DerFigures = {
  readonly seed: number
  readonly cases: number
  readonly accepted: number
  readonly refused: number
  readonly slowestMs: number
  /** Refusals by reason, numbers taken out. */
  readonly refusals: Readonly<Record<string, number>>
}

/**
 * `count` octet strings: values we wrote (they are accepted and written again, value by value, byte for byte), values with one damage, and
 * hostile ones (depth, lengths, other encodings of the same value). Whatever is accepted writes again to the same bytes: so a value has
 * one encoding. Throws at the first case that breaks a rule.
 */
export async function run(count: number, seed: number): Promise<DerFigures> {
  const random = seeded(seed)
  const refusals: Record<string, number> = {}
  let accepted = 0
  let slowestMs = 0
  for (let index = 0; index < count; index++) {
    const kind = index % 5 < 2 ? 'ours' : index % 5 < 4 ? 'damaged' : 'hostile'
    const bytes = kind === 'hostile' ? hostile(random) : kind === 'damaged' ? damaged(value(random, 4), random) : value(random, 4)
    const before = performance.now()
    const outcome = decodeDer(bytes, rewritten)
    slowestMs = Math.max(slowestMs, performance.now() - before)
    const where = `seed ${seed}, case ${index} (${kind}): ${Buffer.from(bytes).toString('hex').slice(0, 200)}`
    if (kind === 'ours' && !outcome.ok) throw new Error(`${where} was refused: ${outcome.fault}`)
    if (kind === 'hostile' && outcome.ok) throw new Error(`${where} was accepted`)
    if (outcome.ok) mustBeTheSame(outcome.value, bytes, where)
    else refusals[outcome.fault.replace(/\d+/g, 'N')] = (refusals[outcome.fault.replace(/\d+/g, 'N')] ?? 0) + 1
    if (outcome.ok) accepted++
  }
  return { seed, cases: count, accepted, refused: count - accepted, slowestMs: Math.round(slowestMs * 100) / 100, refusals }
}

function mustBeTheSame(again: Uint8Array, bytes: Uint8Array, where: string): void {
  if (!Buffer.from(again).equals(bytes)) throw new Error(`${where} writes again as ${Buffer.from(again).toString('hex')}`)
  const der = toDer(bytes)
  if (!der.ok || !Buffer.from(der.value).equals(bytes)) throw new Error(`${where}: DER changed on its way through the BER reader`)
}

/** Every value taken out and written anew. */
function rewritten(found: Der): Uint8Array {
  switch (found.tag) {
    case BOOLEAN:
      return write.boolean(booleanOf(found))
    case INTEGER:
      return write.integer(integerOf(found))
    case ENUMERATED:
      return write.tlv(ENUMERATED, contentsOf({ ...found, ...reparsed(write.integer(integerOf({ ...found, tag: INTEGER }))) }))
    case NULL:
      return write.nil()
    case OID:
      return write.oid(oidOf(found))
    case OCTET_STRING:
      return write.octets(contentsOf(found))
    case UTF8_STRING:
      return write.utf8(textOf(found))
    case UTC_TIME:
      return utcTime(found)
    case GENERALIZED_TIME:
      return write.tlv(GENERALIZED_TIME, fraction(found))
    case SET:
      return write.setOf(...found.children.map(rewritten))
    case BIT_STRING:
      return write.tlv(BIT_STRING, contentsOf(found))
    default:
      return found.tag & 0x20 ? write.tlv(found.tag, ...found.children.map(rewritten)) : write.tlv(found.tag, contentsOf(found))
  }
}

const reparsed = (bytes: Uint8Array): Pick<Der, 'source' | 'from' | 'to'> => {
  const read = decodeDer(bytes, ({ source, from, to }) => ({ source, from, to }))
  if (!read.ok) throw new Error(read.fault)
  return read.value
}

/** A date that does not exist has the form of one: it is refused when its value is asked for, so it stays as it is here. */
function utcTime(found: Der): Uint8Array {
  const read = decodeDer(bytesOf(found), timeOf)
  return read.ok ? write.time(read.value) : bytesOf(found)
}
function fraction(found: Der): Uint8Array {
  const text = Buffer.from(contentsOf(found)).toString('latin1')
  const read = decodeDer(bytesOf(found), timeOf)
  if (!read.ok || /\.\d{4,}/.test(text)) return contentsOf(found)
  const iso = new Date(read.value).toISOString().replace(/[-T:Z]/g, '')
  return Buffer.from(`${iso.replace(/\.?0*$/, (tail) => (tail.startsWith('.') ? '' : tail)).replace(/(\.\d*[1-9])0+$/, '$1')}Z`, 'latin1')
}

const bigNumber = (random: Seeded): bigint => {
  const bytes = random.bytes(1 + random.below(24))
  const magnitude = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) >> BigInt(random.below(8))
  return random.chance(0.3) ? -magnitude : magnitude
}
const dotted = (random: Seeded): string => {
  const first = random.below(3)
  const second = first < 2 ? random.below(40) : random.pick([0, 5, 47, 48, 999])
  const tail = Array.from({ length: random.below(8) }, () => (random.chance(0.1) ? bigNumber(random) >> 64n : BigInt(random.below(70_000))))
  return [first, second, ...tail.map((component) => (component < 0n ? -component : component))].join('.')
}
const moment = (random: Seeded) =>
  instant(Date.UTC(1950 + random.below(100), random.below(12), 1 + random.below(28), random.below(24), 59, random.below(60)))
const text = (random: Seeded): string => Array.from({ length: random.below(12) }, () => random.pick([...'aZ0 ñé中', '\u{1f40e}'])).join('')

function leaf(random: Seeded): Uint8Array {
  const makers = [
    () => write.boolean(random.chance(0.5)),
    () => write.integer(bigNumber(random)),
    () => write.enumerated(random.below(300) - 150),
    () => write.nil(),
    () => write.oid(dotted(random)),
    () => write.octets(random.bytes(random.below(40))),
    () => write.bits(random.bytes(random.below(40))),
    () => write.bitList(Array.from({ length: random.below(4) }, () => random.below(20))),
    () => write.utf8(text(random)),
    () => write.printable('Querétaro'.slice(0, random.below(5))),
    () => write.time(moment(random)),
    () => write.generalizedTime(moment(random)),
    () => write.tlv(GENERALIZED_TIME, Buffer.from(`20261124120000.${1 + random.below(99)}1Z`)),
    () => write.implicit(random.below(31), random.bytes(random.below(200))),
  ]
  return random.pick(makers)()
}

/** A value of a random shape. */
function value(random: Seeded, depth: number): Uint8Array {
  if (depth === 0 || random.chance(0.4)) return leaf(random)
  const parts = Array.from({ length: random.below(6) }, () => value(random, depth - 1))
  const kind = random.below(3)
  return kind === 0 ? write.sequence(...parts) : kind === 1 ? write.setOf(...parts) : write.context(random.below(31), ...parts)
}

function damaged(bytes: Uint8Array, random: Seeded): Uint8Array {
  const out = Uint8Array.from(bytes)
  const at = random.below(out.length)
  switch (random.below(6)) {
    case 0:
      out[at] = (out[at] as number) ^ (1 << random.below(8))
      return out
    case 1:
      return out.subarray(0, at)
    case 2:
      return Buffer.concat([out, random.bytes(1 + random.below(4))])
    case 3:
      return Buffer.concat([out.subarray(0, at), out.subarray(at + 1)])
    case 4:
      return Buffer.concat([out.subarray(0, at), random.bytes(1), out.subarray(at)])
    default:
      out[at] = random.below(256)
      return out
  }
}

/** Another encoding of a good value, or an attack: nothing of it may pass. */
function hostile(random: Seeded): Uint8Array {
  const body = random.bytes(random.below(30))
  const makers = [
    () => Buffer.from([OCTET_STRING, 0x81, body.length, ...body]), // length not minimal
    () => Buffer.from([OCTET_STRING, 0x82, 0, 200, ...random.bytes(200)]),
    () => Buffer.from([0x24, 0x80, OCTET_STRING, 1, 0, 0, 0]), // indefinite, in pieces
    () => Buffer.from([0x30, 0x80, 5, 0, 0, 0]),
    () => Buffer.from([0x24, 3, OCTET_STRING, 1, 7]),
    () => Buffer.from([OCTET_STRING, 0x84, 0x7f, 0xff, 0xff, 0xff, ...body]), // two gigabytes promised
    () => Buffer.from([OCTET_STRING, 0x88, 1, 0, 0, 0, 0, 0, 0, 0, ...body]),
    () => nested(25 + random.below(4000)),
    () => Buffer.from([INTEGER, 2, 0, random.below(128)]),
    () => Buffer.from([INTEGER, 2, 0xff, 128 + random.below(128)]),
    () => Buffer.from([BOOLEAN, 1, 1 + random.below(254)]),
    () => Buffer.from([BIT_STRING, 2, 1 + random.below(7), 0xff]),
    () => Buffer.from([OID, 3, 0x2a, 0x80, 1 + random.below(127)]),
    () => Buffer.from([OID, 2, 0x2a, 0x80 | random.below(128)]),
    () => Buffer.from([UTF8_STRING, 1, 0x80 + random.below(128)]),
    () => write.tlv(SET, write.integer(1n + BigInt(random.below(100))), write.integer(0n)), // not in order
    () => write.tlv(UTC_TIME, Buffer.from('2611241200Z')),
    () => write.tlv(GENERALIZED_TIME, Buffer.from(`20261124120000.${random.below(10)}0Z`)),
    () => Buffer.from([0x1f, 0x81, 1, 0]), // a long tag
    () => new Uint8Array(0),
  ]
  return random.pick(makers)()
}

function nested(depth: number): Uint8Array {
  let inner: Uint8Array = write.nil()
  for (let level = 0; level < Math.min(depth, 400); level++) inner = write.sequence(inner)
  return inner
}
