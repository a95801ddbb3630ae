import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeDer } from '../../src/trust/der.ts'
import { attributeValue, type Name, nameOf, sameName, writeName } from '../../src/trust/names.ts'

const read = (der: Uint8Array): Name => {
  const name = decodeDer(der, nameOf)
  if (!name.ok) throw new Error(name.fault)
  return name.value
}
const asLiteral = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\r', '\\r').replaceAll('\n', '\\n').replaceAll('\0', '\\0')

const rows = readFileSync(join(import.meta.dirname, 'data', 'names.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t') as [label: string, der: string, text: string])

describe('a name as Java prints it', () => {
  for (const [label, der, text] of rows)
    test(`${label}: ${text}`, () => {
      expect(asLiteral(read(Buffer.from(der, 'hex')).text)).toBe(text)
    })
})

describe('names', () => {
  const name = (value: string) =>
    read(
      writeName([
        ['C', 'MX'],
        ['O', value],
      ]),
    )
  test('are the same whatever the letter case, the runs of blanks and the text type', () => {
    expect(sameName(name('Gobierno  de Querétaro'), name('gobierno de querétaro '))).toBe(true)
    expect(name('GOB').der).not.toEqual(name('gob').der)
    expect(sameName(name('GOB'), name('gob'))).toBe(true)
    expect(sameName(name('GOB'), name('GOV'))).toBe(false)
  })
  test('an attribute that holds what looks like another is not that other', () => {
    expect(
      sameName(
        read(writeName([['O', 'a,CN=b']])),
        read(
          writeName([
            ['O', 'a'],
            ['CN', 'b'],
          ]),
        ),
      ),
    ).toBe(false)
  })
  test('repeated, the last attribute counts', () => {
    const subject = read(
      writeName([
        ['CN', 'first'],
        ['O', 'GOB'],
        ['CN', 'second'],
      ]),
    )
    expect(attributeValue(subject, 'CN')).toBe('second')
    expect(attributeValue(subject, 'OU')).toBeUndefined()
  })
  test('are written in PrintableString where the characters allow it, else in UTF-8', () => {
    expect(Buffer.from(writeName([['CN', 'DIF']])).includes(Buffer.from('\x13\x03DIF', 'latin1'))).toBe(true)
    expect(Buffer.from(writeName([['O', 'Querétaro']])).includes(Buffer.from('\x0c\x0aQuerétaro'))).toBe(true)
  })
})
