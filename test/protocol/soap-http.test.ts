import { describe, expect, test } from 'vitest'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'
import type { Header } from '../../src/protocol/rest-headers.ts'
import {
  originalContentType,
  originalHeaders,
  originalSoapAction,
  readSoapAnswer,
  readSoapCall,
  soapFaultAnswer,
} from '../../src/protocol/soap-message.ts'
import { envelope, FAULT, fault, HEADER, must } from './soap-examples.ts'
import { table, verdictOf } from './table.ts'

const PLAIN = 'text/xml; charset=UTF-8'
const RELATED = 'multipart/related; boundary=B'
const part = (type: string, body: string) => `--B\r\n${type && `Content-Type: ${type}\r\n`}\r\n${body}\r\n`
const packed = (...parts: string[]) => `${parts.join('')}--B--\r\n`
const call = (type: string | undefined, body: string, more: readonly Header[] = [], method = 'POST') =>
  readSoapCall({ method, headers: [...(type === undefined ? [] : [['Content-Type', type] as const]), ...more], body: Buffer.from(body) })
const verdict = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : codeOf(outcome.fault))

describe('a consumer’s SOAP call', () => {
  test('is an envelope, and the two headers that travel on', () => {
    const read = must(
      call(PLAIN, envelope(), [
        ['soapaction', '"urn:x"'],
        ['X-Other', '1'],
      ]),
    )
    expect(read).toMatchObject({ contentType: PLAIN, soapAction: '"urn:x"', headers: [['content-type', PLAIN]], attachments: [] })
    expect(Buffer.from(read.message.bytes).toString()).toBe(envelope())
    expect(must(call('application/xop+xml; type="text/xml"', envelope())).soapAction).toBe('')
  })
  test('is an envelope with attachments, types in any letter case', () => {
    const body = packed(part('TEXT/XML', envelope()), part('a/b', 'one'))
    const read = must(call('Multipart/Related; Boundary="B"; type="text/xml"; start="<x>"', body))
    expect(read).toMatchObject({ headers: [['content-type', 'TEXT/XML']], attachments: [{ headers: [['content-type', 'a/b']] }] })
  })
  test.each([
    ['GET', () => call(PLAIN, envelope(), [], 'GET'), 'client.invalid_http_method'],
    ['post in lower case', () => call(PLAIN, envelope(), [], 'post'), 'client.invalid_http_method'],
    ['a SOAPAction without quotes', () => call('blah', '', [['SOAPAction', 'x']]), 'client.invalid_soap_action'],
    [
      'two SOAPActions',
      () =>
        call(PLAIN, envelope(), [
          ['SOAPAction', ''],
          ['soapaction', ''],
        ]),
      'client.invalid_soap_action',
    ],
    ['no Content-Type', () => call(undefined, envelope()), 'client.invalid_request'],
    ['two Content-Types', () => call(PLAIN, envelope(), [['content-type', PLAIN]]), 'client.invalid_content_type'],
    ['a Content-Type that is none', () => call('blah', envelope()), 'client.invalid_content_type'],
    ['an empty Content-Type', () => call('', envelope()), 'client.invalid_content_type'],
    ['SOAP 1.2', () => call('application/soap+xml', envelope()), 'client.invalid_content_type'],
    ['a charset nobody knows', () => call('text/xml; charset=x-nobody', envelope()), 'client.invalid_content_type'],
    ['a Content-Type of two lines', () => call('text/xml; x="\r\nX-Evil: 1"', envelope()), 'client.invalid_content_type'],
    ['a Content-Type too long for a part', () => call(`text/xml; x=${'x'.repeat(900)}`, envelope()), 'client.invalid_content_type'],
    ['multipart/mixed', () => call('multipart/mixed; boundary=B', packed(part(PLAIN, envelope()))), 'client.invalid_content_type'],
    ['a multipart without boundary', () => call('multipart/related', packed(part(PLAIN, envelope()))), 'client.invalid_content_type'],
    ['an empty body', () => call(PLAIN, ''), 'client.invalid_soap'],
    ['a multipart without parts', () => call(RELATED, packed()), 'client.missing_soap'],
    ['an empty multipart body', () => call(RELATED, ''), 'client.missing_soap'],
    ['another first part', () => call(RELATED, packed(part('text/plain', 'x'), part(PLAIN, envelope()))), 'client.invalid_content_type'],
    [
      'an attachment without Content-Type',
      () => call(RELATED, packed(part(PLAIN, envelope()), part('', 'x'))),
      'client.invalid_content_type',
    ],
    ['an envelope part without Content-Type', () => call(RELATED, packed(part('', envelope()))), 'client.invalid_content_type'],
    ['a cut multipart', () => call(RELATED, packed(part(PLAIN, envelope())).slice(0, -8)), 'client.io_error'],
    ['a NUL in a part header', () => call(RELATED, packed(part('text/xml\0', envelope()))), 'client.mime_parsing_failed'],
    ['an envelope without id', () => call(PLAIN, envelope(HEADER.replace(/<x:id>.*?<\/x:id>/, ''))), 'client.missing_header_field'],
    ['the same in a multipart', () => call(RELATED, packed(part(PLAIN, envelope('')))), 'client.missing_header_field'],
    ['a base64 envelope', () => call(RELATED, packed(part(PLAIN, btoa(envelope())))), 'client.invalid_soap'],
  ])('is refused for %s', (_what, made, code) => expect(verdict(made())).toBe(code))
  test('that is a fault is told its own code in lower case', () => {
    const outcome = call(PLAIN, fault('<faultcode>CODE</faultcode><faultstring>STRING</faultstring><detail>D</detail>'))
    expect(verdict(outcome)).toBe('client.code')
    expect(outcome.ok ? '' : outcome.fault).toMatchObject({ by: 'client', relayed: { message: 'STRING', detail: 'D' } })
    expect(verdict(call(RELATED, packed(part(PLAIN, FAULT))))).toBe('client.soap:server')
  })
  for (const { expected, inputs, why, line } of table('soap-actions')) {
    const [action = ''] = inputs
    test(`with SOAPAction ${JSON.stringify(action)} is ${expected}: ${why} (line ${line})`, () => {
      expect(verdict(call(PLAIN, envelope(), [['SOAPAction', action]])).replace('client.', '')).toBe(expected)
      expect(verdictOf(originalSoapAction([['X-Original-SoapAction', action]]))).toBe(expected)
    })
  }
})

describe('a service’s SOAP answer', () => {
  const answer = (type: string | undefined, body: string, status = 200) =>
    readSoapAnswer({ status, headers: type === undefined ? [] : [['content-type', type]], body: Buffer.from(body) })
  test('is read with its Content-Type, with HTTP 200 and 500 alike', () => {
    for (const status of [200, 500]) expect(must(answer(PLAIN, envelope(), status))).toMatchObject({ kind: 'package', contentType: PLAIN })
  })
  test('that is a fault is given as it came, alone and in a multipart', () => {
    expect(must(answer(PLAIN, FAULT, 500))).toMatchObject({ kind: 'fault', code: 'soap:Server', bytes: Buffer.from(FAULT) })
    const read = must(answer(RELATED, packed(part(PLAIN, FAULT), part('a/b', 'x'))))
    expect(read.kind === 'fault' && Buffer.from(read.bytes).toString()).toBe(FAULT)
  })
  test.each([
    ['HTTP 502', () => answer(PLAIN, envelope(), 502), 'http_error'],
    ['HTTP 201', () => answer(PLAIN, envelope(), 201), 'http_error'],
    ['HTTP 302', () => answer(PLAIN, FAULT, 302), 'http_error'],
    ['no Content-Type', () => answer(undefined, envelope()), 'invalid_content_type'],
    ['another Content-Type', () => answer('blah', envelope()), 'invalid_content_type'],
    ['an empty body', () => answer(PLAIN, ''), 'invalid_soap'],
    ['a multipart without parts', () => answer(RELATED, packed()), 'invalid_message'],
    ['a multipart that is none', () => answer(RELATED, 'blah'), 'invalid_message'],
    ['another first part', () => answer(RELATED, packed(part('text/plain', 'x'))), 'invalid_content_type'],
    ['no header', () => answer(PLAIN, envelope('').replace('<soap:Header></soap:Header>', '')), 'missing_header'],
    ['no body child', () => answer(PLAIN, envelope(HEADER, '<soap:Body/>')), 'invalid_body'],
  ])('is refused under service_failed for %s', (_what, made, code) => expect(verdict(made())).toBe(`service_failed.${code}`))
  test('with two Content-Types is refused', () => {
    const headers: Header[] = [
      ['content-type', PLAIN],
      ['Content-Type', 'text/plain'],
    ]
    expect(verdict(readSoapAnswer({ status: 200, headers, body: Buffer.from(envelope()) }))).toBe('service_failed.invalid_content_type')
  })
})

describe('between nodes', () => {
  test('the original Content-Type and SOAPAction travel under lower-case names, the latter in requests only', () => {
    expect(originalHeaders(PLAIN, '')).toEqual([
      ['x-original-content-type', PLAIN],
      ['x-original-soapaction', ''],
    ])
    expect(originalHeaders(PLAIN)).toEqual([['x-original-content-type', PLAIN]])
  })
  test('a peer that says nothing of the SOAPAction means an empty one; of the Content-Type it is refused with internal_error', () => {
    expect(originalSoapAction([])).toEqual({ ok: true, value: '' })
    expect(originalContentType([['X-Original-Content-Type', PLAIN]])).toEqual({ ok: true, value: PLAIN })
    expect(verdict(originalContentType([]))).toBe('internal_error')
  })
})

test('a fault goes to a SOAP consumer with HTTP 200 and an empty SOAPAction; an unknown outcome is said in a header', () => {
  const { status, headers, body } = soapFaultAnswer(
    { path: ['access_denied'], detail: '', by: 'server.serverproxy', outcome: 'unknown' },
    'r-1',
  )
  expect([status, headers]).toEqual([
    200,
    [
      ['Content-Type', 'text/xml;charset=utf-8'],
      ['SOAPAction', ''],
      ['Sacbe-Outcome', 'unknown'],
    ],
  ])
  expect(Buffer.from(body).toString()).toContain('<faultcode>server.serverproxy.access_denied</faultcode>')
})
