import { describe, expect, test } from 'vitest'
import { bytesBody } from '../../src/protocol/body.ts'
import { hex, sha512 } from '../../src/protocol/digests.ts'
import { formatId } from '../../src/protocol/identifiers.ts'
import { type Header, type RestCall, type RestRequest, readCall, readRequestBlock } from '../../src/protocol/rest-message.ts'
import { table, verdictOf } from './table.ts'

const CLIENT: Header = ['X-Road-Client', 'LB/GOV/M1/APP']
const call = (more: Partial<RestCall> = {}): RestCall => ({
  method: 'GET',
  target: '/r1/LB/GOV/M2/SUB/svc/pets?limit=2',
  headers: [CLIENT],
  body: null,
  ...more,
})
const read = (more: Partial<RestCall> = {}) => readCall(call(more), '11111111-2222-3333-4444-555555555555', () => 'LB-0001')
const value = (more: Partial<RestCall> = {}): RestRequest => {
  const outcome = read(more)
  if (!outcome.ok) throw new Error(outcome.fault.detail)
  return outcome.value
}
const text = (block: Uint8Array): string => Buffer.from(block).toString('utf8')

describe('the request block', () => {
  const example =
    'GET\r\n/r1/LB/GOV/M2/SUB/svc/pets?limit=2\r\nAccept:application/json\r\nX-Road-Client:LB/GOV/M1/APP\r\nx-road-id:LB-0001\r\n' +
    'x-road-request-id:11111111-2222-3333-4444-555555555555\r\n'

  test('is that of the worked example, octet for octet', () => {
    const { block } = value({ headers: [['Accept', 'application/json'], CLIENT, ['x-road-id', 'LB-0001']] })
    expect(text(block)).toBe(example)
    expect(block.length).toBe(170)
    expect(hex(sha512(block))).toBe(
      '7984cadf09f74a06c617ed372b20faa992a3723cefb0a0b73c9dd954ca6b59bfda68cfbe5010c475019c05fd7bca08488db32cedb5c0981feb4e87f7d7361dbe',
    )
  })

  test('keeps order, letter case and duplicates, and appends the ids in lower case', () => {
    const headers: Header[] = [['cookie', 'a=1'], CLIENT, ['X-B', '2'], ['cookie', 'b=2'], ['X-B', '1']]
    expect(text(value({ headers }).block)).toBe(
      'GET\r\n/r1/LB/GOV/M2/SUB/svc/pets?limit=2\r\ncookie:a=1\r\nX-Road-Client:LB/GOV/M1/APP\r\nX-B:2\r\ncookie:b=2\r\nX-B:1\r\n' +
        'x-road-request-id:11111111-2222-3333-4444-555555555555\r\nx-road-id:LB-0001\r\n',
    )
  })

  test('leaves out the headers of the hop and those the node writes itself, in any letter case', () => {
    const gone =
      'Transfer-Encoding KEEP-ALIVE proxy-authenticate Proxy-Authorization TE Trailer Upgrade Connection User-Agent Host Content-Length Server Expect X-Road-Request-Id X-ROAD-REQUEST-HASH'
    const headers: Header[] = [...gone.split(' ').map((name): Header => [name, 'x']), CLIENT]
    expect(value({ headers }).headers.map(([name]) => name)).toEqual(['X-Road-Client', 'x-road-request-id', 'x-road-id'])
  })

  test('carries the Latin-1 text of a header as UTF-8, so UTF-8 from a consumer is encoded twice', () => {
    const { block } = value({ headers: [CLIENT, ['X-Name', 'õ'], ['X-Bytes', Buffer.from('õ', 'utf8').toString('latin1')]] })
    expect(Buffer.from(block).includes(Buffer.from('X-Name:\u00f5\r\n', 'utf8'))).toBe(true)
    expect(Buffer.from(block).includes(Buffer.from([0x3a, 0xc3, 0x83, 0xc2, 0xb5, 0x0d]))).toBe(true)
    const peer = readRequestBlock(block, null)
    expect(peer.ok && peer.value.headers.find(([name]) => name === 'X-Bytes')?.[1]).toBe('Ãµ')
  })

  test('asks for a new message id only when the consumer sent none', () => {
    const never = () => {
      throw new Error('asked')
    }
    const outcome = readCall(call({ headers: [CLIENT, ['X-ROAD-ID', 'mine']] }), 'r', never)
    expect(outcome.ok && outcome.value.messageId).toBe('mine')
  })
})

describe('a call', () => {
  test('of no bytes has no body', () => {
    expect(value({ body: bytesBody(new Uint8Array()) }).body).toBeNull()
    expect(value({ method: 'POST', body: bytesBody(Buffer.from('x')) }).body).toEqual(bytesBody(Buffer.from('x')))
  })

  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'])
    test(`may be a ${method}`, () => expect(value({ method }).method).toBe(method))
  for (const method of ['get', 'CONNECT', 'PROPFIND', '', 'GET\r\n', 'GET '])
    test(`with method ${JSON.stringify(method)} is refused`, () =>
      expect(verdictOf(read({ method }))).toBe('internal_error/unknown_method'))

  test('without X-Road-Client is refused with invalid_client_identifier', () => {
    expect(verdictOf(read({ headers: [] }))).toBe('invalid_client_identifier')
  })
  test('that is wrong in two ways is told about its path first', () => {
    expect(verdictOf(read({ target: '/r1/EE', headers: [] }))).toBe('internal_error/malformed_path')
  })
  test('names the character that must be encoded, and where it stands', () => {
    const outcome = read({ target: '/r1/EE/GOV/1/sub/svc/a|b' })
    expect(outcome.ok ? '' : outcome.fault.detail).toContain('U+007C at position 22')
  })
  test('of the last X-Road-Client and X-Road-Security-Server, and all copies travel', () => {
    const request = value({ headers: [['X-Road-Client', 'LB/GOV/M9'], CLIENT, ['X-Road-Security-Server', 'LB/GOV/M2/ss1']] })
    expect(formatId(request.client)).toBe('LB/GOV/M1/APP')
    expect(request.targetServer && formatId(request.targetServer)).toBe('LB/GOV/M2/ss1')
    expect(request.headers).toHaveLength(5)
  })
  test('with a flood of headers is refused, by number and by size', () => {
    const many = Array.from({ length: 201 }, (_, at): Header => [`X-${at}`, 'x'])
    expect(verdictOf(read({ headers: [CLIENT, ...many] }))).toBe('internal_error/too_many_headers')
    expect(verdictOf(read({ headers: [CLIENT, ['X-Large', 'x'.repeat(40_000)]] }))).toBe('internal_error/too_many_headers')
    expect(verdictOf(read({ headers: [CLIENT, ...many.slice(0, 150)] }))).toBe('ok')
  })
  test('with an endless target is refused', () => {
    expect(verdictOf(read({ target: `/r1/EE/GOV/1/sub/svc/${'a'.repeat(8192)}` }))).toBe('internal_error/target_too_long')
  })
})

describe('a target', () => {
  for (const { expected, inputs, why, line } of table('targets')) {
    const [target = '', servicePath, query] = inputs
    test(`${JSON.stringify(target)} is ${expected}: ${why} (line ${line})`, () => {
      const outcome = read({ target })
      expect(verdictOf(outcome)).toBe(expected)
      if (!outcome.ok) return
      expect(outcome.value.servicePath).toBe(servicePath)
      expect(outcome.value.query ?? '-').toBe(query)
      expect(outcome.value.target).toBe(target)
    })
  }
})

describe('a header of a call', () => {
  for (const { expected, inputs, why, line } of table('call-headers')) {
    const [name = '', content = ''] = inputs
    test(`${JSON.stringify(`${name}: ${content}`)} is ${expected}: ${why} (line ${line})`, () => {
      expect(verdictOf(read({ headers: [CLIENT, ['X-Road-Id', 'i'], [name, content]] }))).toBe(expected)
    })
  }
})

describe('a request block of a peer', () => {
  for (const { expected, inputs, why, line } of table('request-blocks'))
    test(`is ${expected}: ${why} (line ${line})`, () => {
      const block = Buffer.from(inputs[0] as string, 'utf8')
      const outcome = readRequestBlock(block, null)
      expect(verdictOf(outcome)).toBe(expected)
      if (!outcome.ok) return
      expect(outcome.value).toMatchObject({ messageId: 'i', requestId: 'r', method: 'GET' })
      expect(outcome.value.block).toBe(block)
    })

  test('reads back what the consumer built', () => {
    const request = value({ method: 'POST', headers: [CLIENT, ['X-Name', 'ñ'], ['X-Empty', '']], body: bytesBody(Buffer.from('{}')) })
    const peer = readRequestBlock(request.block, request.body)
    expect(peer).toEqual({ ok: true, value: request })
  })
  test('that is not UTF-8, or endless, is refused', () => {
    expect(verdictOf(readRequestBlock(Buffer.from('GET\r\n/r1/\xff', 'latin1'), null))).toBe(
      'service_failed.internal_error/malformed_block',
    )
    expect(verdictOf(readRequestBlock(Buffer.alloc(200_000, 'a'), null))).toBe('service_failed.internal_error/too_many_headers')
    const flood = `GET\r\n/r1/EE/GOV/1/sub/svc\r\n${'a:\r\n'.repeat(1001)}`
    expect(verdictOf(readRequestBlock(Buffer.from(flood), null))).toBe('service_failed.internal_error/too_many_headers')
  })
})
