import { describe, expect, test } from 'vitest'
import { bodyOf, callFromEvent, clientCertificateOf, type GatewayEvent, headersOf, isOverTls, resultFor } from '../../functions/http.ts'
import { httpEvent, restEvent, type WireRequest } from '../../src/local/gateway-events.ts'
import type { Header } from '../../src/protocol/rest-message.ts'

const wire = (more: Partial<WireRequest> = {}): WireRequest => ({
  method: 'GET',
  target: '/r1/QRO/GOB/A/B/c',
  headers: [],
  body: Buffer.alloc(0),
  sourceIp: '192.0.2.1',
  port: 8443,
  requestId: '6f1c2f0e-0000-4000-8000-000000000000',
  at: 1_800_000_000_000,
  ...more,
})
const event = (edge: 'rest' | 'http', more: Partial<WireRequest> = {}): GatewayEvent => {
  const made = edge === 'rest' ? restEvent(wire(more)) : httpEvent(wire(more))
  if (!made) throw new Error('the gateway refused it')
  return made
}
const target = (edge: 'rest' | 'http', text: string) => callFromEvent(event(edge, { target: text })).target

describe('a REST API', () => {
  test('hands the path over as it was sent', () => {
    for (const path of ['/r1/Q/G/A%2FB/s/c', '/r1/Q/G/A/s/c/%C3%B1%20x', '/r1/Q/G/A/s/c//x/', '/r1/Q/G/A/s/c/%41'])
      expect(target('rest', path)).toBe(path)
  })

  test('decodes the query: it is encoded anew, the values of a name together', () => {
    expect(target('rest', '/a?x=1&y=a%20b&z=%C3%B1')).toBe('/a?x=1&y=a%20b&z=%C3%B1')
    expect(target('rest', '/a?x=1&y=2&x=3')).toBe('/a?x=1&x=3&y=2')
    expect(target('rest', '/a?x=a%26b%3Dc')).toBe('/a?x=a%26b%3Dc')
    expect(target('rest', '/a?x')).toBe('/a?x=')
  })

  test('keeps the letter case of names and every value', () => {
    const headers: Header[] = [
      ['X-Road-Client', 'QRO/GOB/A'],
      ['X-Two', '1'],
      ['X-Two', '2'],
      ['Cookie', 'a=1; b=2'],
    ]
    expect(callFromEvent(event('rest', { headers })).headers).toEqual(headers)
  })
})

describe('an HTTP API', () => {
  test('decodes the path: an encoded slash is lost, what may not stand there is encoded anew', () => {
    expect(target('http', '/r1/Q/G/A%2FB/s/c')).toBe('/r1/Q/G/A/B/s/c')
    expect(target('http', '/r1/Q/G/A/s/c/%C3%B1%20x%3F%25')).toBe('/r1/Q/G/A/s/c/%C3%B1%20x%3F%25')
  })

  test('hands the query over as it was sent', () => {
    expect(target('http', '/a?x=1&&y=%2F+&x')).toBe('/a?x=1&&y=%2F+&x')
  })

  test('lowers names, joins values, and keeps cookies apart, which become one line again', () => {
    const headers: Header[] = [
      ['X-Road-Client', 'QRO/GOB/A'],
      ['X-Two', '1'],
      ['x-two', '2'],
      ['Cookie', 'a=1; b=2'],
      ['Cookie', 'c=3'],
    ]
    expect(callFromEvent(event('http', { headers })).headers).toEqual([
      ['x-road-client', 'QRO/GOB/A'],
      ['x-two', '1,2'],
      ['cookie', 'a=1; b=2; c=3'],
    ])
  })
})

describe('either gateway', () => {
  for (const edge of ['rest', 'http'] as const) {
    test(`${edge}: what it adds is not taken for the client’s; what the client sent of the same name is`, () => {
      expect(callFromEvent(event(edge)).headers).toEqual([])
      const [first, ...more] = callFromEvent(
        event(edge, {
          headers: [
            ['x-forwarded-for', '10.0.0.1'],
            ['X-Amzn-Trace-Id', 'mine'],
          ],
        }),
      ).headers
      expect([first?.[0].toLowerCase(), first?.[1], more]).toEqual(['x-forwarded-for', '10.0.0.1', []])
    })

    test(`${edge}: says itself whether the client spoke TLS, whatever the client says`, () => {
      expect(isOverTls(event(edge))).toBe(true)
      const plain = event(edge)
      const lists = 'multiValueHeaders' in plain ? plain.multiValueHeaders : undefined
      if (lists) lists['X-Forwarded-Proto'] = ['https', 'http']
      else (plain.headers as Record<string, string>)['x-forwarded-proto'] = 'https,http'
      expect(isOverTls(plain)).toBe(false)
    })

    test(`${edge}: bodies come whole, be they text or not`, () => {
      for (const body of [Buffer.from([0, 255, 128, 10]), Buffer.from('texto ñ')]) {
        for (const type of ['text/plain', 'application/octet-stream']) {
          const call = callFromEvent(event(edge, { method: 'POST', headers: [['Content-Type', type]], body }))
          expect(call.body?.kind === 'bytes' && Buffer.from(call.body.bytes)).toEqual(body)
        }
      }
      expect(callFromEvent(event(edge)).body).toBeNull()
      expect(bodyOf(event(edge))).toHaveLength(0)
    })

    test(`${edge}: an answer arrives with every header and every byte`, () => {
      const headers: Header[] = [
        ['Content-Type', 'image/png'],
        ['Set-Cookie', 'a=1'],
        ['set-cookie', 'b=2'],
        ['X-Two', '1'],
        ['x-two', '2'],
      ]
      const result = resultFor(event(edge), { status: 404, headers, body: Buffer.from([0, 255]) })
      expect(result).toMatchObject({ statusCode: 404, body: 'AP8=', isBase64Encoded: true })
      if (edge === 'rest') expect(result).toMatchObject({ multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'], 'X-Two': ['1', '2'] } })
      else expect(result).toMatchObject({ headers: { 'Content-Type': 'image/png', 'X-Two': '1,2' }, cookies: ['a=1', 'b=2'] })
    })

    test(`${edge}: without a certificate there is none`, () => {
      expect(clientCertificateOf(event(edge))).toBeNull()
      expect(headersOf(event(edge)).length).toBeGreaterThan(0)
    })
  }
})
