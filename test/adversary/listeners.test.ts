import { request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { instant } from '../../src/base/clock.ts'
import { type Door, gateway } from '../../src/local/gateway.ts'
import { listen } from '../../src/local/listen.ts'
import { ownListener } from '../../src/local/own-listener.ts'
import { type Credentials, selfSigned } from '../local/self-signed.ts'
import { needs } from '../tools.ts'

/** Both listeners a node can have, with little patience, so that a test need not have more. */
type Listener = { readonly port: number; readonly served: () => number; readonly most: number }
const PATIENCE_MS = 1000
const MOST = 8

const canRun = needs('openssl')
let identity: Credentials
beforeAll(() => {
  if (canRun) identity = selfSigned('localhost', 'rsa')
})

async function behindGateway(): Promise<Listener> {
  let served = 0
  const door = (async () => {
    served++
    return { statusCode: 200, body: 'hola' }
  }) as unknown as Door
  const limits = { clientMs: PATIENCE_MS, atOnce: MOST / 2 }
  const made = gateway(door, { ...identity, edge: 'http', clientCertificate: 'requested', now: () => instant(0), onBug: () => {}, limits })
  const port = await listen(made.server, 0)
  if (!port.ok) throw new Error(port.fault.en)
  onTestFinished(made.close)
  return { port: port.value, served: () => served, most: MOST }
}

async function byItself(): Promise<Listener> {
  let served = 0
  const serve = async ({ body }: { readonly body: AsyncIterable<Uint8Array> }) => {
    for await (const _ of body);
    served++
    return { status: 200, headers: [], body: [Buffer.from('hola')] }
  }
  const read = async function* () {}
  const patience = { patienceMs: PATIENCE_MS, headMs: PATIENCE_MS, mostAtOnce: MOST, keepAlive: true }
  const made = ownListener(serve, { ...identity, ...patience, read, onBug: () => {} })
  const port = await listen(made.server, 0)
  if (!port.ok) throw new Error(port.fault.en)
  onTestFinished(made.close)
  return { port: port.value, served: () => served, most: MOST }
}

function honest(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request({ port, host: '127.0.0.1', method: 'POST', rejectUnauthorized: false, agent: false }, (answer) =>
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0)),
    )
    call.on('error', reject)
    call.end('hola')
  })
}

/** Sends an octet at a time for as long as it is let; gives what came back, and after how many milliseconds it was over. */
function trickle(port: number, first: string, more: string): Promise<{ readonly got: string; readonly ms: number }> {
  const began = performance.now()
  return new Promise((resolve) => {
    let got = ''
    let drip: NodeJS.Timeout | undefined
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      socket.write(first)
      drip = setInterval(() => socket.writable && socket.write(more), 50)
    })
    socket.setEncoding('latin1').on('data', (text: string) => {
      got += text
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(drip)
      resolve({ got, ms: performance.now() - began })
    })
  })
}

const open: (TLSSocket | ReturnType<typeof connectPlain>)[] = []
beforeEach(() => {
  for (const socket of open.splice(0)) socket.destroy()
})
afterAll(() => {
  for (const socket of open.splice(0)) socket.destroy()
})

describe.each([
  ['behind a gateway', behindGateway],
  ['that listens by itself', byItself],
] as const)('a node %s', (_kind, start) => {
  test('slowloris: a head that never ends is cut off in its time, is served to nobody, and others are served meanwhile', async () => {
    const { port, served } = await start()
    const attacks = Array.from({ length: 3 }, () => trickle(port, 'GET / HTTP/1.1\r\nHost: x\r\n', 'X-a: b\r\n'))
    expect(await honest(port)).toBe(200)
    for (const { got, ms } of await Promise.all(attacks)) {
      expect(got).toMatch(/^$|^HTTP\/1\.1 408 /)
      expect(ms).toBeLessThan(PATIENCE_MS + 60_000)
    }
    expect(served()).toBe(1)
  })

  test('a trickled body is cut off in its time, and others are served meanwhile', async () => {
    const { port, served } = await start()
    const attacks = Array.from({ length: 3 }, () => trickle(port, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n', 'x'))
    expect(await honest(port)).toBe(200)
    for (const { ms } of await Promise.all(attacks)) expect(ms).toBeLessThan(PATIENCE_MS + 60_000)
    expect(served()).toBe(1)
  })

  test('oversized headers, in one piece and without end, are refused with 431 or cut off before they are held', async () => {
    const { port, served } = await start()
    const whole = await trickle(port, `GET / HTTP/1.1\r\nHost: x\r\nX-a: ${'a'.repeat(300_000)}\r\n\r\n`, '')
    const endless = await trickle(port, 'GET / HTTP/1.1\r\nHost: x\r\nX-a: ', 'a'.repeat(20_000))
    for (const { got } of [whole, endless]) expect(got).toMatch(/^$|^HTTP\/1\.1 431 /)
    expect(served()).toBe(0)
    expect(await honest(port)).toBe(200)
  })

  test('two requests in one, told apart by two lengths, are not read at all', async () => {
    const { port, served } = await start()
    const smuggled =
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /inside HTTP/1.1\r\nHost: x\r\n\r\n'
    const { got } = await trickle(port, smuggled, '')
    expect(got).toMatch(/^$|^HTTP\/1\.1 400 /)
    expect(served()).toBe(0)
  })
})

describe('a flood of connections', () => {
  test.each([
    ['behind a gateway', behindGateway],
    ['that listens by itself', byItself],
  ] as const)('that ask nothing takes nobody’s place at a node %s, before the handshake and after it', async (_kind, start) => {
    const { port, most } = await start()
    for (let n = 0; n < 3 * most; n++) open.push(connectPlain({ port, host: '127.0.0.1' }).on('error', () => {}))
    expect(await honest(port)).toBe(200)
    for (let n = 0; n < 3 * most; n++) open.push(connect({ port, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => {}))
    expect(await honest(port)).toBe(200)
    expect(await honest(port)).toBe(200)
  })
})
