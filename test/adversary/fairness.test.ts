import { createHash } from 'node:crypto'
import { connect, type TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../../src/local/listen.ts'
import { ownListener } from '../../src/local/own-listener.ts'
import { type Credentials, selfSigned } from '../local/self-signed.ts'
import { needs } from '../tools.ts'

const canRun = needs('openssl')
const MANY = 40

describe.skipIf(!canRun)('who asks much', () => {
  let [own, noisy, quiet]: Credentials[] = []
  beforeAll(() => {
    ;[own, noisy, quiet] = ['localhost', 'noisy', 'quiet'].map((name) => selfSigned(name, 'rsa'))
  })

  /** A door at work: while it is busy with the first request, all the others arrive. In which order they begin, by who asks. */
  async function order(asking: readonly Credentials[]): Promise<readonly string[]> {
    const begun: string[] = []
    const serve = async ({ certificate }: { readonly certificate: Uint8Array | null }) => {
      begun.push(certificate ? createHash('sha256').update(certificate).digest('hex') : '')
      if (begun.length === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
      return { status: 200, headers: [], body: [Buffer.from('hola')] }
    }
    const read = async function* () {}
    const made = ownListener(serve, { ...(own as Credentials), patienceMs: 60_000, keepAlive: true, read, onBug: () => {} })
    const port = await listen(made.server, 0)
    if (!port.ok) throw new Error(port.fault.en)
    onTestFinished(made.close)
    const sockets = await Promise.all(asking.map((who) => connected(port.value, who)))
    await Promise.all(sockets.map(answered))
    return begun
  }
  const hashOf = ({ certificate }: Credentials) =>
    createHash('sha256')
      .update(Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64'))
      .digest('hex')

  test('waits for itself: whoever asks once does not stand behind all of its requests', async () => {
    const [loud, soft] = [noisy as Credentials, quiet as Credentials]
    const begun = await order([...Array.from({ length: MANY }, () => loud), soft])
    expect(begun).toHaveLength(MANY + 1)
    const at = begun.indexOf(hashOf(soft))
    console.log(`asked last of ${begun.length}, began as number ${at + 1}`)
    expect(at).toBeGreaterThan(0)
    expect(at).toBeLessThan(MANY / 4)
  })
})

function connected(port: number, { certificate, key }: Credentials): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, cert: certificate, key }, () => resolve(socket))
    socket.once('error', reject)
  })
}

function answered(socket: TLSSocket): Promise<void> {
  socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  return new Promise((resolve, reject) => {
    socket
      .on('error', reject)
      .on('close', () => resolve())
      .resume()
  })
}
