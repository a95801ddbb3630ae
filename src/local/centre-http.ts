import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Now } from '../base/clock.ts'
import type { NodeAnswer, NodeCall } from '../exchange/centre/node-door.ts'
import { readBody } from './gateway-read.ts'
import { closeServer } from './listen.ts'

/** What the centre answers over plain HTTP. Everything it says is signed, so the channel need not be. */
export type CentreDoors = {
  /** DER OCSPRequest → DER OCSPResponse. */
  readonly ocsp: (request: Uint8Array) => Promise<Uint8Array>
  /** DER TimeStampReq → DER TimeStampResp. */
  readonly timestamp: (query: Uint8Array) => Promise<Uint8Array>
  /** A management request of a node → SOAP. */
  readonly management: (contentType: string, body: Uint8Array) => Promise<{ readonly contentType: string; readonly body: Uint8Array }>
  /** A published file by its path: '/internalconf' with a version, or '/V6/…/shared-params.xml'. undefined: none such. */
  readonly published: (path: string, version: string | null) => Promise<Uint8Array | undefined>
  /** What nodes ask beside messages: everything under /node/. */
  readonly node: (call: NodeCall) => Promise<NodeAnswer>
  /** A door that is shut ends its connections without a word: a drill. */
  readonly isShut: (door: CentreDoor) => boolean
  readonly now: Now
  readonly onBug: (problem: unknown) => void
}
export type CentreDoor = 'ocsp' | 'timestamp' | 'published' | 'management' | 'node'
type Answer = { readonly status: number; readonly type: string; readonly body: Uint8Array }

/** One OCSP or time-stamp request is a few hundred octets. */
const MOST_BYTES = 16 * 1024
const POSTS: Readonly<Record<string, { readonly accepts: string; readonly answers: string; readonly door: 'ocsp' | 'timestamp' }>> = {
  '/ocsp': { accepts: 'application/ocsp-request', answers: 'application/ocsp-response', door: 'ocsp' },
  '/tsa': { accepts: 'application/timestamp-query', answers: 'application/timestamp-reply', door: 'timestamp' },
}

/** OCSP, time stamps and the global configuration on one port. `Date` is the centre's own clock, by which nodes check theirs. */
export function centreServer(doors: CentreDoors): { readonly server: Server; readonly close: () => Promise<void> } {
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000, maxHeaderSize: 8192 }, (message, response) => {
    if (doors.isShut(doorOf(message))) return void response.destroy()
    answer(message, doors).then(
      (made) => send(response, made, doors.now),
      (problem: unknown) => {
        doors.onBug(problem)
        send(response, plain(500), doors.now)
      },
    )
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return { server, close: () => closeServer(server, sockets, 200) }
}

const MANAGEMENT = /^\/managementservice\/?$/
/** Stock servers end at the same size. */
const MOST_MANAGEMENT_BYTES = 100_000
const doorOf = ({ url = '' }: IncomingMessage): CentreDoor =>
  url.startsWith('/node/') ? 'node' : MANAGEMENT.test(url) ? 'management' : (POSTS[url]?.door ?? 'published')

async function answer(message: IncomingMessage, doors: CentreDoors): Promise<Answer> {
  const url = new URL(message.url ?? '/', 'http://centre')
  const post = POSTS[url.pathname]
  if (post) return answerPost(message, post, doors)
  if (MANAGEMENT.test(url.pathname)) return answerManagement(message, doors)
  if (url.pathname.startsWith('/node/')) return answerForNode(message, url, doors)
  if (message.method !== 'GET' && message.method !== 'HEAD') return plain(405)
  const file = await doors.published(url.pathname, url.searchParams.get('version'))
  return file ? { status: 200, type: 'application/octet-stream', body: file } : plain(404)
}

async function answerPost(
  message: IncomingMessage,
  { accepts, answers, door }: (typeof POSTS)[string],
  doors: CentreDoors,
): Promise<Answer> {
  if (message.method !== 'POST') return plain(405)
  if (message.headers['content-type'] !== accepts) return plain(415)
  const body = await readBody(message, MOST_BYTES)
  return typeof body === 'string' ? plain(413) : { status: 200, type: answers, body: await doors[door](body) }
}

async function answerManagement(message: IncomingMessage, { management }: CentreDoors): Promise<Answer> {
  if (message.method !== 'POST') return plain(405)
  const body = await readBody(message, MOST_MANAGEMENT_BYTES)
  if (typeof body === 'string') return plain(413)
  const answer = await management(message.headers['content-type'] ?? '', body)
  return { status: 200, type: answer.contentType, body: answer.body }
}

async function answerForNode(message: IncomingMessage, url: URL, { node }: CentreDoors): Promise<Answer> {
  const body = await readBody(message, MOST_MANAGEMENT_BYTES)
  if (typeof body === 'string') return plain(413)
  const call = {
    method: message.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    contentType: message.headers['content-type'] ?? '',
    body,
  }
  const { status, contentType, body: answer } = await node(call)
  return { status, type: contentType, body: answer }
}

const plain = (status: number): Answer => ({ status, type: 'text/plain', body: Buffer.alloc(0) })

function send(response: ServerResponse, { status, type, body }: Answer, now: Now): void {
  response.sendDate = false
  const close = response.req.complete ? {} : { Connection: 'close' }
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': body.length,
    'Cache-Control': 'no-cache',
    Date: new Date(now()).toUTCString(),
    ...close,
  })
  response.end(body)
}
