import { describe, expect, test } from 'vitest'
import { codeOf } from '../../src/protocol/faults.ts'
import { formatId } from '../../src/protocol/identifiers.ts'
import { readSoap } from '../../src/protocol/soap-message.ts'
import { BODY, CLIENT, envelope, FAULT, fault, HEADER, ID, messageOf, must, SERVER, SERVICE, VERSION } from './soap-examples.ts'

const refusal = (text: string | Uint8Array): string => {
  const outcome = readSoap(typeof text === 'string' ? Buffer.from(text, 'utf8') : text)
  return outcome.ok ? outcome.value.kind : codeOf(outcome.fault)
}

describe('a SOAP message', () => {
  test('says who asks whom, for what', () => {
    const read = messageOf(envelope())
    expect([formatId(read.client), formatId(read.service)]).toEqual(['QRO/GOB/DIF/APOYOS', 'QRO/GOB/SEDESOQ/PADRON/consulta/v1'])
    expect(read).toMatchObject({ id: '4894e35d', protocolVersion: '4.0', call: 'consulta', isResponse: false })
    for (const absent of ['userId', 'issue', 'requestHash', 'securityServer', 'representedParty', 'securityToken'])
      expect(read).not.toHaveProperty(absent)
  })
  test('says everything else its header may say', () => {
    const more =
      '<x:userId>MX1</x:userId><x:issue/><x:requestHash algorithmId="a">aGFzaA==</x:requestHash>' +
      `${SERVER}<r:representedParty><r:partyClass>COM</r:partyClass><r:partyCode>77</r:partyCode></r:representedParty>` +
      '<t:securityToken tokenType="urn:ietf:params:oauth:token-type:jwt">a.b.c</t:securityToken>'
    const read = messageOf(envelope(HEADER + more))
    expect(formatId(read.securityServer as NonNullable<typeof read.securityServer>)).toBe('QRO/GOB/SEDESOQ/ss1')
    expect(read).toMatchObject({
      userId: 'MX1',
      issue: '',
      requestHash: 'aGFzaA==',
      representedParty: { partyClass: 'COM', partyCode: '77' },
      securityToken: { tokenType: 'urn:ietf:params:oauth:token-type:jwt', token: 'a.b.c' },
    })
  })
  test('is found whatever the prefixes, the order and the unknown elements', () => {
    const text = envelope(`<other/>${ID}${VERSION}<x:unknown>1</x:unknown><x:unknown/>${SERVICE}${CLIENT}`)
    expect(refusal(text.replaceAll('soap:', 'S:').replaceAll(':soap=', ':S='))).toBe('message')
    expect(refusal(text.replaceAll('x:', 'q:').replaceAll(':x=', ':q='))).toBe('message')
    expect(refusal(text.replaceAll('<x:', '<').replaceAll('</x:', '</').replace('xmlns:x=', 'xmlns='))).toBe('message')
  })
  test('takes texts split by comments, CDATA and references as one, and trims nothing', () => {
    const read = messageOf(
      envelope(HEADER.replace('>4894e35d<', '>48<!-- c -->94<![CDATA[e3]]>&#53;d <').replace('>DIF<', '>D<!-- c -->I&#70;<')),
    )
    expect([read.id, read.client.memberCode]).toEqual(['4894e35d ', 'DIF'])
  })
  test('takes a member without subsystem for client and a service without version', () => {
    const plain = HEADER.replace('SUBSYSTEM', 'MEMBER')
      .replace('<i:subsystemCode>APOYOS</i:subsystemCode>', '')
      .replace(/<i:serviceVersion>.*?<\/i:serviceVersion>/, '')
    const read = messageOf(envelope(plain))
    expect([formatId(read.client), formatId(read.service)]).toEqual(['QRO/GOB/DIF', 'QRO/GOB/SEDESOQ/PADRON/consulta'])
  })
  test('may have an empty id, and identifiers with components it does not know', () => {
    expect(messageOf(envelope(HEADER.replace(ID, '<x:id/>'))).id).toBe('')
    expect(refusal(envelope(HEADER.replace('<i:memberCode>DIF', '<i:other>1</i:other><i:memberCode>DIF')))).toBe('message')
  })
  test('is a response when its body says so, and calls a service by its prefix alone', () => {
    const called = (name: string) => messageOf(envelope(HEADER, `<soap:Body><${name}/></soap:Body>`))
    expect(called('consultaResponse')).toMatchObject({ call: 'consultaResponse', isResponse: true })
    expect(called('consultaRequest').isResponse).toBe(false)
  })

  test.each([
    ['no XML', 'GET\r\n/r1/', 'invalid_soap'],
    ['nothing', '', 'invalid_soap'],
    ['no envelope', '<a/>', 'invalid_soap'],
    ['SOAP 1.2', envelope().replace('schemas.xmlsoap.org/soap/envelope/', 'www.w3.org/2003/05/soap-envelope'), 'invalid_soap'],
    ['a document type', `<!DOCTYPE a>${envelope()}`, 'invalid_soap'],
    ['an external entity', `<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>${envelope()}`, 'invalid_soap'],
    ['an entity nobody declared', envelope(HEADER.replace('>4.0<', '>4.0&e;<')), 'invalid_soap'],
    ['an open element', envelope().slice(0, -3), 'invalid_soap'],
    ['two headers', envelope().replace('<soap:Body>', `<soap:Header>${HEADER}</soap:Header><soap:Body>`), 'invalid_soap'],
    ['two bodies', envelope(HEADER, BODY + BODY), 'invalid_soap'],
    ['no header', envelope('').replace('<soap:Header></soap:Header>', ''), 'missing_header'],
    ['no header and no body', envelope('', '').replace('<soap:Header></soap:Header>', ''), 'missing_header'],
    ['no protocolVersion', envelope(HEADER.replace(VERSION, '')), 'missing_header_field'],
    ['protocol version 3', envelope(HEADER.replace('>4.0<', '>3.5<')), 'invalid_protocol_version'],
    ['protocol version 4', envelope(HEADER.replace('>4.0<', '>4<')), 'invalid_protocol_version'],
    ['a blank before the version', envelope(HEADER.replace('>4.0<', '> 4.0<')), 'invalid_protocol_version'],
    ['a bad version and no client', envelope(`${SERVICE}${ID}<x:protocolVersion>foo</x:protocolVersion>`), 'invalid_protocol_version'],
    ['no client', envelope(SERVICE + ID + VERSION), 'missing_header_field'],
    ['no id', envelope(HEADER.replace(ID, '')), 'missing_header_field'],
    ['no service', envelope(CLIENT + ID + VERSION), 'missing_header_field'],
    ['no service and no body', envelope(CLIENT + ID + VERSION, ''), 'missing_header_field'],
    ['two clients', envelope(CLIENT + HEADER), 'duplicate_header_field'],
    ['two ids', envelope(`${HEADER}<x:id/>`), 'duplicate_header_field'],
    ['two empty issues', envelope(`${HEADER}<x:issue/><x:issue/>`), 'duplicate_header_field'],
    ['two request hashes', envelope(`${HEADER}<x:requestHash/><x:requestHash/>`), 'duplicate_header_field'],
    ['two tokens', envelope(`${HEADER}<t:securityToken/><t:securityToken/>`), 'duplicate_header_field'],
    [
      'two member codes',
      envelope(HEADER.replace('<i:memberCode>', '<i:memberCode>A</i:memberCode><i:memberCode>')),
      'duplicate_header_field',
    ],
    [
      'two party codes',
      envelope(`${HEADER}<r:representedParty><r:partyCode/><r:partyCode/></r:representedParty>`),
      'duplicate_header_field',
    ],
    ['a party without code', envelope(`${HEADER}<r:representedParty/>`), 'invalid_xml'],
    ['an identifier without objectType', envelope(HEADER.replace(' i:objectType="SUBSYSTEM"', '')), 'invalid_xml'],
    ['an unqualified objectType', envelope(HEADER.replace('i:objectType="SERVICE"', 'objectType="SERVICE"')), 'invalid_xml'],
    ['a service as client', envelope(HEADER.replace('SUBSYSTEM', 'SERVICE')), 'invalid_xml'],
    ['a client as server', envelope(HEADER + SERVER.replace('"SERVER"', '"MEMBER"')), 'invalid_xml'],
    ['a server without code', envelope(HEADER + SERVER.replaceAll('serverCode', 'subsystemCode')), 'invalid_xml'],
    ['a blank member code', envelope(HEADER.replace('>DIF<', '> <')), 'invalid_xml'],
    ['an empty subsystem code', envelope(HEADER.replace('>PADRON<', '><')), 'invalid_xml'],
    ['no instance', envelope(HEADER.replace('<i:xRoadInstance>QRO</i:xRoadInstance>', '')), 'invalid_xml'],
    ['no service code', envelope(HEADER.replace(/<i:serviceCode>.*?<\/i:serviceCode>/, '')), 'invalid_xml'],
    ['a bad identifier before a second id', envelope(`${CLIENT.replace('>DIF<', '> <')}${ID}${ID}`), 'invalid_xml'],
    ['a second id before a bad identifier', envelope(`${ID}${ID}${CLIENT.replace('>DIF<', '> <')}`), 'duplicate_header_field'],
    ['a bad identifier, and no version', envelope(CLIENT.replace('>DIF<', '> <')), 'invalid_xml'],
    ['no body', envelope(HEADER, ''), 'missing_body'],
    ['an empty body', envelope(HEADER, '<soap:Body/>'), 'invalid_body'],
    ['a body of text', envelope(HEADER, '<soap:Body>consulta</soap:Body>'), 'invalid_body'],
    ['two calls in the body', envelope(HEADER, '<soap:Body><consulta/><consulta/></soap:Body>'), 'invalid_body'],
    ['another call in the body', envelope(HEADER, '<soap:Body><alta/></soap:Body>'), 'inconsistent_headers'],
    ['a call in other case', envelope(HEADER, '<soap:Body><Consulta/></soap:Body>'), 'inconsistent_headers'],
  ])('is refused with %s', (_what, text, code) => {
    expect(refusal(text)).toBe(code)
  })
  test('too large is refused with message_too_large, before it is read', () => {
    const outcome = readSoap(Buffer.alloc(101, '<'), { bytes: 100 })
    expect(outcome.ok ? '' : codeOf(outcome.fault)).toBe('message_too_large')
  })
  test('is refused with invalid_soap when it is a bomb of attributes, namespaces or depth', () => {
    const many = (each: (index: number) => string) => Array.from({ length: 300 }, (_, index) => each(index)).join('')
    for (const bomb of [
      `<a${many((n) => ` a${n}=""`)}/>`,
      `<a${many((n) => ` xmlns:a${n}="urn:${n}"`)}/>`,
      many(() => '<a>') + many(() => '</a>'),
    ])
      expect(refusal(envelope(HEADER + bomb))).toBe('invalid_soap')
  })
})

describe('a SOAP fault', () => {
  test('is read with its texts, and its envelope as it came', () => {
    const bytes = Buffer.from(FAULT, 'utf8')
    expect(must(readSoap(bytes))).toEqual({ kind: 'fault', bytes, code: 'soap:Server', string: 'no hay', detail: 'por qué' })
  })
  test('is one with a header too, and with its children in the namespace of SOAP', () => {
    const whole = '<soap:faultcode>CODE</soap:faultcode><soap:faultstring>S</soap:faultstring><soap:faultactor>A</soap:faultactor>'
    const read = must(readSoap(Buffer.from(envelope(HEADER, `<soap:Body><soap:Fault>${whole}</soap:Fault></soap:Body>`))))
    expect(read).toMatchObject({ kind: 'fault', code: 'CODE', string: 'S', actor: 'A' })
  })
  test('gives the text of its faultDetail before that of its detail', () => {
    const read = must(readSoap(Buffer.from(fault('<faultcode>c</faultcode><detail>x<faultDetail>id-1</faultDetail></detail>'))))
    expect(read).toMatchObject({ detail: 'id-1' })
  })
  test('beside an answer is refused with invalid_body: neither can hide the other', () => {
    for (const both of ['<consulta/><soap:Fault/>', '<soap:Fault/><consulta/>', '<soap:Fault/><soap:Fault/>'])
      expect(refusal(envelope(HEADER, `<soap:Body>${both}</soap:Body>`))).toBe('invalid_body')
  })
  test('of another namespace is no fault', () => {
    expect(refusal(envelope(HEADER, '<soap:Body><Fault/></soap:Body>'))).toBe('inconsistent_headers')
  })
})

describe('the charset of a SOAP message', () => {
  const named = (charset: string) => `<?xml version="1.0" encoding="${charset}"?>${envelope(HEADER.replace('>DIF<', '>Añ<'))}`
  const utf16 = (text: string, mark: string) => Buffer.from(mark + text, 'utf16le')
  test.each<[string, Uint8Array, string]>([
    ['UTF-8 when nothing is said', Buffer.from(named('').replace(/<\?.*?\?>/, ''), 'utf8'), 'utf-8'],
    ['UTF-8 as declared', Buffer.from(named('UTF-8'), 'utf8'), 'utf-8'],
    ['UTF-8 by its mark', Buffer.from(`\ufeff${named('utf-8')}`, 'utf8'), 'utf-8'],
    ['ISO-8859-1 as declared', Buffer.from(named('ISO-8859-1'), 'latin1'), 'iso-8859-1'],
    ['windows-1252 as declared', Buffer.from(named('windows-1252'), 'latin1'), 'windows-1252'],
    ['ISO-8859-15 as declared', Buffer.from(named('ISO-8859-15'), 'latin1'), 'iso-8859-15'],
    ['what stands between other quotes', Buffer.from(named('ISO-8859-1').replace('"ISO-8859-1"', "'ISO-8859-1'"), 'latin1'), 'iso-8859-1'],
    ['UTF-16 little-endian by its mark', utf16(named('UTF-16'), '\ufeff'), 'utf-16le'],
    ['UTF-16 big-endian by its mark', utf16(named('UTF-16'), '\ufeff').swap16(), 'utf-16be'],
    ['UTF-16 little-endian without mark', utf16(named('UTF-16LE'), ''), 'utf-16le'],
    ['UTF-16 big-endian without mark', utf16(named('UTF-16BE'), '').swap16(), 'utf-16be'],
  ])('is %s', (_why, bytes, name) => {
    const read = messageOf(bytes)
    expect([read.charset.name, read.client.memberCode]).toEqual([name, 'Añ'])
    expect(read.bytes).toBe(bytes)
  })
  test.each<[string, Uint8Array]>([
    ['bytes that are not UTF-8', Buffer.from(named('UTF-8'), 'latin1')],
    ['a charset nobody knows', Buffer.from(named('x-nobody'), 'utf8')],
    ['several bytes a character, but for Unicode', Buffer.from(named('Shift_JIS'), 'utf8')],
    ['a declaration that contradicts the mark', Buffer.from(`\ufeff${named('ISO-8859-1')}`, 'utf8')],
    ['a byte the charset does not have', Buffer.from(named('windows-1253').replace('ñ', '\xaa'), 'latin1')],
    ['half a UTF-16 character', Buffer.concat([utf16(named('UTF-16LE'), ''), Buffer.from(' ')])],
    ['XML 1.1', Buffer.from(named('UTF-8').replace('1.0', '1.1'), 'utf8')],
  ])('is refused with invalid_soap: %s', (_what, bytes) => expect(refusal(bytes)).toBe('invalid_soap'))
})

test('a large envelope is read in linear time', () => {
  const time = (body: string) => {
    const bytes = Buffer.from(envelope(HEADER, `<soap:Body><consulta>${body}</consulta></soap:Body>`))
    const before = performance.now()
    expect(refusal(bytes)).toBe('message')
    return performance.now() - before
  }
  time('<a>ñ</a>'.repeat(1000))
  expect(time('<a>ñ</a>'.repeat(100_000))).toBeLessThan(30_000)
  expect(time('ñ'.repeat(2_000_000))).toBeLessThan(30_000)
})
