import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2, APIGatewayProxyResult, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { PEER_SUITES } from '../adapters/http/peer-tls.ts'
import type { Now } from '../base/clock.ts'
import { Crowd } from './crowd.ts'
import { httpAnswer, type OwnAnswer, ownAnswer, restAnswer, type WireAnswer } from './gateway-answers.ts'
import { clientCertificateOf } from './gateway-certificate.ts'
import { type Edge, httpEvent, restEvent, type WireRequest } from './gateway-events.ts'
import { headBytes, headersOf, readBody } from './gateway-read.ts'
import { closeServer } from './listen.ts'

/** A door as AWS would invoke it: functions/<door>/handler.ts with its ports filled in. */
export type Door = (
  event: APIGatewayProxyEvent | APIGatewayProxyEventV2,
) => Promise<APIGatewayProxyResult | APIGatewayProxyStructuredResultV2>

export type GatewayOptions = {
  readonly edge: Edge
  /** PEM: certificate with its intermediates, and key. */
  readonly certificate: string
  readonly key: string
  /** Node to node a client certificate is required: without one the connection is simply ended. */
  readonly clientCertificate: 'required' | 'requested'
  readonly now: Now
  /** A door that threw: never shown to the client. */
  readonly onBug: (problem: unknown, requestId: string) => void
  readonly limits?: Partial<GatewayLimits>
}

/** API Gateway's and Lambda's own. Bytes, milliseconds. */
export type GatewayLimits = {
  readonly headBytes: number
  readonly bodyBytes: number
  /** One Lambda event or result as JSON. */
  readonly eventBytes: number
  readonly doorMs: number
  /** How long a client may take to send a request, or to take its answer. */
  readonly clientMs: number
  readonly atOnce: number
}
const LIMITS: Record<Edge, GatewayLimits> = {
  rest: { headBytes: 10_240, bodyBytes: 10 * 1024 * 1024, eventBytes: 6 * 1024 * 1024, doorMs: 29_000, clientMs: 30_000, atOnce: 100 },
  http: { headBytes: 10_240, bodyBytes: 10 * 1024 * 1024, eventBytes: 6 * 1024 * 1024, doorMs: 30_000, clientMs: 30_000, atOnce: 100 },
}

export type Gateway = {
  readonly server: Server
  /** Shows another certificate from the next handshake on. */
  readonly present: (identity: Pick<GatewayOptions, 'certificate' | 'key'>) => void
  readonly close: () => Promise<void>
}

const tlsOf = ({ certificate, key }: Pick<GatewayOptions, 'certificate' | 'key'>) =>
  ({
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    ciphers: PEER_SUITES,
    dhparam: 'auto',
    honorCipherOrder: true,
    sessionTimeout: 600,
  }) as const

/**
 * An API Gateway on loopback: real TLS, and the same events, losses, limits and own answers in front of the same door.
 * The handshake decides nothing about a certificate but that its holder has the key; the door judges it.
 */
export function gateway(door: Door, options: GatewayOptions): Gateway {
  const limits = { ...LIMITS[options.edge], ...options.limits }
  const server = createServer({
    ...tlsOf(options),
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: 10_000,
    // Far above the gateway's limit, so that the answer is the gateway's and not the parser's.
    maxHeaderSize: 4 * limits.headBytes,
    headersTimeout: limits.clientMs,
    requestTimeout: limits.clientMs,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 15_000,
    insecureHTTPParser: false,
  })
  const crowd = new Crowd(2 * limits.atOnce)
  server.on('connection', (socket: Socket) => crowd.enter(socket))
  if (options.clientCertificate === 'required') server.on('secureConnection', endWithoutCertificate)
  const serve = answering(door, options, limits)
  for (const event of ['request', 'checkContinue']) server.on(event, (message, response) => crowd.serve(message.socket, response))
  server.on('request', serve).on('checkContinue', (message, response) => {
    if (Number(message.headers['content-length'] ?? 0) <= limits.bodyBytes) response.writeContinue()
    serve(message, response)
  })
  server.on('clientError', (problem: NodeJS.ErrnoException, socket) => refuseUnreadable(problem, socket as Socket, options.edge))
  server.on('tlsClientError', (_problem, socket) => socket.destroy())
  return { server, present: (identity) => server.setSecureContext(tlsOf(identity)), close: () => closeServer(server, crowd.all()) }
}

function endWithoutCertificate(socket: TLSSocket): void {
  if (!socket.getPeerCertificate()?.raw) socket.destroy()
}

/** What the parser could not read: over-long headers, bad syntax, a client that took too long. */
function refuseUnreadable(problem: NodeJS.ErrnoException, socket: Socket, edge: Edge): void {
  if (problem.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  if (problem.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return void socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  const { status, body } = ownAnswer(problem.code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'bad_request', edge)
  socket.end(
    `HTTP/1.1 ${status} \r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${Buffer.from(body)}`,
  )
}

/** One request from the wire to its answer. Whatever goes wrong in here is ours: reported, never shown. */
function answering(door: Door, options: GatewayOptions, limits: GatewayLimits) {
  let inside = 0
  const answerOne = async (message: IncomingMessage, response: ServerResponse, requestId: string): Promise<void> => {
    const own = (kind: OwnAnswer) => send(response, ownAnswer(kind, options.edge), requestId, options, limits)
    const certificate = clientCertificateOf(message.socket as TLSSocket)
    // A request sent together with the last words of the handshake is read before the connection is ended.
    if (!certificate && options.clientCertificate === 'required') return void response.destroy()
    if (headBytes(message) > limits.headBytes) return own('headers_too_large')
    const body = await readBody(message, limits.bodyBytes)
    if (body === 'gone') return void response.destroy()
    if (body === 'too large') return own('body_too_large')
    if (inside >= limits.atOnce) return own('too_many')
    inside++
    try {
      const answer = await ask(door, wireRequest(message, body, certificate, requestId, options), options, limits)
      if (typeof answer === 'string') own(answer)
      else send(response, answer, requestId, options, limits)
    } finally {
      inside--
    }
  }
  return (message: IncomingMessage, response: ServerResponse): void => {
    const requestId = randomUUID()
    answerOne(message, response, requestId).catch((problem: unknown) => {
      options.onBug(problem, requestId)
      response.destroy()
    })
  }
}

function wireRequest(
  message: IncomingMessage,
  body: Uint8Array,
  clientCertificate: WireRequest['clientCertificate'],
  requestId: string,
  options: GatewayOptions,
): WireRequest {
  const { socket } = message
  return {
    method: message.method ?? '',
    target: message.url ?? '',
    headers: headersOf(message),
    body,
    sourceIp: socket.remoteAddress ?? '',
    port: socket.localPort ?? 0,
    requestId,
    at: options.now(),
    clientCertificate,
  }
}

/** Event → door → answer, within the gateway's time; or which of the gateway's own answers it is. */
async function ask(door: Door, request: WireRequest, options: GatewayOptions, limits: GatewayLimits): Promise<WireAnswer | OwnAnswer> {
  const event = options.edge === 'rest' ? restEvent(request) : httpEvent(request)
  if (!event) return 'bad_request'
  if (Buffer.byteLength(JSON.stringify(event)) > limits.eventBytes) return 'body_too_large'
  const result = await inTime(door(event), limits.doorMs).catch((problem: unknown) => {
    options.onBug(problem, request.requestId)
    return 'failed' as const
  })
  if (result === 'late') return 'door_late'
  if (result === 'failed' || Buffer.byteLength(JSON.stringify(result)) > limits.eventBytes) return 'door_failed'
  return (
    (options.edge === 'rest' ? restAnswer(result as APIGatewayProxyResult) : httpAnswer(result as APIGatewayProxyStructuredResultV2)) ??
    'door_failed'
  )
}

async function inTime<T>(work: Promise<T>, ms: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, ms, 'late')
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** An answer given before the whole request was read ends the connection: the rest of it would be read as a request. */
function send(response: ServerResponse, answer: WireAnswer, requestId: string, options: GatewayOptions, limits: GatewayLimits): void {
  response.sendDate = false
  const headers = [...answer.headers, ['Date', new Date(options.now()).toUTCString()], ['x-amzn-RequestId', requestId]] as const
  const bodyless = answer.status === 204 || answer.status === 304
  const length = bodyless ? [] : ['Content-Length', String(answer.body.length)]
  response.writeHead(answer.status, [...headers.flat(), ...length, ...(response.req.complete ? [] : ['Connection', 'close'])])
  const slow = setTimeout(() => response.destroy(), limits.clientMs)
  response.once('close', () => clearTimeout(slow))
  response.end(bodyless ? undefined : answer.body)
}
