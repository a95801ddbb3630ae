import { describe, expect, test } from 'vitest'
import { codeOf } from '../../src/protocol/faults.ts'
import { readSharedParameters } from '../../src/trust/read-shared-parameters.ts'
import { writeSharedParameters } from '../../src/trust/write-shared-parameters.ts'
import { client, exampleDraft } from './example.ts'

const document = (version: 2 | 3 | 6 = 6) => Buffer.from(writeSharedParameters(exampleDraft(), version)).toString()
const verdict = (text: string, version?: number) => {
  const read = readSharedParameters(Buffer.from(text), version)
  return read.ok ? `version ${read.value.version}` : `${codeOf(read.fault)}: ${read.fault.detail}`
}
const changed = (change: (text: string) => string, version?: number) => {
  const after = change(document())
  expect(after).not.toBe(document())
  return verdict(after, version)
}

describe('shared parameters', () => {
  test.each([
    ['an element nobody knows', (text: string) => text.replace('<serverCode>', '<colour/><serverCode>'), /<colour> is not expected/],
    [
      'elements in another order',
      (text: string) => text.replace(/(<name>TSA<\/name>)(<url>.*?<\/url>)/, '$2$1'),
      /<url> is not expected|has no <name>/,
    ],
    ['a member without a code', (text: string) => text.replace(/<memberCode>DIF<\/memberCode>/, ''), /memberCode|not expected/],
    ['two names', (text: string) => text.replace('<name>SEDESOQ</name>', '<name>SEDESOQ</name><name>x</name>'), /<name> is not expected/],
    ['an element in a namespace of its own', (text: string) => text.replace('<serverCode>', '<x:serverCode/><serverCode>'), /not expected/],
    ['text between elements', (text: string) => text.replace('<serverCode>', 'hello<serverCode>'), /text inside/],
    ['an owner nobody is', (text: string) => text.replace('<owner>id0<', '<owner>id99<'), /no member or subsystem/],
    ['an owner that is a subsystem', (text: string) => text.replace('<owner>id0<', '<owner>id1<'), /subsystem/],
    ['a client nobody is', (text: string) => text.replace('<client>id1<', '<client>x<'), /no member or subsystem/],
    ['an id twice', (text: string) => text.replace('id="id1"', 'id="id0"'), /twice/],
    ['a certificate that is none', (text: string) => text.replace(/<cert>[^<]+</, '<cert>YmFyCg==<'), /certificate/],
    ['base64 that is none', (text: string) => text.replace(/<authCertHash>[^<]+</, '<authCertHash>***<'), /base64/],
    ['a freshness that is no number', (text: string) => text.replace('>3600<', '>soon<'), /whole number/],
    ['a freshness of nothing', (text: string) => text.replace('>3600<', '>0<'), /whole number/],
    ['a flag that is neither', (text: string) => text.replace('<authenticationOnly>false', '<authenticationOnly>no'), /neither/],
    ['a cost nobody knows', (text: string) => text.replace('>PAID<', '>CHEAP<'), /none of FREE/],
    ['a blank member code', (text: string) => text.replace('>DIF<', '> <'), /blank/],
    ['a serial of ours that is broken', (text: string) => text.replace('serial="7"', 'serial="0"'), /serial/],
    ['two generations', (text: string) => text.replace(/(<g:generation[^>]*\/>)/, '$1$1'), /more than one/],
    ['a group member without a class', (text: string) => text.replace('<id:memberClass>GOB</id:memberClass>', ''), /memberClass/],
    ['another root', (text: string) => text.replaceAll('x:conf', 'x:config'), /root/],
    ['a document type', (text: string) => text.replace('<x:conf', '<!DOCTYPE a><x:conf'), /./],
  ])('with %s are malformed', (_what, change, why) => {
    const said = changed(change)
    expect(said).toMatch(/^malformed_global_conf: /)
    expect(said).toMatch(why)
  })
  test('may hold anything after their last element, from version 3 on', () => {
    const more = (text: string) => text.replace('</x:conf>', '<more/><y xmlns="urn:other"><member/></y></x:conf>')
    expect(verdict(more(document()))).toBe('version 6')
    expect(verdict(more(document(3)), 3)).toBe('version 3')
    expect(verdict(more(document(2)), 2)).toMatch(/^malformed_global_conf/)
  })
  test('may say in an old version what only a later one knows: some centres wrote it', () =>
    expect(verdict(document(), 3)).toBe('version 3'))
  test('without a word on their version are of the lowest that can hold them', () => {
    expect(verdict(document(2))).toBe('version 2')
    expect(verdict(document(3))).toBe('version 3')
    expect(verdict(document(6))).toBe('version 6')
  })
  test('with sources are not of version 2, without them not of version 3', () => {
    expect(verdict(document(3), 2)).toMatch(/source/)
    expect(verdict(document(2), 3)).toMatch(/^malformed_global_conf/)
  })
  test('of a version nobody knows are malformed', () => {
    for (const version of [0, 1, 7, 2.5, Number.NaN]) expect(verdict(document(), version)).toMatch(/^malformed_global_conf: version/)
  })
  test('take a subsystem that is labelled a member for the subsystem it is', () => {
    const read = readSharedParameters(Buffer.from(document().replace('objectType="SUBSYSTEM"', 'objectType="MEMBER"')))
    expect(read.ok && read.value.globalGroups[0]?.members[0]).toEqual(client('DIF', 'APOYOS'))
  })
  test('take a certificate in PEM for the certificate it is', () => {
    const inPem = document().replace(/<cert>([^<]+)</, (_all, base64: string) => {
      const pem = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
      return `<cert>${Buffer.from(pem).toString('base64')}<`
    })
    expect(inPem).not.toBe(document())
    expect(verdict(inPem)).toBe('version 6')
  })
})
