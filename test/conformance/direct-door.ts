import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { PEER_SUITES } from '../../src/adapters/http/peer-tls.ts'
import { instant, later } from '../../src/base/clock.ts'
import { consume } from '../../src/exchange/consume.ts'
import { CONSUME_MS, PROVIDE_MS } from '../../src/exchange/limits.ts'
import { localService } from '../../src/exchange/local-services/local-services.ts'
import { provide } from '../../src/exchange/provide.ts'
import { speaksRest } from '../../src/exchange/read-outgoing.ts'
import type { NodePorts } from '../../src/local/node-ports.ts'
import { bytesBody } from '../../src/protocol/body.ts'
import { faultAnswer } from '../../src/protocol/fault-body.ts'
import type { Header } from '../../src/protocol/rest-message.ts'
import { soapFaultAnswer } from '../../src/protocol/soap-message.ts'
import { encodeFault } from '../../src/protocol/transport.ts'
import type { TlsIdentity } from '../journeys/peer.ts'

/** A node's flows behind a listener of their own: what a message looks like when no gateway of the cloud touches it. */
export type DirectDoor = AsyncDisposable & { readonly url: string }
type Answer = { readonly status: number; readonly headers: readonly Header[]; readonly body: Uint8Array }
type Call = { readonly method: string; readonly target: string; readonly headers: readonly Header[]; readonly body: Buffer }

const opened = async (identity: TlsIdentity, answer: (call: Call, peer: Buffer | null) => Promise<Answer>): Promise<DirectDoor> => {
  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat((await incoming.toArray()) as Buffer[])
    const raw = incoming.rawHeaders
    const headers = Array.from({ length: raw.length / 2 }, (_, at): Header => [raw[2 * at] ?? '', raw[2 * at + 1] ?? ''])
    const peer = (incoming.socket as TLSSocket).getPeerX509Certificate()?.raw ?? null
    const {
      status,
      headers: own,
      body: said,
    } = await answer({ method: incoming.method ?? '', target: incoming.url ?? '', headers, body }, peer)
    response.sendDate = !own.some(([name]) => name.toLowerCase() === 'date')
    response.writeHead(status, own.flat()).end(said)
  }
  const server = createServer(
    { ...identity, ciphers: PEER_SUITES, dhparam: 'auto', requestCert: true, rejectUnauthorized: false },
    (incoming, response) => {
      serve(incoming, response).catch((problem: unknown) => response.destroy(problem as Error))
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections())
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close }
}

const within = (ms: number) => later(instant(Date.now()), ms)

export const directConsumer = (ports: NodePorts, identity: TlsIdentity): Promise<DirectDoor> =>
  opened(identity, async ({ method, target, headers, body }, certificate) => {
    const requestId = randomUUID()
    const call = { method, target, headers, body: body.length > 0 ? bytesBody(body) : null }
    const caller = { tls: true, certificate }
    const own = await localService(call, caller, {
      ...ports,
      peek: async () => [],
      archiveNow: async () => Promise.reject(new Error('nobody archives here')),
    })
    if (own) return own
    const answer = await consume(call, caller, { requestId, deadline: within(CONSUME_MS) }, ports)
    if (answer.ok) return { ...answer.value, body: answer.value.body?.kind === 'bytes' ? answer.value.body.bytes : Buffer.alloc(0) }
    const accept = headers.filter(([name]) => name.toLowerCase() === 'accept').map(([, value]) => value)
    return speaksRest(call) ? faultAnswer(answer.fault, accept, requestId) : soapFaultAnswer(answer.fault, requestId)
  })

export const directProvider = (ports: NodePorts, identity: TlsIdentity): Promise<DirectDoor> =>
  opened(identity, async ({ method, headers, body }, peer) => {
    const reply = await provide({ method, headers, body, peer, deadline: within(PROVIDE_MS) }, ports)
    if (reply.ok) return { status: 200, ...reply.value }
    const { contentType, body: said } = encodeFault(reply.fault, '')
    return { status: 200, headers: [['content-type', contentType]], body: said }
  })
