import { X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant } from '../../src/base/clock.ts'
import { type Door, type Gateway, type GatewayOptions, gateway } from '../../src/local/gateway.ts'
import { listen } from '../../src/local/listen.ts'
import { needs } from '../tools.ts'
import { type Credentials, selfSigned } from './self-signed.ts'

const at = instant(Date.UTC(2030, 0, 2, 3, 4, 5))
const canRun = needs('openssl')
let server: Credentials
let client: Credentials
const open: Gateway[] = []
beforeAll(() => {
  if (!canRun) return
  server = selfSigned('localhost', 'rsa')
  client = selfSigned('client')
})
afterAll(async () => void (await Promise.all(open.map((one) => one.close()))))

/** A gateway whose door notes its events and answers as told. */
async function start(answer: (event: never) => Promise<unknown> | unknown, options: Partial<GatewayOptions> = {}) {
  const events: (APIGatewayProxyEvent & APIGatewayProxyEventV2)[] = []
  const bugs: unknown[] = []
  const door = async (event: unknown) => {
    events.push(event as never)
    return answer(event as never)
  }
  const edge = options.edge ?? 'rest'
  const made = gateway(door as Door, {
    ...server,
    edge,
    clientCertificate: 'requested',
    now: () => at,
    onBug: (bug) => bugs.push(bug),
    ...options,
  })
  open.push(made)
  const port = await listen(made.server, 0)
  if (!port.ok) throw new Error(port.fault.en)
  return { port: port.value, events, bugs }
}

const tls = (port: number, more: ConnectionOptions = {}) => connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...more })

/** Sends bytes as they are and reads until the other side closes. */
function raw(port: number, bytes: string | Buffer, more: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve) => {
    let got = ''
    const socket = tls(port, more).setEncoding('latin1')
    socket.on('data', (text: string) => {
      got += text
    })
    socket.on('close', () => resolve(got))
    socket.on('error', () => resolve(got))
    socket.write(bytes)
  })
}

type Sent = { method?: string; path?: string; headers?: string[]; body?: string | Buffer; credentials?: Credentials }
function send(port: number, { method = 'GET', path = '/', headers = [], body, credentials }: Sent = {}) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; raw: string[]; body: string }>((resolve, reject) => {
    const all = ['Host', 'localhost', ...headers, ...(body ? ['Content-Length', String(Buffer.byteLength(body))] : [])]
    const made = request(
      {
        port,
        host: '127.0.0.1',
        method,
        path,
        headers: all,
        agent: false,
        rejectUnauthorized: false,
        cert: credentials?.certificate,
        key: credentials?.key,
      },
      async (response) => {
        const chunks = await response.toArray().catch(reject)
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          raw: response.rawHeaders,
          body: Buffer.concat(chunks ?? []).toString(),
        })
      },
    )
    made.on('error', reject)
    made.end(body)
  })
}

const fine = () => ({ statusCode: 200, headers: { 'Content-Type': 'text/plain' }, body: 'bien', isBase64Encoded: false })

describe.runIf(canRun)('what the door sees', () => {
  test('REST edge: the raw path, every value of a header in the client’s own case, the body in base64', async () => {
    const { port, events } = await start(fine)
    await send(port, {
      method: 'POST',
      path: '/r1/a%2Fb//c?q=1&q=2&z=%C3%B1+x',
      headers: [
        'X-Two',
        '1',
        'x-one',
        'b',
        'X-Two',
        '2',
        'Cookie',
        'a=1; b=2',
        'TE',
        'trailers',
        'X-Forwarded-For',
        '192.0.2.1',
        'x-forwarded-proto',
        'http',
      ],
      body: 'ñ',
    })
    const event = events[0]
    expect(event?.path).toBe('/r1/a%2Fb//c')
    expect(event?.multiValueHeaders['X-Two']).toEqual(['1', '2'])
    expect(event?.headers['X-Two']).toBe('2')
    expect(event?.multiValueHeaders['x-one']).toEqual(['b'])
    expect(event?.headers.Cookie).toBe('a=1; b=2')
    expect(event?.headers.TE).toBeUndefined()
    expect(event?.multiValueQueryStringParameters).toEqual({ q: ['1', '2'], z: ['ñ x'] })
    expect(event?.isBase64Encoded && Buffer.from(event.body ?? '', 'base64').toString()).toBe('ñ')
    expect(event?.headers['X-Forwarded-For']).toBe('192.0.2.1, 127.0.0.1')
    expect(event?.headers['X-Forwarded-Proto']).toBe('https')
    expect(event?.headers['x-forwarded-proto']).toBeUndefined()
    expect(event?.requestContext.requestTimeEpoch).toBe(at)
  })

  test('HTTP edge: the path decoded, duplicates joined by commas, cookies apart, the query raw', async () => {
    const { port, events } = await start(fine, { edge: 'http' })
    await send(port, {
      method: 'POST',
      path: '/r1/a%2Fb?q=1&z=%C3%B1',
      headers: ['X-Two', '1', 'X-Two', '2', 'Cookie', 'a=1; b=2', 'Content-Type', 'application/json'],
      body: '{"a":1}',
    })
    const event = events[0]
    expect(event?.rawPath).toBe('/r1/a/b')
    expect(event?.rawQueryString).toBe('q=1&z=%C3%B1')
    expect(event?.headers['x-two']).toBe('1,2')
    expect(event?.headers.cookie).toBeUndefined()
    expect(event?.cookies).toEqual(['a=1', 'b=2'])
    expect(event?.isBase64Encoded).toBe(false)
    expect(event?.body).toBe('{"a":1}')
    expect(event?.requestContext.time).toBe('02/Jan/2030:03:04:05 +0000')
  })

  test('HTTP edge: a body that is not text arrives in base64, whatever it claims to be', async () => {
    const { port, events } = await start(fine, { edge: 'http' })
    for (const type of ['multipart/mixed; boundary=x', 'text/plain'])
      await send(port, { method: 'POST', headers: ['Content-Type', type], body: Buffer.from([0xff, 0, 1]) })
    expect(events.map((event) => event.isBase64Encoded && event.body)).toEqual(['/wAB', '/wAB'])
  })

  test.each(['rest', 'http'] as const)(
    '%s edge: the leaf the client showed, also on a resumed session, without judging it',
    async (edge) => {
      const { port, events } = await start(fine, { edge, clientCertificate: 'required' })
      const shown = { cert: client.certificate, key: client.key, maxVersion: 'TLSv1.2' } as const
      const session = await new Promise<Buffer>((resolve) => {
        const socket = tls(port, shown)
        socket.on('session', resolve).on('data', () => socket.destroy())
        socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      })
      await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', { ...shown, session })
      const certificates = events.map((event) =>
        edge === 'rest' ? event.requestContext.identity.clientCert : event.requestContext.authentication?.clientCert,
      )
      expect(certificates).toHaveLength(2)
      for (const certificate of certificates) expect(new X509Certificate(certificate?.clientCertPem ?? '').subject).toBe('CN=client')
    },
  )

  test('nothing, where a client certificate is required and none was shown', async () => {
    const { port, events } = await start(fine, { clientCertificate: 'required' })
    expect(await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('')
    expect(await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', { maxVersion: 'TLSv1.2' })).toBe('')
    expect(events).toEqual([])
  })
})

describe.runIf(canRun)('the handshake', () => {
  test.each(['ECDHE-RSA-AES256-SHA384', 'DHE-RSA-AES256-SHA256'])('accepts a stock server’s suite %s on TLS 1.2', async (ciphers) => {
    const { port } = await start(fine)
    expect(await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', { ciphers, maxVersion: 'TLSv1.2' })).toContain('200')
  })
  test('accepts TLS 1.3 and refuses 1.1', async () => {
    const { port } = await start(fine)
    expect(await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', { minVersion: 'TLSv1.3' })).toContain('200')
    expect(
      await raw(port, 'GET / HTTP/1.1\r\n\r\n', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
    ).toBe('')
  })
  test('plain HTTP gets no answer', async () => {
    const { port, events } = await start(fine)
    const got = await new Promise<string>((resolve) => {
      let text = ''
      const socket = connectPlain(port, '127.0.0.1')
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('close', () => resolve(text)).on('error', () => {})
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    })
    expect(got).not.toContain('HTTP/1.1 200')
    expect(events).toEqual([])
  })
})

describe.runIf(canRun)('what the gateway answers by itself', () => {
  const filler = (bytes: number) => ['X-Filler', 'x'.repeat(bytes)]

  test.each(['rest', 'http'] as const)('%s edge: 431 above 10,240 octets of headers, and the door hears nothing', async (edge) => {
    const { port, events } = await start(fine, { edge })
    expect((await send(port, { headers: filler(9000) })).status).toBe(200)
    expect((await send(port, { headers: filler(10_240) })).status).toBe(431)
    expect((await send(port, { headers: filler(100_000) })).status).toBe(431)
    expect((await send(port, { headers: Array.from({ length: 900 }, (_, index) => [`X-${index}`, 'yyyyyy']).flat() })).status).toBe(431)
    expect(events).toHaveLength(1)
  })

  test('413 above 10 MB, announced or not, and above what an event may hold', async () => {
    const { port, events } = await start(fine)
    expect((await send(port, { method: 'POST', body: Buffer.alloc(10 * 1024 * 1024 + 1) })).status).toBe(413)
    expect((await send(port, { method: 'POST', body: Buffer.alloc(5 * 1024 * 1024) })).status).toBe(413)
    const chunk = `100000\r\n${'y'.repeat(0x100000)}\r\n`
    expect(await raw(port, `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(11)}`)).toMatch(
      /^HTTP\/1.1 413 /,
    )
    expect(await raw(port, 'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n')).toMatch(
      /^HTTP\/1.1 413 /,
    )
    expect((await send(port, { method: 'POST', body: Buffer.alloc(4 * 1024 * 1024) })).status).toBe(200)
    expect(events).toHaveLength(1)
  })

  test.each([
    ['rest', 504, { message: 'Endpoint request timed out' }],
    ['http', 503, { message: 'Service Unavailable' }],
  ] as const)('%s edge: %i when the door is late', async (edge, status, body) => {
    const { port } = await start(() => new Promise((resolve) => setTimeout(resolve, 300, fine())), { edge, limits: { doorMs: 50 } })
    const answer = await send(port)
    expect([answer.status, JSON.parse(answer.body)]).toEqual([status, body])
  })

  test.each([
    ['rest', 502],
    ['http', 500],
  ] as const)('%s edge: %i when the door throws or gives no result; the reason stays here', async (edge, status) => {
    const failing = await start(() => Promise.reject(new Error('secreto')), { edge })
    const answer = await send(failing.port)
    expect([answer.status, answer.body.includes('secreto'), failing.bugs.length]).toEqual([status, false, 1])
    for (const nonsense of [{}, { statusCode: 'x' }, { statusCode: 200, body: 'y'.repeat(7 * 1024 * 1024) }])
      expect((await send((await start(() => nonsense, { edge })).port)).status).toBe(status)
  })

  test('408 for a client that never finishes, and the door hears nothing', async () => {
    const { port, events } = await start(fine, { limits: { clientMs: 200 } })
    const [unfinishedHead, unfinishedBody] = await Promise.all([
      raw(port, 'GET / HTTP/1.1\r\nHost: x\r\n'),
      raw(port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc'),
    ])
    expect(unfinishedHead).toMatch(/^HTTP\/1.1 408 /)
    expect(unfinishedBody).toMatch(/^(HTTP\/1.1 408 |$)/)
    expect(events).toEqual([])
  })

  test('400 for what is not HTTP, and for a broken escape', async () => {
    const { port, events } = await start(fine)
    expect(await raw(port, 'HOLA\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /)
    expect(await raw(port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 /,
    )
    expect((await send(port, { path: '/?a=%zz' })).status).toBe(400)
    expect(events).toEqual([])
  })

  test('429 when too many are inside at once', async () => {
    let release = (_: unknown) => {}
    let inside = () => {}
    const isInside = new Promise<void>((resolve) => (inside = resolve))
    const door = () => {
      inside()
      return new Promise((resolve) => (release = resolve))
    }
    const { port } = await start(door, { limits: { atOnce: 1 } })
    const first = send(port)
    await isInside
    expect((await send(port)).status).toBe(429)
    release(fine())
    expect((await first).status).toBe(200)
  })
})

describe.runIf(canRun)('what the client sees', () => {
  test('REST edge: both forms of headers, duplicates kept, Date and Server under another name', async () => {
    const result = {
      statusCode: 201,
      headers: { A: '1', Server: 's' },
      multiValueHeaders: { 'Set-Cookie': ['a', 'b'], Date: ['Thu, 01 Jan 1970 00:00:00 GMT'] },
      body: '/wA=',
      isBase64Encoded: true,
    }
    const { port } = await start(() => result)
    const answer = await send(port)
    expect(answer.status).toBe(201)
    expect(answer.headers).toMatchObject({
      a: '1',
      'set-cookie': ['a', 'b'],
      'x-amzn-remapped-server': 's',
      'x-amzn-remapped-date': 'Thu, 01 Jan 1970 00:00:00 GMT',
    })
    expect(answer.headers.date).toBe('Wed, 02 Jan 2030 03:04:05 GMT')
  })
  test('HTTP edge: cookies become Set-Cookie lines; the clock of the world is the Date', async () => {
    const { port } = await start(() => ({ statusCode: 200, headers: { a: '1' }, cookies: ['x=1', 'y=2'], body: 'z' }), { edge: 'http' })
    const answer = await send(port)
    expect(answer.headers).toMatchObject({ a: '1', 'set-cookie': ['x=1', 'y=2'], date: 'Wed, 02 Jan 2030 03:04:05 GMT' })
    expect(answer.body).toBe('z')
  })
  test('a header value that cannot be sent is a bug of ours: the client gets no half answer', async () => {
    const { port, bugs } = await start(() => ({ statusCode: 200, headers: { a: 'x\r\nInjected: 1' }, body: 'z' }))
    await expect(send(port)).rejects.toThrow()
    expect(bugs).toHaveLength(1)
  })
})
