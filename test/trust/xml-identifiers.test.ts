import { describe, expect, test } from 'vitest'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'
import { parseXml, type XmlElement } from '../../src/protocol/xml.ts'
import {
  IDENTIFIERS,
  readClientElement,
  readGlobalGroupElement,
  readLocalGroupElement,
  readServerElement,
  readServiceElement,
  writeGlobalGroup,
  writeIdentifier,
} from '../../src/trust/xml-identifiers.ts'
import { vector, vectors } from '../vectors.ts'

function elementOf(xml: Uint8Array | string): XmlElement {
  const document = parseXml(xml)
  if (!document.ok) throw new Error(document.fault.detail)
  return document.value.root
}
const inline = (content: string, type = 'MEMBER') =>
  elementOf(`<client xmlns:id="${IDENTIFIERS}"${type && ` id:objectType="${type}"`}>${content}</client>`)
const part = (name: string, value: string) => `<id:${name}>${value}</id:${name}>`
const MEMBER = part('xRoadInstance', 'EE') + part('memberClass', 'GOV') + part('memberCode', '1')
const verdict = (outcome: Outcome<unknown>) => (outcome.ok ? outcome.value : codeOf(outcome.fault))
const rooted = (text: string) => elementOf(text.replace(/^<x/, `<x xmlns:id="${IDENTIFIERS}"`))

const ROWS: readonly (readonly [string, (element: XmlElement) => Outcome<unknown>, unknown])[] = [
  ['clientid.xml', readClientElement, { instance: 'EE', memberClass: 'COMPANY', memberCode: 'FOOBAR' }],
  ['invalid-clientid-member.xml', readClientElement, 'invalid_client_identifier'],
  ['serviceid.xml', readServiceElement, { instance: 'EE', memberClass: 'BUSINESS', memberCode: 'JODA', serviceCode: 'getState' }],
  ['globalgroupid.xml', readGlobalGroupElement, { instance: 'EE', groupCode: 'perearstid' }],
]
describe.skipIf(vectors() === null)('identifiers of others (family 11)', () => {
  let held = 0
  test.each(ROWS)('%s', (file, read, expected) => {
    expect(verdict(read(elementOf(vector(`identifiers/${file}`))))).toEqual(expected)
    held++
  })
  test('every row holds', () => {
    console.log(`identifiers (family 11): ${held} of ${ROWS.length} rows`)
    expect(held).toBe(ROWS.length)
  })
})

describe('an identifier in XML', () => {
  test('may have its components in any order, with elements between that nobody knows', () =>
    expect(
      verdict(
        readClientElement(inline(`<other>1</other>${part('memberCode', '1')}${part('memberClass', 'GOV')}${part('xRoadInstance', 'EE')}`)),
      ),
    ).toEqual({
      instance: 'EE',
      memberClass: 'GOV',
      memberCode: '1',
    }))
  test('with a component twice is a duplicate header field', () =>
    expect(verdict(readClientElement(inline(MEMBER + part('memberCode', '1'))))).toBe('duplicate_header_field'))
  test.each(['', 'SERVER', 'member', 'CENTRALSERVICE'])('of object type "%s" is no client: invalid XML', (type) =>
    expect(verdict(readClientElement(inline(MEMBER, type)))).toBe('invalid_xml'),
  )
  test.each([
    ['a code that is missing', part('xRoadInstance', 'EE') + part('memberClass', 'GOV')],
    ['a code that is blank', MEMBER.replace('>1<', '> <')],
    ['a code with a control character', MEMBER.replace('>1<', '>1&#9;<')],
    ['a code of another kind', MEMBER + part('serviceCode', 's')],
  ])('with %s is an invalid client', (_why, content) =>
    expect(verdict(readClientElement(inline(content)))).toBe('invalid_client_identifier'),
  )
  test('whose components are of another namespace has none', () =>
    expect(verdict(readClientElement(inline(MEMBER.replaceAll('id:', ''))))).toBe('invalid_client_identifier'))
  test('may contradict its own kind only where old documents do', () => {
    const contradiction = inline(MEMBER + part('subsystemCode', 'sub'))
    expect(verdict(readClientElement(contradiction))).toBe('invalid_client_identifier')
    expect(verdict(readClientElement(contradiction, 'derived'))).toMatchObject({ subsystemCode: 'sub' })
  })
  test('of a server must have a server code, of a group only its own parts', () => {
    expect(verdict(readServerElement(inline(MEMBER, 'SERVER')))).toBe('invalid_xml')
    expect(verdict(readLocalGroupElement(inline(part('groupCode', 'g'), 'LOCALGROUP')))).toEqual({ groupCode: 'g' })
    expect(verdict(readLocalGroupElement(inline(MEMBER + part('groupCode', 'g'), 'LOCALGROUP')))).toBe('invalid_xml')
  })
  test('that we write reads back the same', () => {
    const id = { instance: 'É&<', memberClass: 'a b', memberCode: '"1"' }
    for (const each of [id, { ...id, subsystemCode: 'ñ' }])
      expect(verdict(readClientElement(rooted(writeIdentifier('x', each))))).toEqual(each)
    for (const each of [
      { ...id, serviceCode: 's/1' },
      { ...id, subsystemCode: 'ñ', serviceCode: 's', serviceVersion: 'v1' },
    ])
      expect(verdict(readServiceElement(rooted(writeIdentifier('x', each))))).toEqual(each)
    expect(verdict(readServerElement(rooted(writeIdentifier('x', { ...id, serverCode: 'S' }))))).toEqual({ ...id, serverCode: 'S' })
    const group = { instance: 'EE', groupCode: 'g' }
    expect(verdict(readGlobalGroupElement(rooted(writeGlobalGroup('x', group))))).toEqual(group)
  })
})
