import { describe, expect, test } from 'vitest'
import { codeOf } from '../../src/protocol/faults.ts'
import { formatId } from '../../src/protocol/identifiers.ts'
import { readSoapHeader } from '../../src/protocol/soap-header.ts'

const CLIENT = `<x:client i:objectType="SUBSYSTEM"><i:xRoadInstance>QRO</i:xRoadInstance><i:memberClass>GOB</i:memberClass><i:memberCode>DIF</i:memberCode><i:subsystemCode>APOYOS</i:subsystemCode></x:client>`
const SERVICE = `<x:service i:objectType="SERVICE"><i:xRoadInstance>QRO</i:xRoadInstance><i:memberClass>GOB</i:memberClass><i:memberCode>SEDESOQ</i:memberCode><i:subsystemCode>PADRON</i:subsystemCode><i:serviceCode>consulta</i:serviceCode><i:serviceVersion>v1</i:serviceVersion></x:service>`
const REST = '<x:id>4894e35d</x:id><x:protocolVersion>4.0</x:protocolVersion>'
const header = CLIENT + SERVICE + REST
const envelope = (headers: string, body = '<soap:Body><consulta/></soap:Body>'): string =>
  `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:i="http://x-road.eu/xsd/identifiers"><soap:Header>${headers}</soap:Header>${body}</soap:Envelope>`
const read = (text: string) => readSoapHeader(Buffer.from(text, 'utf8'))
const refusal = (text: string): string => {
  const outcome = read(text)
  return outcome.ok ? 'accepted' : codeOf(outcome.fault)
}

describe('the X-Road header of a SOAP message', () => {
  test('says who asks whom, for what', () => {
    const outcome = read(envelope(header))
    if (!outcome.ok) throw new Error(outcome.fault.detail)
    expect(formatId(outcome.value.client)).toBe('QRO/GOB/DIF/APOYOS')
    expect(formatId(outcome.value.service)).toBe('QRO/GOB/SEDESOQ/PADRON/consulta/v1')
    expect(outcome.value).toMatchObject({ id: '4894e35d', protocolVersion: '4.0', isResponse: false })
  })

  test('is found whatever the prefixes, the order and the unknown elements', () => {
    const text = envelope(`<other/>${REST}${SERVICE}${CLIENT}`)
      .replaceAll('soap:', 'S:')
      .replaceAll(':soap=', ':S=')
      .replaceAll('x:', 'q:')
      .replaceAll(':x=', ':q=')
    expect(refusal(text)).toBe('accepted')
  })

  test('takes a member without subsystem for client and a service without version', () => {
    const plain = header
      .replace('SUBSYSTEM', 'MEMBER')
      .replace('<i:subsystemCode>APOYOS</i:subsystemCode>', '')
      .replace(/<i:serviceVersion>.*?<\/i:serviceVersion>/, '')
    const outcome = read(envelope(plain))
    expect(outcome.ok && [formatId(outcome.value.client), formatId(outcome.value.service)]).toEqual([
      'QRO/GOB/DIF',
      'QRO/GOB/SEDESOQ/PADRON/consulta',
    ])
  })

  test('makes it a response when the body says so', () => {
    const outcome = read(envelope(header, '<soap:Body><consultaResponse/></soap:Body>'))
    expect(outcome.ok && outcome.value.isResponse).toBe(true)
  })

  test('is found behind a byte order mark', () => {
    expect(refusal(`\ufeff${envelope(header)}`)).toBe('accepted')
  })

  test.each([
    ['no XML', 'GET\r\n/r1/', 'invalid_soap'],
    ['no envelope', '<a/>', 'invalid_soap'],
    [
      'SOAP 1.2',
      envelope(header).replace('http://schemas.xmlsoap.org/soap/envelope/', 'http://www.w3.org/2003/05/soap-envelope'),
      'invalid_soap',
    ],
    ['a document type', `<!DOCTYPE a>${envelope(header)}`, 'invalid_soap'],
    ['no header', envelope('').replace('<soap:Header></soap:Header>', ''), 'missing_header'],
    ['a fault', envelope(header, '<soap:Body><soap:Fault/></soap:Body>'), 'invalid_message'],
    ['no protocolVersion', envelope(header.replace(/<x:protocolVersion>.*/, '')), 'missing_header_field'],
    ['protocol version 3', envelope(header.replace('>4.0<', '>3.1<')), 'invalid_protocol_version'],
    ['no client', envelope(SERVICE + REST), 'missing_header_field'],
    ['no id', envelope(header.replace(/<x:id>.*?<\/x:id>/, '')), 'missing_header_field'],
    ['no service', envelope(CLIENT + REST), 'missing_header_field'],
    ['two clients', envelope(CLIENT + header), 'duplicate_header_field'],
    ['two ids', envelope(`${header}<x:id/>`), 'duplicate_header_field'],
    [
      'two member codes',
      envelope(header.replace('<i:memberCode>', '<i:memberCode>A</i:memberCode><i:memberCode>')),
      'duplicate_header_field',
    ],
    ['an identifier without objectType', envelope(header.replace(' i:objectType="SUBSYSTEM"', '')), 'invalid_xml'],
    ['an unqualified objectType', envelope(header.replace('i:objectType="SERVICE"', 'objectType="SERVICE"')), 'invalid_xml'],
    ['a service as client', envelope(header.replace('SUBSYSTEM', 'SERVICE')), 'invalid_xml'],
    ['a blank member code', envelope(header.replace('>DIF<', '> <')), 'invalid_xml'],
    ['no instance', envelope(header.replace('<i:xRoadInstance>QRO</i:xRoadInstance>', '')), 'invalid_xml'],
    ['no body', envelope(header, ''), 'missing_body'],
    ['an empty body', envelope(header, '<soap:Body/>'), 'invalid_body'],
    ['two calls in the body', envelope(header, '<soap:Body><consulta/><consulta/></soap:Body>'), 'invalid_body'],
    ['another call in the body', envelope(header, '<soap:Body><alta/></soap:Body>'), 'inconsistent_headers'],
  ])('is refused with %s', (_what, text, code) => {
    expect(refusal(text)).toBe(code)
  })
})
