import { describe, expect, test } from 'vitest'
import { type Body, bytesBody } from '../../src/protocol/body.ts'
import type { Fault } from '../../src/protocol/faults.ts'
import { readMultipart, writeMultipart } from '../../src/protocol/multipart.ts'
import { decodeSoap, encodeSoap, readPackage, type SoapPackage, type SoapTransport } from '../../src/protocol/soap-message.ts'
import { encodeFault } from '../../src/protocol/transport.ts'
import { envelope, FAULT, HEADER, must } from './soap-examples.ts'
import { table, verdictOf } from './table.ts'

const xml = (text: string): Uint8Array => Buffer.from(text, 'utf8')
const PARTS: Record<string, readonly [type: string, body: Uint8Array]> = {
  o: ['application/ocsp-response', Buffer.from([0x30, 0x03, 0x0a, 0x01, 0x00])],
  O: ['application/ocsp-response', Buffer.from('DUMMY')],
  q: ['text/xml; charset=UTF-8', xml(envelope())],
  x: ['Application/XOP+xml; type="text/xml"', xml(envelope())],
  g: ['text/xml', xml('no XML')],
  h: ['text/xml', xml(envelope(HEADER.replace(/<x:protocolVersion>.*/, '')))],
  a: [
    'multipart/mixed; boundary=A',
    Buffer.from('\r\n--A\r\ncontent-type: a/b\r\nX-A: 1\r\n\r\none\r\n--A\r\ncontent-type: c/d\r\n\r\n\r\n--A--\r\n'),
  ],
  e: ['multipart/mixed; boundary=A', Buffer.from('--A--\r\n')],
  t: ['multipart/mixed; boundary=A', Buffer.from('--A\r\nX-A: 1\r\n\r\none\r\n--A--\r\n')],
  w: ['multipart/mixed', Buffer.from('--A\r\ncontent-type: a/b\r\n\r\none\r\n--A--\r\n')],
  p: ['text/plain', Buffer.from('x')],
  r: ['application/hash-chain-result', Buffer.from('<r/>')],
  c: ['application/hash-chain', Buffer.from('<c/>')],
  s: ['signature/bdoc-1.0/ts', Buffer.from('<s/>')],
  f: ['text/xml; charset=UTF-8', xml(FAULT)],
  d: ['text/xml', xml(envelope())],
  b: ['application/x-road-rest-body', Buffer.from('{}')],
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
const textOf = (body: Body): string => (body.kind === 'bytes' ? Buffer.from(body.bytes).toString() : body.at)
type Read = Parameters<typeof decodeSoap>
const judged = (kind: Read[0], type: string, body: Uint8Array, limits?: Read[3]): string => {
  const outcome = decodeSoap(kind, type, { body }, limits)
  return !outcome.ok && outcome.fault.relayed ? 'relayed' : verdictOf(outcome)
}
const faultOf = (kind: Read[0], type: string, body: Uint8Array): Fault => {
  const outcome = decodeSoap(kind, type, { body })
  if (outcome.ok) throw new Error('accepted')
  return outcome.fault
}

describe('a SOAP message between servers', () => {
  for (const { expected, inputs, why, line } of table('soap-transport')) {
    const [kind, letters = ''] = inputs
    test(`${kind} ${letters} is ${expected}: ${why} (line ${line})`, () => {
      expect(judged(kind as 'request' | 'response', TYPE, message(letters))).toBe(expected)
    })
  }
  test('gives its parts as they came, byte for byte', () => {
    const read = must(decodeSoap('request', TYPE, { body: message('ooqarcs') }))
    expect([read.ocsp.length, read.headers, Buffer.from(read.message.bytes).toString()]).toEqual([
      2,
      [['content-type', 'text/xml; charset=UTF-8']],
      envelope(),
    ])
    expect(read.attachments.map(({ headers, body }) => [headers, textOf(body)])).toEqual([
      [
        [
          ['content-type', 'a/b'],
          ['X-A', '1'],
        ],
        'one',
      ],
      [[['content-type', 'c/d']], ''],
    ])
    expect(read.documents).toEqual({ signature: Buffer.from('<s/>'), chain: { result: Buffer.from('<r/>'), chain: Buffer.from('<c/>') } })
  })
  test('a peer’s fault is told with its own code and texts, and its envelope goes out as it came', () => {
    for (const [type, body] of [
      [TYPE, message('f')],
      [TYPE, message('qf')],
      ['text/xml;charset=utf-8', xml(FAULT)],
    ] as const) {
      const fault = faultOf('response', type, body)
      expect(fault).toMatchObject({ path: ['service_failed'], relayed: { code: 'soap:Server', message: 'no hay', detail: 'por qué' } })
      expect(Buffer.from(encodeFault(fault).body).toString()).toBe(FAULT)
    }
  })
  test('a peer’s fault of either spelling is known by its codes', () => {
    const code = (text: string) => xml(FAULT.replace('soap:Server', text))
    for (const text of ['server.serverproxy.access_denied', 'Server.ServerProxy.AccessDenied'])
      expect(faultOf('response', 'text/xml', code(text)).path).toEqual(['access_denied'])
  })
  test('cut anywhere before its closing delimiter it is refused', () => {
    const whole = message('qas')
    for (let at = 0; at < whole.length - 2; at++) expect(judged('request', TYPE, whole.subarray(0, at))).toMatch(/io_error$|^missing_soap$/)
  })
  test('with LF line ends, preamble, epilogue and a quoted boundary it is read', () => {
    const text = Buffer.from(message('qas')).toString('latin1').replaceAll('\r\n', '\n')
    expect(judged('request', 'Multipart/Mixed; boundary="B"', Buffer.from(`hello\n${text}\nbye`, 'latin1'))).toBe('ok')
  })
  test('of another type, or without a boundary, is refused with invalid_content_type', () => {
    for (const type of ['multipart/mixed', 'multipart/related; boundary=B', 'application/soap+xml', 'blah', 'text/xml', ''])
      expect(judged('request', type, message('qs'))).toBe('service_failed.invalid_content_type')
    expect(judged('response', 'blah', message('qs'))).toBe('service_failed.invalid_content_type')
    expect(judged('response', '', message('qs'))).toBe('invalid_content_type')
  })
  test('attachments with heads that cannot be read are refused with mime_parsing_failed, without service_failed', () => {
    const long = Buffer.from(`--A\r\ncontent-type: ${'x'.repeat(1000)}\r\n\r\n\r\n--A--`)
    const parts = [PARTS.q, ['multipart/mixed; boundary=A', long], PARTS.s] as (readonly [string, Uint8Array])[]
    const body = writeMultipart(
      'B',
      parts.map(([type, each]) => ({ headers: [['content-type', type]], body: each })),
    )
    expect(judged('request', TYPE, body)).toBe('mime_parsing_failed')
  })
  test('larger than the limit is refused with message_too_large', () => {
    expect(judged('request', TYPE, message('qs'), { message: 50 })).toBe('message_too_large')
  })
})

describe('a bare SOAP answer', () => {
  test.each([
    ['empty', '', 'service_failed.invalid_soap'],
    ['no SOAP', '<x/>', 'service_failed.invalid_soap'],
    ['with a document type', `<!DOCTYPE x>${FAULT}`, 'service_failed.invalid_soap'],
    ['that is no fault', envelope(), 'service_failed.invalid_message'],
    ['without a Body', envelope(HEADER, ''), 'service_failed.missing_body'],
    ['a fault beside an answer', envelope(HEADER, '<soap:Body><soap:Fault/><consulta/></soap:Body>'), 'service_failed.invalid_body'],
  ])('%s is refused', (_what, text, code) => expect(judged('response', 'text/xml', xml(text))).toBe(code))
})

describe('a SOAP message we write', () => {
  const BOUNDARY = 'xtopAbCdEfGhIjKlMnOpQrStUvWxYzAbCd'
  const packed = must(readPackage('text/xml; charset=UTF-8', { body: xml(envelope()) })) as SoapPackage
  const full: SoapTransport = {
    ...packed,
    headers: [...packed.headers, ['Content-ID', '<ñ>']],
    attachments: [
      {
        headers: [
          ['content-type', 'text/plain'],
          ['X-Part', 'dos'],
        ],
        body: bytesBody(Buffer.from('two')),
      },
      { headers: [['content-type', 'application/octet-stream']], body: bytesBody(Buffer.from([0, 13, 10, 255])) },
    ],
    ocsp: [PARTS.o?.[1] as Uint8Array],
    documents: { signature: Buffer.from('<s/>'), chain: { result: Buffer.from('<r/>'), chain: Buffer.from('<c/>') } },
  }
  test('is read back the same', () => {
    const { contentType, body } = encodeSoap('request', full, BOUNDARY)
    expect(contentType).toBe(`multipart/mixed; charset=UTF-8; boundary=${BOUNDARY}`)
    expect(decodeSoap('request', contentType, { body })).toEqual({ ok: true, value: full })
    const bare = { ...full, attachments: [], documents: { signature: full.documents.signature } }
    const plain = encodeSoap('request', bare, BOUNDARY)
    expect(decodeSoap('request', plain.contentType, plain)).toEqual({ ok: true, value: bare })
    expect(must(readMultipart(BOUNDARY, plain.body))).toHaveLength(3)
  })
  test('carries OCSP responses in requests only', () => {
    const { contentType, body } = encodeSoap('response', full, BOUNDARY)
    expect(decodeSoap('response', contentType, { body })).toEqual({ ok: true, value: { ...full, ocsp: [] } })
  })
  test('has its attachments in a multipart of its own, named after the outer one', () => {
    const text = Buffer.from(encodeSoap('response', full, BOUNDARY).body).toString('latin1')
    const inner = BOUNDARY.replace('xtop', 'xatt')
    expect(text).toContain(
      `\r\n--${BOUNDARY}\r\ncontent-type: multipart/mixed; charset=UTF-8; boundary=${inner}\r\n\r\n\r\n--${inner}\r\ncontent-type: text/plain\r\nX-Part: dos\r\n\r\ntwo\r\n--${inner}\r\n`,
    )
    expect(text).toContain(`\r\n--${inner}--\r\n\r\n--${BOUNDARY}\r\n`)
  })
  test('is not written when a part holds the letters of its boundary', () => {
    const holding = {
      ...full,
      attachments: [{ headers: full.headers, body: bytesBody(Buffer.from(`x--${BOUNDARY.replace('xtop', 'xatt')}`)) }],
    }
    expect(() => encodeSoap('request', holding, BOUNDARY)).toThrow('holds the boundary')
  })
})
