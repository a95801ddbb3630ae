import { hash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { chunksOf } from '../adapters/http/chunks.ts'
import { endWith, type ReadStored, sizeOfPieces } from '../adapters/http/octets.ts'
import { PEER_SUITES } from '../adapters/http/peer-tls.ts'
import type { Piece } from '../protocol/body.ts'
import type { Header } from '../protocol/rest-headers.ts'
import { Crowd } from './crowd.ts'
import type { Gateway } from './gateway.ts'
import { headersOf } from './gateway-read.ts'
import { closeServer } from './listen.ts'
import { Turns } from './turns.ts'

/** One request as it comes in; its body is read by whoever serves it. */
export type Arrival = {
  readonly method: string
  /** Raw, as sent. */
  readonly target: string
  readonly headers: readonly Header[]
  /** What the client presented (DER). */
  readonly certificate: Uint8Array | null
  /** The size that the client announced, or 0. */
  readonly announced: number
  readonly body: AsyncIterable<Uint8Array>
}
export type Served = {
  readonly status: number
  readonly headers: readonly Header[]
  readonly body: readonly Piece[]
  /** Called when the answer is out, or nobody is there to take it. */
  readonly over?: () => Promise<void>
}
export type OwnListenerOptions = {
  /** PEM: certificate with its intermediates, and key. */
  readonly certificate: string
  readonly key: string
  /** Judges who connects before a request is read; absent: everybody is heard. */
  readonly admits?: (certificate: Uint8Array | null) => Promise<boolean>
  readonly read: ReadStored
  /** How long a client may take to send a whole request. */
  readonly patienceMs: number
  /** How long it may take for the head of one. */
  readonly headMs?: number
  readonly mostAtOnce?: number
  /** Whether connections stay open for another request. */
  readonly keepAlive: boolean
  readonly onBug: (problem: unknown) => void
}

const MOST_HEADERS = 64 * 1024
const MOST_AT_ONCE = 200
const HEAD_MS = 30_000
/** How long a client that was answered before it was heard out may go on sending, so that it reads the answer. */
const LINGER_MS = 1000

const tlsOf = ({ certificate, key }: Pick<OwnListenerOptions, 'certificate' | 'key'>): ServerOptions => ({
  cert: certificate,
  key,
  minVersion: 'TLSv1.2',
  ciphers: PEER_SUITES,
  dhparam: 'auto',
  honorCipherOrder: true,
  sessionTimeout: 600,
})

type Client = { readonly certificate: Uint8Array | null; readonly name: string }
const clients = new WeakMap<TLSSocket, Client>()
/** Who asks over a connection, found out once: what the client presented, judged with every message, and a name by it, else by where it is. */
function clientOf(socket: TLSSocket): Client {
  const known = clients.get(socket)
  if (known) return known
  const certificate = socket.getPeerX509Certificate()?.raw ?? null
  const client = { certificate, name: certificate ? hash('sha256', certificate, 'hex') : String(socket.remoteAddress) }
  clients.set(socket, client)
  return client
}

/** A node's door without a gateway before it: requests and answers are streamed, headers arrive as they were sent, and nothing is decoded. */
export function ownListener(serve: (arrival: Arrival) => Promise<Served>, options: OwnListenerOptions): Gateway {
  const server = createServer({
    ...tlsOf(options),
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: 10_000,
    maxHeaderSize: MOST_HEADERS,
    headersTimeout: options.headMs ?? HEAD_MS,
    requestTimeout: options.patienceMs,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 15_000,
    insecureHTTPParser: false,
  })
  const crowd = new Crowd(options.mostAtOnce ?? MOST_AT_ONCE)
  server.on('connection', (socket: Socket) => crowd.enter(socket))
  const turns = new Turns()
  const answer = async (message: IncomingMessage, response: ServerResponse) => {
    const { certificate, name } = clientOf(message.socket as TLSSocket)
    if (options.admits && !(await options.admits(certificate))) return void response.destroy()
    await turns.take(name)
    const served = await serve({
      method: message.method ?? '',
      target: message.url ?? '',
      headers: headersOf(message),
      certificate,
      announced: Number(message.headers['content-length'] ?? 0),
      body: chunksOf(message),
    })
    await give(message, response, served, options).finally(() => served.over?.())
  }
  server.on('request', (message, response) => {
    crowd.serve(message.socket, response)
    answer(message, response).catch((problem: unknown) => {
      if (!message.socket.destroyed) options.onBug(problem)
      response.destroy()
    })
  })
  server.on('tlsClientError', (_problem, socket) => socket.destroy())
  return { server, present: (identity) => server.setSecureContext(tlsOf(identity)), close: () => closeServer(server, crowd.all()) }
}

const BODYLESS = new Set([204, 304])

async function give(
  message: IncomingMessage,
  response: ServerResponse,
  served: Served,
  { read, keepAlive }: OwnListenerOptions,
): Promise<void> {
  const { status, headers, body } = served
  const bodyless = BODYLESS.has(status) || message.method === 'HEAD'
  const length = BODYLESS.has(status) ? [] : ['Content-Length', String(sizeOfPieces(body))]
  const heardOut = message.readableEnded || message.complete
  const close = keepAlive && heardOut ? [] : ['Connection', 'close']
  response.writeHead(status, [...headers.flat(), ...length, ...close])
  if (heardOut) return endWith(response, bodyless ? [] : body, read)
  for (const piece of bodyless ? [] : body) if (piece instanceof Uint8Array) response.write(piece)
  response.flushHeaders()
  await heardOutOrTired(message)
  response.end()
}

/** Throws away what the client still sends, for a moment. */
function heardOutOrTired(message: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LINGER_MS)
    message
      .on('error', () => {}) // the client has gone: nobody is left to be answered
      .once('close', () => {
        clearTimeout(timer)
        resolve()
      })
      .resume()
  })
}
