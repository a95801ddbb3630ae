import { createServer, type RequestListener } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { callServiceOverHttp } from '../../src/adapters/http/call-service.ts'
import { fetchOverHttp } from '../../src/adapters/http/fetch-url.ts'
import type { HttpCall, ServiceTls } from '../../src/exchange/ports.ts'
import { PUBLIC_ONLY, readReach } from '../../src/exchange/reach/reach.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import { writePem } from '../../src/trust/pem.ts'
import { issued, privateKeyOf } from '../trust/authority.ts'

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}
const service = async (answer: RequestListener): Promise<string> => `http://127.0.0.1:${await listening(createServer(answer))}`
const none: ServiceTls = { kind: 'none' }
const loopback = readReach(['127.0.0.1'])
const reach = async () => (loopback.ok ? loopback.value : PUBLIC_ONLY)
const get = (url: string, more: Partial<HttpCall> = {}): HttpCall => ({ method: 'GET', url, headers: [], body: null, ...more })
const call = (request: HttpCall, tls: ServiceTls = none, budgetMs = 3000, most = 1e6) =>
  callServiceOverHttp({ reach })(request, tls, budgetMs, most)

describe('a call to a service', () => {
  test('asks for exactly the path and query given, with the headers given, in order', async () => {
    let seen: { url?: string | undefined; raw: string[] } = { raw: [] }
    const base = await service((request, response) => {
      seen = { url: request.url, raw: request.rawHeaders }
      response.end()
    })
    await call(
      get(`${base}/a%2Fb//c/../d?x=%20&&y`, {
        headers: [
          ['Accept', 'a'],
          ['accept', 'b'],
          ['X-Ñ'.replace('Ñ', 'N'), 'á'.normalize('NFC')],
        ],
      }),
    )
    expect(seen.url).toBe('/a%2Fb//c/../d?x=%20&&y')
    expect(seen.raw).toEqual(['host', base.slice(7), 'Accept', 'a', 'accept', 'b', 'X-N', 'á', 'Connection', 'close'])
  })

  test('says how long a body is with POST, PUT and PATCH, also when there is none', async () => {
    const lengths: unknown[] = []
    const base = await service((request, response) => {
      lengths.push([request.method, request.headers['content-length'], request.headers['transfer-encoding']])
      request.resume().on('end', () => response.end())
    })
    await call(get(base, { method: 'POST', body: Buffer.from('hola') }))
    for (const method of ['POST', 'PUT', 'PATCH', 'GET', 'DELETE', 'HEAD', 'OPTIONS']) await call(get(base, { method }))
    const empty = ['POST', 'PUT', 'PATCH'].map((method) => [method, '0', undefined])
    expect(lengths).toEqual([
      ['POST', '4', undefined],
      ...empty,
      ...['GET', 'DELETE', 'HEAD', 'OPTIONS'].map((method) => [method, undefined, undefined]),
    ])
  })

  test('does not follow redirects, nor decode what is compressed', async () => {
    const base = await service(
      (_request, response) => void response.writeHead(302, { Location: '/otra', 'Content-Encoding': 'gzip' }).end('no gzip at all'),
    )
    const answer = await call(get(base))
    expect(answer.ok && [answer.value.status, answer.value.reason, Buffer.from(answer.value.body as Uint8Array).toString()]).toEqual([
      302,
      'Found',
      'no gzip at all',
    ])
  })

  test('takes answers that have no body: HEAD, 204, 304', async () => {
    const base = await service(
      (request, response) =>
        void response
          .writeHead(
            request.url === '/204' ? 204 : request.url === '/304' ? 304 : 200,
            request.method === 'HEAD' ? { 'content-length': '5' } : {},
          )
          .end(),
    )
    for (const request of [get(`${base}/`, { method: 'HEAD' }), get(`${base}/204`), get(`${base}/304`)]) {
      const answer = await call(request)
      expect(answer.ok && (answer.value.body as Uint8Array).length).toBe(0)
    }
  })

  test('holds no more than it may: of a larger answer it gives size and digest', async () => {
    const large = Buffer.alloc(300_000, 'x')
    const base = await service((_request, response) => response.end(large))
    const answer = await call(get(base), none, 3000, 100_000)
    expect(answer.ok && answer.value.body).toEqual({ size: 300_000, sha512: sha512(large) })
    const whole = await call(get(base), none, 3000, 300_000)
    expect(whole.ok && (whole.value.body as Uint8Array).length).toBe(300_000)
  })

  test('leaves no doubt when it was never sent', async () => {
    const cases = [
      ['http://127.0.0.1:9/', 'network_error'],
      ['http://nadie.invalid/', 'unknown_host'],
      ['ftp://127.0.0.1/', 'service_malformed_url'],
      ['http://127.0.0.1/a b', 'service_malformed_url'],
    ] as const
    for (const [url, code] of cases) {
      const answer = await call(get(url))
      expect(answer).toMatchObject({ ok: false, fault: { path: [code] } })
      expect(answer.ok ? null : answer.fault.outcome).toBeUndefined()
    }
  })

  test('says that the outcome is unknown when it was', async () => {
    const broken = await service((_request, response) => void response.destroy())
    expect(await call(get(broken))).toMatchObject({ ok: false, fault: { path: ['network_error'], outcome: 'unknown' } })
    const silent = await service(() => {})
    expect(await call(get(silent), none, 300)).toMatchObject({ ok: false, fault: { path: ['network_error'], outcome: 'unknown' } })
  })

  test('over TLS believes what the setting says: anybody, the pinned certificate, or the public authorities', async () => {
    const ca = await issued('service-ca', { use: 'root', subject: [['CN', 'CA']] })
    const { certificate } = await issued(
      'service',
      { use: 'server', subject: [['CN', 'servicio']], names: { dns: ['localhost'] } as never },
      ca,
    )
    const cert = `-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate.der).toString('base64')}\n-----END CERTIFICATE-----\n`
    let requests = 0
    const port = await listening(
      createTls(
        { key: privateKeyOf('service').export({ type: 'pkcs8', format: 'pem' }), cert },
        (_request, response) => void response.end(String(++requests)),
      ),
    )
    const url = `https://127.0.0.1:${port}/`
    expect((await call(get(url), { kind: 'none' })).ok).toBe(true)
    expect((await call(get(url), { kind: 'pinned', certificates: [ca.certificate.der, certificate.der] })).ok).toBe(true)
    for (const tls of [{ kind: 'pinned', certificates: [ca.certificate.der] }, { kind: 'verified' }] as const)
      expect(await call(get(url), tls)).toMatchObject({ ok: false, fault: { path: ['ssl_authentication_failed'] } })
    expect(requests).toBe(2)
  })
})

describe('a connection to a service that waits for another call', () => {
  /** A service that counts its connections and answers what its path asks for. */
  async function counted(answer: RequestListener = (_request, response) => void response.end('sí')) {
    const server = createServer(answer)
    const sockets: Socket[] = []
    server.on('connection', (socket) => sockets.push(socket))
    return { base: `http://127.0.0.1:${await listening(server)}`, sockets }
  }
  const caller = (keepIdleMs: number, reaching = reach) => {
    const service = callServiceOverHttp({ reach: reaching, keepIdleMs })
    return (request: HttpCall, tls: ServiceTls = none) => service(request, tls, 3000, 1000)
  }

  test('carries one call after the other; calls at the same time have one each', async () => {
    const { base, sockets } = await counted()
    const ask = caller(20_000)
    for (let n = 0; n < 5; n++) expect(await ask(get(base))).toMatchObject({ ok: true, value: { status: 200 } })
    expect(sockets).toHaveLength(1)
    await Promise.all([1, 2, 3].map(() => ask(get(base))))
    expect(sockets).toHaveLength(3)
  })

  test('is not used when the service said that it ends it, nor after its time, nor when none is to be kept', async () => {
    const closing = await counted((_request, response) => void response.writeHead(200, { Connection: 'close' }).end('sí'))
    const ask = caller(20_000)
    for (let n = 0; n < 2; n++) expect((await ask(get(closing.base))).ok).toBe(true)
    expect(closing.sockets).toHaveLength(2)
    const idle = await counted()
    const briefly = caller(20)
    await briefly(get(idle.base))
    await gone(idle.sockets[0])
    await briefly(get(idle.base))
    expect(idle.sockets).toHaveLength(2)
    const single = await counted()
    for (let n = 0; n < 2; n++) await call(get(single.base))
    expect(single.sockets).toHaveLength(2)
  })

  test('is used again only where the service promises to keep it', async () => {
    const promising = async (words: string | undefined) => {
      const service = createServer((_request, response) => {
        response.setHeader('Connection', 'keep-alive')
        if (words !== undefined) response.setHeader('Keep-Alive', words)
        response.end('sí')
      })
      service.keepAliveTimeout = 0
      const sockets: Socket[] = []
      service.on('connection', (socket) => sockets.push(socket))
      const base = `http://127.0.0.1:${await listening(service)}`
      const ask = caller(20_000)
      for (let n = 0; n < 2; n++) expect((await ask(get(base))).ok).toBe(true)
      return sockets.length
    }
    expect(await promising('timeout=5, max=100')).toBe(1)
    for (const words of [undefined, 'max=100', 'timeout=0', 'timeout=0.5']) expect([words, await promising(words)]).toEqual([words, 2])
  })

  test('that the service ended in the meantime costs nothing: another is made', async () => {
    const { base, sockets } = await counted()
    const ask = caller(20_000)
    await ask(get(base))
    sockets[0]?.destroy()
    await gone(sockets[0])
    await call(get((await counted()).base)) // by now its end has arrived here too
    expect((await ask(get(base))).ok).toBe(true)
    expect(sockets).toHaveLength(2)
  })

  test('is judged again: what may no longer be reached is not, and a certificate that is no longer registered is not believed', async () => {
    const { base, sockets } = await counted()
    let allowed = true
    const ask = caller(20_000, async () => (allowed ? reach() : PUBLIC_ONLY))
    expect((await ask(get(base))).ok).toBe(true)
    allowed = false
    expect(await ask(get(base))).toMatchObject({ ok: false, fault: { path: ['service_malformed_url'] } })
    expect(sockets).toHaveLength(1)
    const { certificate } = await issued('service-kept', { use: 'root', subject: [['CN', 'servicio']] })
    const identity = {
      key: privateKeyOf('service-kept').export({ type: 'pkcs8', format: 'pem' }),
      cert: writePem('CERTIFICATE', certificate.der),
    }
    let answered = 0
    const secure = `https://127.0.0.1:${await listening(createTls(identity, (_request, response) => void response.end(String(++answered))))}`
    const pinned = caller(20_000)
    expect((await pinned(get(secure), { kind: 'pinned', certificates: [certificate.der] })).ok).toBe(true)
    expect(await pinned(get(secure), { kind: 'pinned', certificates: [Buffer.from('another')] })).toMatchObject({
      ok: false,
      fault: { path: ['ssl_authentication_failed'] },
    })
    expect(answered).toBe(1)
  })

  test('is not used again when an answer broke off, or did not come in time', async () => {
    const { base, sockets } = await counted((request, response) => {
      if (request.url === '/a-medias') {
        response.writeHead(200, { 'Content-Length': '10' }).write('mitad')
        return void setImmediate(() => response.destroy())
      }
      response.end('sí')
    })
    const ask = caller(20_000)
    expect(await ask(get(`${base}/a-medias`))).toMatchObject({ ok: false, fault: { outcome: 'unknown' } })
    expect((await ask(get(base))).ok).toBe(true)
    expect(sockets).toHaveLength(2)
  })
})

/** Resolves when the other side has seen the end of a connection. */
const gone = (socket: Socket | undefined): Promise<void> =>
  new Promise((resolve) => (socket === undefined || socket.closed ? resolve() : void socket.once('close', () => resolve())))

describe('a question to the centre', () => {
  test('is a GET, or a POST with its type', async () => {
    const base = await service((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => response.end(`${request.method} ${request.headers['content-type']} ${body}`))
    })
    const fetch = fetchOverHttp()
    const [plain, posted] = [
      await fetch(`${base}/x`, null, 2000),
      await fetch(base, { type: 'application/ocsp-request', body: Buffer.from('q') }, 2000),
    ]
    expect([plain, posted].map((answer) => answer.ok && Buffer.from(answer.value.body).toString())).toEqual([
      'GET undefined ',
      'POST application/ocsp-request q',
    ])
  })

  test('takes no more than it is told', async () => {
    const base = await service((_request, response) => response.end(Buffer.alloc(2000)))
    expect(await fetchOverHttp(1000)(base, null, 2000)).toMatchObject({ ok: false, fault: { path: ['message_too_large'] } })
  })
})
