import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { callPeerOverTls, type TlsCredentials } from '../../src/adapters/http/call-peer.ts'
import { ok } from '../../src/base/result.ts'
import type { CallPeer } from '../../src/exchange/ports.ts'
import { type Outcome, refuse } from '../../src/protocol/faults.ts'
import { writePem } from '../../src/trust/pem.ts'
import { issued, privateKeyOf } from '../trust/authority.ts'

const cast = (async () => {
  const ca = await issued('kept-ca', { use: 'root', subject: [['CN', 'CA']] })
  const of = (name: string) => issued(`kept-${name}`, { use: 'authentication', subject: [['CN', name]] }, ca)
  return { ours: await of('ours'), renewed: await of('renewed'), theirs: await of('theirs') }
})()

const identity = async (name: 'ours' | 'renewed'): Promise<TlsCredentials> => ({
  key: privateKeyOf(`kept-${name}`),
  certificates: [(await cast)[name].certificate.der],
})

/** A peer that echoes, and how many connections and messages it got. */
async function peer(options: ServerOptions & { readonly says?: string } = {}) {
  const { theirs } = await cast
  const key = privateKeyOf('kept-theirs').export({ type: 'pkcs8', format: 'pem' })
  const seen = { connections: 0, messages: 0, resumed: 0, sockets: new Set<TLSSocket>(), names: [] as string[] }
  const server = createServer(
    { key, cert: writePem('CERTIFICATE', theirs.certificate.der), requestCert: true, rejectUnauthorized: false, ...options },
    (request, response) => {
      seen.messages++
      request.resume().on('end', () => response.writeHead(200, options.says ? { connection: options.says } : {}).end('respuesta'))
    },
  )
  server.on('secureConnection', (socket: TLSSocket) => {
    seen.connections++
    if (socket.isSessionReused()) seen.resumed++
    seen.sockets.add(socket)
    seen.names.push(String(socket.getPeerCertificate().subject.CN))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

const message = { headers: [['content-type', 'text/plain']] as const, body: Buffer.from('hola') }
const anyone = async (): Promise<Outcome<true>> => ok(true)
const caller = (keepIdleMs: number, credentials: () => Promise<TlsCredentials> = () => identity('ours')): CallPeer =>
  callPeerOverTls({ credentials, mostBytes: 1e6, connectMs: 10_000, keepIdleMs })
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('a connection to a peer that waits for another message', () => {
  test('carries one message after the other; messages at the same time have one each', async () => {
    const { address, seen } = await peer()
    const call = caller(20_000)
    for (let n = 0; n < 5; n++) expect((await call([address], message, anyone, 20_000)).ok).toBe(true)
    expect([seen.connections, seen.messages]).toEqual([1, 5])
    await Promise.all([1, 2, 3].map(() => call([address], message, anyone, 20_000)))
    expect([seen.connections, seen.messages, seen.resumed]).toEqual([3, 8, 0])
  })

  test('is judged before every message; one that is no longer accepted is ended, and the new handshake is judged too', async () => {
    const { address, seen } = await peer()
    const call = caller(20_000)
    let judged = 0
    const until = (most: number) => async () => (++judged <= most ? ok(true as const) : refuse('ssl_authentication_failed', 'revoked'))
    expect((await call([address], message, until(1), 5000)).ok).toBe(true)
    expect(await call([address], message, until(1), 5000)).toMatchObject({ ok: false, fault: { detail: 'revoked' } })
    expect([judged, seen.messages]).toEqual([3, 1])
  })

  test('is not used after its time, nor when the peer said that it ends it, nor when none is to be kept', async () => {
    const idle = await peer()
    const call = caller(30)
    await call([idle.address], message, anyone, 20_000)
    await pause(80)
    await call([idle.address], message, anyone, 20_000)
    expect(idle.seen.connections).toBe(2)
    const closing = await peer({ says: 'close' })
    const patient = caller(20_000)
    for (let n = 0; n < 2; n++) expect((await patient([closing.address], message, anyone, 20_000)).ok).toBe(true)
    expect(closing.seen.connections).toBe(2)
    const single = await peer()
    const never = caller(0)
    for (let n = 0; n < 2; n++) await never([single.address], message, anyone, 20_000)
    expect(single.seen.connections).toBe(2)
  })

  test('that the peer ended in the meantime costs nothing: another is made', async () => {
    const { address, seen } = await peer()
    const call = caller(20_000)
    await call([address], message, anyone, 20_000)
    for (const socket of seen.sockets) socket.destroy()
    await pause(300)
    expect((await call([address], message, anyone, 20_000)).ok).toBe(true)
    expect([seen.connections, seen.messages]).toEqual([2, 2])
  })

  test('is not used under another certificate than ours of now', async () => {
    const { address, seen } = await peer()
    let name: 'ours' | 'renewed' = 'ours'
    const call = caller(20_000, () => identity(name))
    await call([address], message, anyone, 20_000)
    name = 'renewed'
    await call([address], message, anyone, 20_000)
    expect(seen.names).toEqual(['ours', 'renewed'])
  })
})
