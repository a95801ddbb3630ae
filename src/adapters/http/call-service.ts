import { lookup } from 'node:dns'
import type { LookupFunction, Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { ok } from '../../base/result.ts'
import type { CallService, HttpCall, ServiceAnswer, ServiceTls } from '../../exchange/ports.ts'
import { judgeAddress, judgeHost, type Reach } from '../../exchange/reach/reach.ts'
import { readServiceUrl } from '../../exchange/reach/service-url.ts'
import { piecesOf } from '../../protocol/body.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { lastValue } from '../../protocol/rest-headers.ts'
import { openPlain, openTls, type Place } from './connection.ts'
import { guardedLookup } from './guarded-lookup.ts'
import type { Incoming } from './incoming-answer.ts'
import { type Connection, KeptConnections, standing } from './kept-connections.ts'
import { type BodyStore, type Room, takeOrDigest } from './take-in.ts'
import { takePackageOrDigest } from './take-message.ts'

export type ServiceSettings = {
  /** Where services may lie besides the public network. Asked for every call. */
  readonly reach: () => Promise<Reach>
  /** What we present to services that ask who calls. */
  readonly identity?: Pick<ConnectionOptions, 'key' | 'cert'>
  /** The machine's own unless a test says otherwise. */
  readonly lookup?: LookupFunction
  /** Octets of an answer that are held in memory at most, and where a larger one lies. Absent: all that is taken is held. */
  readonly held?: number
  readonly store?: BodyStore
  /**
   * Milliseconds a connection waits for another call of the same service, where the service promises to keep it a second or more; 0, when nothing is
   * said: every call has a connection of its own.
   */
  readonly keepIdleMs?: number
}

/**
 * Calls an agency's service: one call at a time over a connection, no redirect, no retry, no compression asked for, no cookies.
 * Its host is judged by `reach` as it is written, and every address it resolves to before a connection is made to it; one that waited is judged
 * again, by its address and by what it presented.
 * Refusals before the request leaves: 'service_malformed_url', 'unknown_host', 'network_error', 'ssl_authentication_failed'.
 */
export function callServiceOverHttp({
  reach,
  identity = {},
  lookup: look = lookup as LookupFunction,
  held = Number.POSITIVE_INFINITY,
  store,
  keepIdleMs = 0,
}: ServiceSettings): CallService {
  const kept = new KeptConnections(keepIdleMs)
  return async (call, tls, budgetMs, mostBytes) => {
    const started = performance.now()
    const left = () => Math.max(1, Math.floor(budgetMs - (performance.now() - started)))
    const target = readServiceUrl(call.url)
    if (!target.ok) return target
    const { secure, authority, host, port, path } = target.value
    const reachable = await reach()
    const judged = judgeHost(host, reachable)
    if (!judged.ok) return judged
    const guarded = { lookup: guardedLookup(look, (name, address) => judgeAddress(name, address, reachable)) }
    const place = { host, port }
    const where = `${secure ? tls.kind : 'plain'} ${host} ${port}`
    const open = () => (secure ? openJudged(place, tls, { ...identity, ...guarded }, left()) : openPlain(place, left(), guarded))
    const waited = await kept.usable(where, ({ socket }) => mayStill(socket, place, tls, reachable))
    const connection = waited ? ok(waited) : await opened(open)
    if (!connection.ok) return connection
    const used = connection.value
    const headers = [['host', authority] as const, ...call.headers]
    const message = { method: call.method, path, headers, body: call.body && piecesOf({ ...call, body: call.body }) }
    const room = { held: Math.min(held, mostBytes), most: mostBytes, store }
    const answer = await used.http.send(message, left(), (incoming) => takeAnswer(call, incoming, room), store?.read, keepIdleMs > 0)
    if (!answer.ok) return { ok: false, fault: { ...answer.fault, outcome: 'unknown' } }
    const { taken, again, ...head } = answer.value
    if (again && keepsOpen(head)) kept.give(where, used)
    else used.socket.destroy()
    return ok({ ...head, ...taken })
  }
}

async function opened(open: () => Promise<Outcome<Socket>>): Promise<Outcome<Connection>> {
  const socket = await open()
  return socket.ok ? ok(standing(socket.value)) : socket
}

const mayStill = (socket: Socket, { host }: Place, tls: ServiceTls, reachable: Reach): boolean =>
  judgeAddress(host, socket.remoteAddress ?? '', reachable).ok && (tls.kind !== 'pinned' || isOneOf(socket as TLSSocket, tls.certificates))

/** 'Keep-Alive: timeout=5'. Without such a promise, a call could meet a connection that is being ended, and nobody would know whether it was taken. */
const keepsOpen = ({ headers }: Pick<ServiceAnswer, 'headers'>): boolean =>
  headers.some(
    ([name, value]) => name.toLowerCase() === 'keep-alive' && Number(/(?:^|[,\s])timeout=(\d{1,9})(?![\d.])/i.exec(value)?.[1] ?? 0) > 0,
  )

/** Of an answer that is a package, large attachments are stored one by one; of another, the whole of it. */
async function takeAnswer(
  { packaged }: HttpCall,
  { headers, chunks }: Incoming,
  room: Room,
): Promise<Pick<ServiceAnswer, 'body' | 'leftOut'>> {
  const type = lastValue(headers, 'content-type') ?? ''
  if (!packaged || !/^multipart\/related/i.test(type)) return { body: await takeOrDigest(chunks, room) }
  const taken = await takePackageOrDigest(type, chunks, room)
  return 'body' in taken ? taken : { body: taken }
}

/** The certificate is judged before a byte of the request leaves. */
async function openJudged(place: Place, tls: ServiceTls, options: ConnectionOptions, budgetMs: number): Promise<Outcome<Socket>> {
  const socket = await openTls(place, { ...options, rejectUnauthorized: tls.kind === 'verified' }, budgetMs)
  if (!socket.ok || tls.kind !== 'pinned' || isOneOf(socket.value, tls.certificates)) return socket
  socket.value.destroy()
  return refuse('ssl_authentication_failed', 'the service presented none of the certificates registered for it')
}

function isOneOf(socket: TLSSocket, certificates: readonly Uint8Array[]): boolean {
  const presented = socket.getPeerX509Certificate()?.raw
  return presented !== undefined && certificates.some((each) => Buffer.compare(each, presented) === 0)
}
