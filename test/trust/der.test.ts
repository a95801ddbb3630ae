import { describe, expect, test } from 'vitest'
import { instant } from '../../src/base/clock.ts'
import { toDer } from '../../src/trust/ber.ts'
import { decodeDer, SLOPPY, STRICT } from '../../src/trust/der.ts'
import { integerOf, oidOf, textOf, timeOf } from '../../src/trust/der-values.ts'
import { integer, octets, oid, sequence, setOf, time, tlv } from '../../src/trust/der-write.ts'
import { run } from '../campaign/der.ts'

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex')
const read = (text: string, rules = STRICT) => decodeDer(hex(text), ({ tag }) => tag, rules)

describe('DER has one encoding for a value', () => {
  const REFUSED: readonly (readonly [what: string, bytes: string, why: string])[] = [
    ['nothing', '', 'cut off at 0'],
    ['a tag without a length', '30', 'cut off at 1'],
    ['a length in two octets where one would do', '04 81 01 00', 'length not minimal at 1'],
    ['a length with a zero in front', `04 82 00 80 ${'00'.repeat(128)}`, 'length not minimal at 1'],
    ['an indefinite length', '30 80 00 00', 'indefinite length at 1'],
    ['more than there is', '04 05 00', 'length out of bounds at 1'],
    ['a parent that is longer than what is left', '30 03 04 00', 'length out of bounds at 1'],
    ['a length in five octets', '04 85 01 00 00 00 00', 'length out of bounds at 1'],
    ['octets after the end', '05 00 00', '1 bytes after the end'],
    ['a padded integer', '02 02 00 01', 'integer not minimal at 0'],
    ['a padded negative integer', '02 02 ff 80', 'integer not minimal at 0'],
    ['an empty integer', '02 00', 'empty integer at 0'],
    ['TRUE as 01', '01 01 01', 'no boolean at 0'],
    ['bits after the end of a bit string', '03 02 01 01', 'bits after the end of a bit string at 0'],
    ['a null with contents', '05 01 00', 'null with contents at 0'],
    ['a component of an object identifier with 80 in front', '06 02 80 01', 'object identifier not minimal at 0'],
    ['an object identifier cut off', '06 02 2a 81', 'no object identifier at 0'],
    ['text that is not UTF-8', '0c 01 ff', 'text that is not UTF-8 at 0'],
    ['a set out of order', '31 06 02 01 02 02 01 01', 'set not in order at 0'],
    ['a string in pieces', '24 03 04 01 00', 'type 36 at 0 is not expected'],
    ['a sequence marked primitive', '10 00', 'type 16 at 0 is not expected'],
    ['a tag number above 30', '1f 1f 00', 'long tag at 0'],
    ['a child that is longer than its parent', '30 03 04 02 00 00 00', 'length out of bounds at 3'],
  ]
  for (const [what, bytes, why] of REFUSED)
    test(`${what} is refused`, () => {
      expect(read(bytes)).toEqual({ ok: false, fault: why })
    })

  test('a time without seconds, or with a fraction that ends in zero, is refused', () => {
    expect(decodeDer(Buffer.from(`\x17\x0b2611241200Z`, 'latin1'), timeOf).ok).toBe(false)
    expect(decodeDer(Buffer.from(`\x18\x1220261124120000.50Z`, 'latin1'), timeOf).ok).toBe(false)
  })

  test('a date that does not exist is refused when it is read', () => {
    expect(decodeDer(Buffer.from('\x17\x0d260230120000Z', 'latin1'), timeOf)).toEqual({ ok: false, fault: 'time 260230120000Z' })
    expect(decodeDer(Buffer.from('\x18\x0f20261324120000Z', 'latin1'), timeOf).ok).toBe(false)
  })

  test('depth, size and number of elements are limited', () => {
    let deep = integer(1)
    for (let level = 0; level < 25; level++) deep = sequence(deep)
    expect(decodeDer(deep, () => 0)).toEqual({ ok: false, fault: 'deeper than 24' })
    expect(decodeDer(octets(new Uint8Array(100)), () => 0, { ...STRICT, maxBytes: 100 })).toEqual({
      ok: false,
      fault: 'longer than 100 bytes',
    })
    const wide = sequence(...Array.from({ length: 50 }, () => integer(1)))
    expect(decodeDer(wide, () => 0, { ...STRICT, maxElements: 50 })).toEqual({ ok: false, fault: 'more than 50 elements' })
  })

  test('many tiny elements are read in linear time', () => {
    const cost = (count: number): number => {
      const bytes = tlv(0x30, Buffer.concat(Array.from({ length: count }, () => integer(1))))
      const times = Array.from({ length: 9 }, () => {
        const before = process.cpuUsage()
        expect(decodeDer(bytes, ({ children }) => children.length)).toEqual({ ok: true, value: count })
        const { user, system } = process.cpuUsage(before)
        return user + system
      })
      return Math.min(...times)
    }
    expect(cost(160_000) / cost(20_000)).toBeLessThan(40) // eight times the elements; quadratic would be 64
  })
})

describe('what authorities are known to have issued', () => {
  for (const [what, bytes] of [
    ['a padded integer', '02 02 00 01'],
    ['TRUE as 01', '01 01 01'],
    ['a set out of order', '31 06 02 01 02 02 01 01'],
    ['text that is not UTF-8', '0c 01 ff'],
    ['bits after the end of a bit string', '03 02 01 01'],
  ] as const)
    test(`${what} passes in a certificate only`, () => {
      expect(read(bytes).ok).toBe(false)
      expect(read(bytes, SLOPPY).ok).toBe(true)
    })
  test('lengths stay definite and minimal even there', () => {
    expect(read('04 81 01 00', SLOPPY).ok).toBe(false)
    expect(read('30 80 00 00', SLOPPY).ok).toBe(false)
    expect(read('05 00 00', SLOPPY).ok).toBe(false)
  })
})

describe('values', () => {
  test('integers of any size, also negative', () => {
    for (const value of [0n, 1n, 127n, 128n, -1n, -128n, -129n, 255n, 256n, 1n << 159n, -(1n << 64n)])
      expect(decodeDer(integer(value), integerOf)).toEqual({ ok: true, value })
    expect(Buffer.from(integer(128)).toString('hex')).toBe('02020080')
    expect(Buffer.from(integer(-129)).toString('hex')).toBe('0202ff7f')
  })
  test('object identifiers, also with a component of 128 bits', () => {
    for (const dotted of [
      '1.2.840.113549.1.1.13',
      '2.5.4.3',
      '2.999.3',
      '0.9.2342.19200300.100.1.25',
      '2.25.329800735698586629295641978511506172918',
    ])
      expect(decodeDer(oid(dotted), oidOf)).toEqual({ ok: true, value: dotted })
    expect(Buffer.from(oid('2.999.3')).toString('hex')).toBe('0603883703')
  })
  test('times: two digits of a year up to 2049, four from 2050', () => {
    for (const at of [Date.UTC(1950, 0, 1), Date.UTC(2049, 11, 31, 23, 59, 59), Date.UTC(2050, 0, 1), Date.UTC(2026, 10, 24, 1, 2, 3)].map(
      instant,
    ))
      expect(decodeDer(time(at), timeOf)).toEqual({ ok: true, value: at })
    expect(time(instant(Date.UTC(2050, 0, 1)))[0]).toBe(0x18)
    expect(decodeDer(Buffer.from('\x18\x1520261124120000.12345Z', 'latin1'), timeOf)).toEqual({
      ok: true,
      value: Date.UTC(2026, 10, 24, 12, 0, 0, 123),
    })
  })
  test('text in two and four octets a character', () => {
    expect(decodeDer(hex('1e 04 00 f1 4e 2d'), textOf)).toEqual({ ok: true, value: 'ñ中' })
    expect(decodeDer(hex('1c 08 00 01 f4 0e 00 00 00 61'), textOf)).toEqual({ ok: true, value: '\u{1f40e}a' })
  })
  test('a set is written in order', () => {
    expect(Buffer.from(setOf(integer(2), integer(1))).toString('hex')).toBe('3106020101020102')
  })
})

describe('BER brought into DER', () => {
  test('indefinite lengths and strings in pieces', () => {
    const ber = hex('30 80 24 80 04 02 01 02 04 01 03 00 00 02 01 05 00 00')
    expect(toDer(ber)).toEqual({ ok: true, value: sequence(octets(Uint8Array.of(1, 2, 3)), integer(5)) })
  })
  for (const [what, bytes] of [
    ['no end', '30 80 02 01 05'],
    ['an end after the end', '30 80 00 00 00 00'],
    ['an indefinite primitive', '04 80 00 00'],
    ['a piece of another type', '24 80 02 01 05 00 00'],
  ] as const)
    test(`${what} is refused`, () => expect(toDer(hex(bytes)).ok).toBe(false))
})

test('DER by property: what we write reads back, what we accept has one form', async () => {
  const figures = await run(4000, 20261124)
  console.log(JSON.stringify({ ...figures, refusals: Object.keys(figures.refusals).length }))
  expect(figures.accepted / figures.cases).toBeGreaterThan(0.2)
  expect(figures.refused / figures.cases).toBeGreaterThan(0.2)
})
