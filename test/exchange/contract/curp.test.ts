import { describe, expect, test } from 'vitest'
import { isSynthetic, readCurp } from '../../../src/exchange/contract/curp.ts'

const PUBLISHED = ['AAPR630321HDFLRC09', 'SABC560626MDFLRN01', 'MOTR930411HJCRMN03']
const MADE_UP = [
  'ZELM850314MQTPNRZ9',
  'BAUR571102HQTLGMZ2',
  'TERI930722MQTRSTY3',
  'MUOA881219MQTXRLX8',
  'UICN790905MQRCNYZ8',
  'PEDR640130HQRCZDZ1',
  'KUXS990211HQRYXLV9',
  'ZELM850314MQTPNRW5',
]
const said = (curp: string) => {
  const read = readCurp(curp)
  return read.ok ? read.value : read.fault.es
}

describe('a CURP', () => {
  for (const curp of [...PUBLISHED, ...MADE_UP]) test(`${curp} is well formed`, () => expect(said(curp)).toBe(curp))

  for (const [curp, es] of [
    ['MOTR930411HJCRMG73', 'dígito verificador: dice 3, debe ser 0'],
    ['MUOA881219MQTXRLX7', 'dígito verificador: dice 7, debe ser 8'],
    ['', 'tiene 0 caracteres, debe tener 18'],
    ['ZELM850314MQTPNRZ', 'tiene 17 caracteres, debe tener 18'],
    ['ZELM850314MQTPNRZ99', 'tiene 19 caracteres, debe tener 18'],
    ['zelm850314mqtpnrz9', 'posición 1-4: se espera cuatro letras del nombre, la segunda vocal o X'],
    ['ZBLM850314MQTPNRZ9', 'posición 1-4: se espera cuatro letras del nombre, la segunda vocal o X'],
    ['ÑELM850314MQTPNRZ9', 'posición 1-4: se espera cuatro letras del nombre, la segunda vocal o X'],
    ['ZELM851314MQTPNRZ9', 'posición 5-10: se espera fecha de nacimiento AAMMDD'],
    ['ZELM850332MQTPNRZ9', 'posición 5-10: se espera fecha de nacimiento AAMMDD'],
    ['ZELM850314XQTPNRZ9', 'posición 11: se espera sexo H o M'],
    ['ZELM850314MXXPNRZ9', 'posición 12-13: se espera clave de la entidad de nacimiento'],
    ['ZELM850314MQTANRZ9', 'posición 14-16: se espera tres consonantes internas'],
    ['ZELM850314MQTPNR-9', 'posición 17: se espera letra o dígito contra homonimias'],
    ['ZELM850314MQTPNRZX', 'posición 18: se espera dígito verificador'],
  ] as const)
    test(`'${curp}' is refused: ${es}`, () => expect(said(curp)).toBe(es))

  test('the sentence is in both languages', () =>
    expect(readCurp('MOTR930411HJCRMG73')).toMatchObject({ ok: false, fault: { en: 'check digit: it says 3, it should be 0' } }))

  test('a letter before the digit and a year from 50 on is nobody alive', () => {
    const synthetic = (curp: string) => {
      const read = readCurp(curp)
      return read.ok && isSynthetic(read.value)
    }
    expect(MADE_UP.filter(synthetic)).toEqual(MADE_UP)
    expect(PUBLISHED.filter(synthetic)).toEqual([])
  })

  test('the digit and the shape catch most slips of one character, and not all', () => {
    let slips = 0
    let caught = 0
    for (const curp of MADE_UP.slice(0, 7))
      for (let at = 0; at < 18; at++)
        for (const letter of at === 17 ? '0123456789' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789')
          if (letter !== curp[at]) {
            slips++
            if (!readCurp(curp.slice(0, at) + letter + curp.slice(at + 1)).ok) caught++
          }
    console.log(`CURP: ${caught} of ${slips} slips of one character caught (${((100 * caught) / slips).toFixed(1)} %)`)
    expect(caught / slips).toBeGreaterThan(0.9)
    expect(caught).toBeLessThan(slips)
  })
})
