import { describe, expect, test } from 'vitest'
import { type Body, bytesBody } from '../../src/protocol/body.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import { requestHash } from '../../src/protocol/request-hash.ts'
import {
  answers,
  type Header,
  type RestRequest,
  type RestResponse,
  readCall,
  readRequestBlock,
  readResponseBlock,
  type ServiceAnswer,
  writeResponse,
} from '../../src/protocol/rest-message.ts'
import { table, verdictOf } from './table.ts'

const request = (method = 'GET', body: Body | null = null): RestRequest => {
  const headers: Header[] = [['X-Road-Client', 'QRO/GOB/DIF/ni%C3%B1ez']]
  const outcome = readCall({ method, target: '/r1/QRO/GOB/SEDESOQ/a%20b/svc/x', headers, body }, 'r-1', () => 'QRO-1')
  if (!outcome.ok) throw new Error(outcome.fault.detail)
  return outcome.value
}
const answer = (more: Partial<ServiceAnswer> = {}): ServiceAnswer => ({ status: 200, reason: 'OK', headers: [], body: null, ...more })
const text = ({ block }: RestResponse): string => Buffer.from(block).toString('utf8')

describe('the request hash', () => {
  const get =
    'GET\r\n/r1/LB/GOV/M2/SUB/svc/pets?limit=2\r\nAccept:application/json\r\nX-Road-Client:LB/GOV/M1/APP\r\nx-road-id:LB-0001\r\n' +
    'x-road-request-id:11111111-2222-3333-4444-555555555555\r\n'
  const post =
    'POST\r\n/r1/LB/GOV/M2/SUB/svc/pets\r\nContent-Type:application/json\r\nX-Road-Client:LB/GOV/M1/APP\r\nx-road-id:LB-0002\r\n' +
    'x-road-request-id:11111111-2222-3333-4444-666666666666\r\n'

  test('of a block alone is that of the worked example', () => {
    expect(requestHash(Buffer.from(get), null)).toBe(
      'eYTK3wn3SgbGF+03KyD6qZKjcjzvsKC3PJ3ZVMprWb/aaM++UBDEdQGcBf17yghIjbMs7bXAmB/rTof31zYdvg==',
    )
  })
  test('of a block with a body is that of the worked example', () => {
    expect(requestHash(Buffer.from(post), bytesBody(Buffer.from('{"name":"Rex"}')))).toBe(
      'HxcZX8FY95UFgcdgnlFVIw8dnaV8WCPsoGgjzKTCjwiQsBHXXkMreo5MaZlgzbtzGpnxuRs+lFmuK5bcS37MXg==',
    )
  })
  test('of a body that lies elsewhere comes from the reference, without the body', () => {
    const bytes = Buffer.from('{"name":"Rex"}')
    const stored: Body = { kind: 'stored', at: 'elsewhere', size: bytes.length, sha512: sha512(bytes) }
    expect(requestHash(Buffer.from(post), stored)).toBe(requestHash(Buffer.from(post), bytesBody(bytes)))
  })
  test('counts a body of no bytes as a body', () => {
    expect(requestHash(Buffer.from(get), bytesBody(new Uint8Array()))).not.toBe(requestHash(Buffer.from(get), null))
  })
})

describe('the response block', () => {
  test('carries what the service said, then the five lines of ours in the order stock servers write them', () => {
    const asked = request()
    const headers: Header[] = [
      ['Content-Type', 'application/json'],
      ['Set-Cookie', 'a'],
      ['set-cookie', 'b'],
    ]
    expect(text(writeResponse(answer({ headers }), asked, 'r-1'))).toBe(
      '200\r\nOK\r\nContent-Type:application/json\r\nSet-Cookie:a\r\nset-cookie:b\r\n' +
        'x-road-id:QRO-1\r\nx-road-client:QRO/GOB/DIF/ni%C3%B1ez\r\nx-road-service:QRO/GOB/SEDESOQ/a%20b/svc\r\n' +
        `x-road-request-id:r-1\r\nx-road-request-hash:${requestHash(asked.block, null)}\r\n`,
    )
  })
  test('leaves out the headers of the hop and the ids a service may have made up, but not its x-road-service: ours is last', () => {
    const made = 'X-Road-Id x-road-CLIENT X-Road-Request-Id X-Road-Request-Hash Server Content-Length Transfer-Encoding Connection'
    const headers = [...made.split(' '), 'X-Road-Service', 'X-Road-Error'].map((name): Header => [name, 'forged'])
    const response = writeResponse(answer({ headers }), request(), 'r-1')
    expect(response.headers.slice(0, 2)).toEqual([
      ['X-Road-Service', 'forged'],
      ['X-Road-Error', 'forged'],
    ])
    expect(response.headers).toHaveLength(7)
    expect(verdictOf(answers(response, request()))).toBe('ok')
  })
  test('may have an empty reason, and a reason cannot begin another line', () => {
    expect(text(writeResponse(answer({ reason: '' }), request(), 'r'))).toMatch(/^200\r\n\r\nx-road-id/)
    expect(text(writeResponse(answer({ reason: 'OK\r\nX: y' }), request(), 'r'))).toMatch(/^200\r\nOK {2}X: y\r\nx-road-id/)
  })
  test('a header no HTTP answer can carry is a bug of the adapter', () => {
    expect(() => writeResponse(answer({ headers: [['X', 'a\r\nb']] }), request(), 'r')).toThrow('an answer that cannot be written down')
  })
  const body = bytesBody(new Uint8Array())
  test('a body of no bytes is a body of the answer', () => expect(writeResponse(answer({ body }), request(), 'r').body).toEqual(body))
  for (const status of [204, 205, 304])
    test(`an answer ${status} has no body`, () => expect(writeResponse(answer({ status, body }), request(), 'r').body).toBeNull())
  test('an answer to HEAD has no body', () => expect(writeResponse(answer({ body }), request('HEAD'), 'r').body).toBeNull())

  test('the hash is over the canonical form, also when the peer wrote LF', () => {
    const asked = request()
    const lf = readRequestBlock(Buffer.from(Buffer.from(asked.block).toString().replaceAll('\r\n', '\n')), null)
    if (!lf.ok) throw new Error(lf.fault.detail)
    expect(writeResponse(answer(), lf.value, 'r-1').requestHash).toBe(requestHash(asked.block, null))
  })
})

describe('a response block of a peer', () => {
  for (const { expected, inputs, why, line } of table('response-blocks'))
    test(`is ${expected}: ${why} (line ${line})`, () => {
      const outcome = readResponseBlock(Buffer.from(inputs[0] as string, 'utf8'), null)
      expect(verdictOf(outcome)).toBe(expected)
      if (outcome.ok) expect(outcome.value).toMatchObject({ messageId: 'i', requestId: 'r', requestHash: 'h' })
    })
  test('reads back what the provider wrote', () => {
    const response = writeResponse(answer({ headers: [['X-Name', 'ñ']], body: bytesBody(Buffer.from('x')) }), request(), 'r-1')
    expect(readResponseBlock(response.block, response.body)).toEqual({ ok: true, value: response })
  })
})

describe('an answer belongs to a question', () => {
  const asked = request('POST', bytesBody(Buffer.from('{}')))
  const good = writeResponse(answer(), asked, 'r-1')
  test('when client, service, both ids and the hash agree', () => expect(verdictOf(answers(good, asked))).toBe('ok'))
  const others: readonly (readonly [string, Partial<RestResponse>])[] = [
    ['client', { client: { ...asked.client, subsystemCode: 'other' } }],
    ['service', { service: { ...asked.service, serviceCode: 'other' } }],
    ['message id', { messageId: 'other' }],
    ['request id', { requestId: 'other' }],
    ['request hash', { requestHash: requestHash(asked.block, null) }],
  ]
  for (const [what, change] of others)
    test(`another ${what} is refused with inconsistent_response`, () => {
      expect(verdictOf(answers({ ...good, ...change }, asked))).toBe('inconsistent_response')
    })
  test('a changed body is noticed by the hash', () => {
    expect(verdictOf(answers(good, { ...asked, body: bytesBody(Buffer.from('[]')) }))).toBe('inconsistent_response')
  })
})
