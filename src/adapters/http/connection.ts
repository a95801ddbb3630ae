import { connect as connectPlain, isIP, type LookupFunction, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { ok, type Refused, refused } from '../../base/result.ts'
import { type Fault, type FaultCode, type Outcome, refuse } from '../../protocol/faults.ts'
import { AddressRefused } from './guarded-lookup.ts'

export type Place = { readonly host: string; readonly port: number }

/** 'host', 'host:port', '[::1]:port'. */
export function placeOf(address: string, port: number): Place {
  const [, bracketed, plain, stated] = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(address) ?? []
  return { host: bracketed ?? plain ?? address, port: stated === undefined ? port : Number(stated) }
}

/** A TCP connection, or why there is none: 'unknown_host' or 'network_error'. */
export const openPlain = (place: Place, budgetMs: number, options: { lookup?: LookupFunction } = {}): Promise<Outcome<Socket>> =>
  opened(connectPlain({ ...options, ...place, noDelay: true }), 'connect', place, budgetMs)

/**
 * A TLS connection, or why there is none: 'unknown_host', 'network_error', or 'ssl_authentication_failed' once TCP stood.
 * Every connection is a full handshake: no session is resumed, so whoever judges the certificate judges what was proved just now.
 */
export const openTls = (place: Place, options: ConnectionOptions, budgetMs: number): Promise<Outcome<TLSSocket>> =>
  opened(
    connectTls({
      ...options,
      ...place,
      ...(isIP(place.host) ? {} : { servername: place.host }),
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      ALPNProtocols: ['http/1.1'],
    }).setNoDelay(true),
    'secureConnect',
    place,
    budgetMs,
  )

/** TLS over a connection that stands; refused with 'ssl_authentication_failed'. No session is resumed here either. */
export const secured = (socket: Socket, place: Place, options: ConnectionOptions, budgetMs: number): Promise<Outcome<TLSSocket>> =>
  opened(
    connectTls({ ...options, socket, ...(isIP(place.host) ? {} : { servername: place.host }), ALPNProtocols: ['http/1.1'] }),
    'secureConnect',
    place,
    budgetMs,
    true,
  )

function opened<S extends Socket>(
  socket: S,
  ready: 'connect' | 'secureConnect',
  place: Place,
  budgetMs: number,
  standing = false,
): Promise<Outcome<S>> {
  const where = `${place.host}:${place.port}`
  return new Promise((resolve) => {
    let tcp = standing
    const settle = (outcome: Outcome<S>) => {
      clearTimeout(timer)
      socket.removeListener('error', onError)
      if (!outcome.ok) socket.on('error', () => {}).destroy() // whatever else it has to say, the reason is told
      resolve(outcome)
    }
    const onError = (error: Error) => settle(connectFault(error, where, tcp && ready === 'secureConnect'))
    const timer = setTimeout(() => settle(refuse('network_error', `${where}: no connection within ${budgetMs} ms`)), budgetMs)
    socket.once('error', onError)
    socket.once('connect', () => {
      tcp = true
    })
    socket.once(ready, () => settle(ok(socket)))
  })
}

function connectFault(error: NodeJS.ErrnoException, where: string, handshake: boolean): Refused<Fault> {
  if (error instanceof AddressRefused) return refused(error.fault)
  const name = error.code ?? error.message
  if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') return refuse('unknown_host', `${where}: ${name}`)
  const code: FaultCode = handshake ? 'ssl_authentication_failed' : 'network_error'
  return refuse(code, `${where}: ${name}`)
}
