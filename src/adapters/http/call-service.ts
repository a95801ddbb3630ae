import type { Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { ok } from '../../base/result.ts'
import type { CallService, ServiceTls } from '../../exchange/ports.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { openPlain, openTls, placeOf } from './connection.ts'
import { send } from './send.ts'

/**
 * Calls an agency's service: one connection per call, no redirect, no retry, no compression asked for, no cookies.
 * Refusals before the request leaves: 'service_malformed_url', 'unknown_host', 'network_error', 'ssl_authentication_failed'.
 */
export function callServiceOverHttp(identity: Pick<ConnectionOptions, 'key' | 'cert'> = {}): CallService {
  return async (call, tls, budgetMs, mostBytes) => {
    const started = performance.now()
    const left = () => Math.max(1, Math.floor(budgetMs - (performance.now() - started)))
    const target = splitUrl(call.url)
    if (!target.ok) return target
    const { secure, authority, path } = target.value
    const place = placeOf(authority, secure ? 443 : 80)
    const socket = secure ? await openJudged(place, tls, identity, left()) : await openPlain(place, left())
    if (!socket.ok) return socket
    const message = { method: call.method, path, headers: [['host', authority] as const, ...call.headers], body: call.body }
    const answer = await send(socket.value, message, left(), mostBytes)
    return answer.ok ? answer : { ok: false, fault: { ...answer.fault, outcome: 'unknown' } }
  }
}

type UrlParts = { readonly secure: boolean; readonly authority: string; readonly path: string }

/** Taken apart by hand: a URL class would tidy the path, and the service must see it as the consumer wrote it. */
function splitUrl(url: string): Outcome<UrlParts> {
  const [, scheme, authority, rest] = /^(https?):\/\/([^/?#@\s]+)([/?][\x21-\x7e]*)?$/i.exec(url) ?? []
  if (!scheme || !authority) return refuse('service_malformed_url', 'the address of the service is no http or https URL')
  const path = rest === undefined ? '/' : rest.startsWith('?') ? `/${rest}` : rest
  return ok({ secure: scheme.toLowerCase() === 'https', authority, path })
}

/** The certificate is judged before a byte of the request leaves. */
async function openJudged(
  place: { host: string; port: number },
  tls: ServiceTls,
  identity: Pick<ConnectionOptions, 'key' | 'cert'>,
  budgetMs: number,
): Promise<Outcome<Socket>> {
  const socket = await openTls(place, { ...identity, rejectUnauthorized: tls.kind === 'verified' }, budgetMs)
  if (!socket.ok || tls.kind !== 'pinned' || isOneOf(socket.value, tls.certificates)) return socket
  socket.value.destroy()
  return refuse('ssl_authentication_failed', 'the service presented none of the certificates registered for it')
}

function isOneOf(socket: TLSSocket, certificates: readonly Uint8Array[]): boolean {
  const presented = socket.getPeerX509Certificate()?.raw
  return presented !== undefined && certificates.some((each) => Buffer.compare(each, presented) === 0)
}
