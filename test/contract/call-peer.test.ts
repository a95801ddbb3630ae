import type { RequestListener } from 'node:http'
import { createServer, type Server as HttpsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer as createTcp } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { callPeerOverTls } from '../../src/adapters/http/call-peer.ts'
import { ok } from '../../src/base/result.ts'
import type { CallPeer } from '../../src/exchange/ports.ts'
import { type Outcome, refuse } from '../../src/protocol/faults.ts'
import { issued, privateKeyOf } from '../trust/authority.ts'

const cast = (async () => {
  const ca = await issued('peer-ca', { use: 'root', subject: [['CN', 'CA']] })
  return {
    ours: await issued('peer-ours', { use: 'authentication', subject: [['CN', 'nosotros']] }, ca),
    theirs: await issued('peer-theirs', { use: 'authentication', subject: [['CN', 'ellos']] }, ca),
  }
})()
const pem = (der: Uint8Array) => `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`

type Seen = { requests: number; octets: number; clients: Buffer[]; server: HttpsServer }

/** A peer's node on loopback, and what reached it. */
async function peer(answer: Parameters<typeof createServer>[1], options: ServerOptions = {}): Promise<{ address: string; seen: Seen }> {
  const { theirs } = await cast
  const key = privateKeyOf('peer-theirs').export({ type: 'pkcs8', format: 'pem' })
  const server = createServer({ key, cert: pem(theirs.certificate.der), requestCert: true, rejectUnauthorized: false, ...options }, answer)
  const seen: Seen = { requests: 0, octets: 0, clients: [], server }
  server.on('secureConnection', (socket: TLSSocket) => {
    seen.clients.push(socket.getPeerCertificate().raw)
    socket.on('close', () => {
      seen.octets += socket.bytesRead
    })
  })
  server.on('request', () => seen.requests++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const credentials = async () => ({ key: privateKeyOf('peer-ours'), certificates: [(await cast).ours.certificate.der] })
const caller = (mostBytes = 1e6, connectMs = 10_000): CallPeer => callPeerOverTls({ credentials, mostBytes, connectMs })
const message = {
  headers: [
    ['content-type', 'multipart/mixed'],
    ['x-Original-Case', ''],
    ['x-twice', 'a'],
    ['x-twice', 'b'],
  ] as const,
  body: Buffer.from('hola'),
}
const anyone = async (): Promise<Outcome<true>> => ok(true)
const nobody = async (): Promise<Outcome<true>> => refuse('ssl_authentication_failed', 'not this one')
const deadAddress = '127.0.0.1:9'

const breakOff: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-length': '100' })
  response.write('half')
  setTimeout(() => response.destroy(), 20)
}

test('our own certificate may have any length: its PEM text ends without a blank line', async () => {
  const { address } = await peer((_, response) => response.end('bien'))
  const ca = await issued('length-ca', { use: 'root', subject: [['CN', 'CA']] })
  const lengths = new Set<number>()
  for (let letters = 1; letters <= 48; letters++) {
    const { certificate } = await issued('length-ours', { use: 'authentication', subject: [['CN', 'n'.repeat(letters)]] }, ca)
    lengths.add(certificate.der.length % 48)
    const identity = async () => ({ key: privateKeyOf('length-ours'), certificates: [certificate.der] })
    const answer = await callPeerOverTls({ credentials: identity, mostBytes: 1e6 })([address], message, anyone, 20_000)
    expect([letters, answer.ok]).toEqual([letters, true])
  }
  expect(lengths.size).toBeGreaterThan(40)
})

describe('a call to a peer', () => {
  test('presents our certificate, sends the message as it is, and brings the whole answer back', async () => {
    let raw: readonly string[] = []
    let body = ''
    const { address, seen } = await peer((request, response) => {
      raw = request.rawHeaders
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => response.writeHead(200, ['x-hash-algorithm', 'SHA-512', 'x-two', '1', 'x-two', '2']).end('respuesta'))
    })
    const answer = await caller()([address], message, anyone, 20_000)
    if (!answer.ok) throw new Error(answer.fault.detail)
    expect(Buffer.from(answer.value.body).toString()).toBe('respuesta')
    expect(answer.value.headers.filter(([name]) => name.startsWith('x-'))).toEqual([
      ['x-hash-algorithm', 'SHA-512'],
      ['x-two', '1'],
      ['x-two', '2'],
    ])
    expect(raw.slice(0, 12)).toEqual([
      'host',
      address,
      'content-type',
      'multipart/mixed',
      'x-Original-Case',
      '',
      'x-twice',
      'a',
      'x-twice',
      'b',
      'content-length',
      '4',
    ])
    expect(body).toBe('hola')
    expect(seen.clients[0]?.equals((await cast).ours.certificate.der)).toBe(true)
  })

  test('judges the certificate before a byte of the message leaves, at every connection anew', async () => {
    const { address, seen } = await peer((_request, response) => response.end('x'))
    const judged: Uint8Array[] = []
    const call = caller()
    const accepts = async (certificate: Uint8Array): Promise<Outcome<true>> => (judged.push(certificate) === 1 ? ok(true) : nobody())
    expect((await call([address], message, accepts, 20_000)).ok).toBe(true)
    expect(await call([address], message, accepts, 20_000)).toMatchObject({ ok: false, fault: { path: ['ssl_authentication_failed'] } })
    expect(judged.map((der) => Buffer.from(der).equals(judged[0] as Buffer))).toEqual([true, true])
    expect(seen.requests).toBe(1)
  })

  test('a refused certificate costs the peer a handshake and no more: nothing was written', async () => {
    const { address, seen } = await peer((_request, response) => response.end('x'), { maxVersion: 'TLSv1.2' })
    const first = await caller()([address], { ...message, body: Buffer.alloc(50_000) }, nobody, 20_000)
    expect(first).toMatchObject({ ok: false, fault: { path: ['ssl_authentication_failed'], detail: 'not this one' } })
    expect(first.ok ? null : first.fault.outcome).toBeUndefined()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([seen.requests, seen.octets < 10_000]).toEqual([0, true])
  })

  test('passes over an address that is dead or refused, and stops at the first that is accepted', async () => {
    const [one, two] = [await peer((_request, response) => response.end('uno')), await peer((_request, response) => response.end('dos'))]
    let first = true
    const accepts = async () => {
      if (!first) return anyone()
      first = false
      return nobody()
    }
    const answer = await caller()([deadAddress, one.address, two.address], message, accepts, 20_000)
    expect(answer.ok && Buffer.from(answer.value.body).toString()).toBe('dos')
    expect([one.seen.requests, two.seen.requests]).toEqual([0, 1])
  })

  test('says what it can: network_error for dead addresses, the judgement when there was one', async () => {
    expect(await caller()([deadAddress], message, anyone, 2000)).toMatchObject({ ok: false, fault: { path: ['network_error'] } })
    expect(await caller()([], message, anyone, 2000)).toMatchObject({ ok: false, fault: { path: ['network_error'] } })
    const { address } = await peer((_request, response) => response.end())
    expect(await caller()([address, deadAddress], message, nobody, 2000)).toMatchObject({
      ok: false,
      fault: { path: ['ssl_authentication_failed'] },
    })
  })

  test('of several takes the one that connects first, tells whose certificate it judges, and goes back to it', async () => {
    const [one, two] = [await peer((_request, response) => response.end('uno')), await peer((_request, response) => response.end('dos'))]
    const call = caller(1e6, 2000)
    const judged: string[] = []
    const accepts = async (_certificate: Uint8Array, address: string): Promise<Outcome<true>> => {
      judged.push(address)
      return ok(true)
    }
    const texts = new Set<string>()
    for (let n = 0; n < 5; n++) {
      const answer = await call(n % 2 ? [one.address, two.address] : [two.address, one.address], message, accepts, 20_000)
      texts.add(answer.ok ? Buffer.from(answer.value.body).toString() : 'no answer')
    }
    expect([texts.size, new Set(judged).size, one.seen.requests + two.seen.requests]).toEqual([1, 1, 5])
    await new Promise<void>((resolve) => {
      const { server } = (one.seen.requests ? one : two).seen
      server.close(() => resolve())
      server.closeAllConnections()
    })
    const answer = await call([one.address, two.address], message, accepts, 20_000)
    expect(answer.ok && Buffer.from(answer.value.body).toString()).toBe([...texts][0] === 'uno' ? 'dos' : 'uno')
  })

  test('names that do not resolve are passed over', async () => {
    const { address } = await peer((_request, response) => response.end('x'))
    expect((await caller()(['no-such-host.invalid', address], message, anyone, 20_000)).ok).toBe(true)
  })

  test('speaks TLS 1.2 and 1.3, the suites of stock servers too, and nothing older', async () => {
    const stock = ['ECDHE-RSA-AES256-SHA384', 'DHE-RSA-AES256-SHA256'].map(
      (ciphers) => ({ maxVersion: 'TLSv1.2', ciphers, dhparam: 'auto' }) as const,
    )
    for (const options of [{ maxVersion: 'TLSv1.2' }, { minVersion: 'TLSv1.3' }, ...stock] as const) {
      const { address } = await peer((_request, response) => response.end('x'), options)
      expect((await caller()([address], message, anyone, 20_000)).ok).toBe(true)
    }
  })

  describe('once the message has left, the outcome is unknown', () => {
    const cases = [
      ['when the peer hangs up', 'network_error', (_: unknown, response: { destroy: () => void }) => response.destroy()],
      ['when the answer breaks off', 'io_error', breakOff],
      ['when there is no answer in time', 'network_error', () => {}],
      [
        'when the answer is too large',
        'message_too_large',
        (_: unknown, response: { end: (b: Buffer) => void }) => response.end(Buffer.alloc(2000)),
      ],
    ] as const
    for (const [name, code, answer] of cases)
      test(`${name}: ${code}`, async () => {
        const { address } = await peer(answer as never)
        const started = performance.now()
        const result = await caller(1000)([address], message, anyone, 2000)
        expect(result).toMatchObject({ ok: false, fault: { path: [code], outcome: 'unknown' } })
        expect(performance.now() - started).toBeLessThan(20_000)
      })
  })

  test('a place that takes the connection and says nothing costs no more than its share of the time', async () => {
    const silent = createTcp(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void silent.close())
    const { address } = await peer((_request, response) => response.end('x'))
    const mute = `127.0.0.1:${(silent.address() as AddressInfo).port}`
    expect((await caller(1e6, 1000)([mute, address], message, anyone, 20_000)).ok).toBe(true)
  })
})
