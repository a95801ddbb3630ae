import { describe, expect, test } from 'vitest'
import { type Body, bytesBody } from '../../src/protocol/body.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import { writeMultipart } from '../../src/protocol/multipart.ts'
import { decodeRest, encodeFault, encodeRest, type RestTransport } from '../../src/protocol/transport.ts'
import { table, verdictOf } from './table.ts'

const FAULT = encodeFault({ path: ['access_denied'], detail: 'no right', by: 'server.serverproxy' }, 'r-1').body
const NO_FAULT = Buffer.from('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><x/></e:Body></e:Envelope>')
const OCSP = Buffer.from([0x30, 0x03, 0x0a, 0x01, 0x00])
const PARTS: Record<string, readonly [type: string, body: Uint8Array]> = {
  o: ['application/ocsp-response', OCSP],
  O: ['application/ocsp-response', Buffer.from('DUMMY')],
  q: ['application/x-road-rest-request', Buffer.from('GET\r\n')],
  a: ['application/x-road-rest-response', Buffer.from('200\r\n')],
  b: ['application/x-road-rest-body', Buffer.from('{}')],
  r: ['application/hash-chain-result', Buffer.from('<r/>')],
  c: ['application/hash-chain', Buffer.from('<c/>')],
  s: ['signature/bdoc-1.0/ts', Buffer.from('<s/>')],
  u: ['SIGNATURE/BDOC-1.0/TS; charset=UTF-8', Buffer.from('<s/>')],
  f: ['text/xml; charset=UTF-8', FAULT],
  d: ['text/xml', NO_FAULT],
  x: ['text/plain', Buffer.from('x')],
  m: ['multipart/mixed; boundary=C', Buffer.from('--C--')],
}
const message = (letters: string): Uint8Array =>
  writeMultipart(
    'B',
    [...letters].map((letter) => {
      const [type, body] = PARTS[letter] ?? ['', new Uint8Array()]
      return { headers: type ? [['content-type', type] as const] : [], body }
    }),
  )
const TYPE = 'multipart/mixed; charset=UTF-8; boundary=B'
const judged = (...[kind, type, body, limits]: Parameters<typeof decodeRest>): string => {
  const outcome = decodeRest(kind, type, body, limits)
  return !outcome.ok && outcome.fault.relayed ? 'relayed' : verdictOf(outcome)
}

describe('a message between servers', () => {
  for (const { expected, inputs, why, line } of table('transport')) {
    const [kind, letters = ''] = inputs
    test(`${kind} ${letters} is ${expected}: ${why} (line ${line})`, () => {
      expect(judged(kind as 'request' | 'response', TYPE, message(letters))).toBe(expected)
    })
  }

  test('gives its parts as they came, byte for byte', () => {
    const outcome = decodeRest('request', TYPE, message('ooqbrcs'))
    expect(outcome.ok && outcome.value).toEqual({
      ocsp: [OCSP, OCSP],
      message: Buffer.from('GET\r\n'),
      body: bytesBody(Buffer.from('{}')),
      documents: { signature: Buffer.from('<s/>'), chain: { result: Buffer.from('<r/>'), chain: Buffer.from('<c/>') } },
    })
  })
  test('a peer’s fault is told with its own code and texts', () => {
    const outcome = decodeRest('response', TYPE, message('af'))
    expect(outcome.ok ? '' : outcome.fault).toMatchObject({
      path: ['access_denied'],
      relayed: { code: 'server.serverproxy.access_denied', detail: 'r-1' },
    })
  })
  test('cut anywhere before its closing delimiter it is refused', () => {
    const whole = message('oqbrcs')
    for (let at = 0; at < whole.length - 2; at++)
      expect(judged('request', TYPE, whole.subarray(0, at))).toMatch(/^service_failed.io_error$|^missing_rest$/)
    expect(judged('request', TYPE, whole.subarray(0, whole.length - 2))).toBe('ok')
  })
  test('with LF line ends, preamble, epilogue and a quoted boundary it is read', () => {
    const text = Buffer.from(message('qs')).toString('latin1').replaceAll('\r\n--B', '\n--B').replaceAll('\r\n\r\n', '\n\n')
    expect(judged('request', 'Multipart/Mixed; boundary="B"', Buffer.from(`hello\n${text}\nbye`, 'latin1'))).toBe('ok')
  })
  test('of another type, or without a boundary, is refused with invalid_content_type', () => {
    for (const type of ['multipart/mixed', 'multipart/related; boundary=B', 'application/json', 'blah', 'text/xml'])
      expect(judged('request', type, message('qs'))).toBe('service_failed.invalid_content_type')
    expect(judged('request', '', message('qs'))).toBe('service_failed.invalid_content_type')
    expect(judged('response', 'blah', message('as'))).toBe('service_failed.invalid_content_type')
    expect(judged('response', '', message('as'))).toBe('invalid_content_type')
  })
  test('heads and parts without end are refused with mime_parsing_failed, without service_failed as stock servers do', () => {
    const long = Buffer.from(`--B\r\ncontent-type: ${'x'.repeat(1000)}\r\n\r\n\r\n--B--`)
    expect(judged('request', TYPE, long)).toBe('mime_parsing_failed')
    expect(judged('request', TYPE, message(`${'o'.repeat(40)}qs`))).toBe('mime_parsing_failed')
  })
  test('larger than the limit is refused with message_too_large', () => {
    expect(judged('request', TYPE, message('qs'), { message: 50 })).toBe('message_too_large')
  })
  test('with an evidence part over 10 MiB is refused with message_too_large', () => {
    const parts = ['q', 's'].map((letter) => ({
      headers: [['content-type', (PARTS[letter] as readonly [string, Uint8Array])[0]] as const],
      body: Buffer.alloc(10 * 1024 * 1024 + 1, 'x'),
    }))
    expect(judged('request', TYPE, writeMultipart('B', parts))).toBe('message_too_large')
  })
})

describe('a bare answer', () => {
  test('text/xml with a fault is relayed', () => expect(judged('response', 'text/xml;charset=utf-8', FAULT)).toBe('relayed'))
  test('text/xml with no fault is refused with invalid_message', () => {
    expect(judged('response', 'text/xml', NO_FAULT)).toBe('service_failed.invalid_message')
  })
  test('empty text/xml, and what is no SOAP, is refused with invalid_soap', () => {
    expect(judged('response', 'text/xml', new Uint8Array())).toBe('service_failed.invalid_soap')
    expect(judged('response', 'text/xml', Buffer.from('<x/>'))).toBe('service_failed.invalid_soap')
    expect(judged('response', 'text/xml', Buffer.from('<!DOCTYPE x><x/>'))).toBe('service_failed.invalid_soap')
  })
  test('an envelope without a Body is refused with missing_body', () => {
    expect(judged('response', 'text/xml', Buffer.from('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>'))).toBe(
      'service_failed.missing_body',
    )
  })
})

describe('a message we write', () => {
  const chain = { result: Buffer.from('<r/>'), chain: Buffer.from('<c/>') }
  const full: RestTransport = {
    ocsp: [OCSP],
    message: Buffer.from('GET\r\n'),
    body: bytesBody(Buffer.from('{}')),
    documents: { signature: Buffer.from('<s/>'), chain },
  }
  test('is read back the same', () => {
    const { contentType, body } = encodeRest('request', full, 'xtopAbc')
    expect(contentType).toBe('multipart/mixed; charset=UTF-8; boundary=xtopAbc')
    expect(decodeRest('request', contentType, body)).toEqual({ ok: true, value: full })
  })
  test('carries OCSP responses in requests only', () => {
    const { contentType, body } = encodeRest('response', full, 'xtopAbc')
    expect(decodeRest('response', contentType, body)).toEqual({ ok: true, value: { ...full, ocsp: [] } })
  })
  test('keeps a body of no bytes as a part', () => {
    const empty = { ...full, body: bytesBody(new Uint8Array()) }
    const { contentType, body } = encodeRest('response', empty, 'xtopAbc')
    const outcome = decodeRest('response', contentType, body)
    expect(outcome.ok && outcome.value.body && outcome.value.body.kind === 'bytes' && outcome.value.body.bytes.length).toBe(0)
  })
  test('with a body that lies elsewhere is written without it, and says where it belongs; it is read with it again', () => {
    const body: Body = { kind: 'stored', at: 'x', size: 4, sha512: sha512(Buffer.from('hola')) }
    const left = encodeRest('request', { ...full, body }, 'B')
    const whole = encodeRest('request', { ...full, body: { kind: 'bytes', bytes: Buffer.from('hola') } }, 'B')
    const [{ offset, body: elsewhere } = { offset: 0, body: null }] = left.leftOut ?? []
    expect(elsewhere).toBe(body)
    expect(Buffer.concat([left.body.subarray(0, offset), Buffer.from('hola'), left.body.subarray(offset)])).toEqual(Buffer.from(whole.body))
    const read = decodeRest('request', left.contentType, left.body, {}, left.leftOut)
    expect(read.ok && read.value.body).toBe(body)
    expect(decodeRest('request', whole.contentType, whole.body, {}, left.leftOut).ok).toBe(false)
  })
})
