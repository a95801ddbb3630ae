import type { KeyObject } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { ok, type Refused, refused } from '../../base/result.ts'
import type { CallPeer } from '../../exchange/ports.ts'
import { type Fault, type Outcome, refuse } from '../../protocol/faults.ts'
import { placeOf, secured } from './connection.ts'
import { type Attempt, fastest } from './fastest.ts'
import { withLeftOut } from './octets.ts'
import { PEER_TLS } from './peer-tls.ts'
import { send } from './send.ts'
import type { BodyStore } from './take-in.ts'
import { takeMessage } from './take-message.ts'

/** Our own TLS identity: the key, and the certificate with its intermediates (DER, leaf first, without the root). */
export type TlsCredentials = { readonly key: KeyObject; readonly certificates: readonly Uint8Array[] }
export type PeerSettings = {
  /** Asked for every call, so that a renewed key is used at once. */
  readonly credentials: () => Promise<TlsCredentials>
  readonly mostBytes: number
  /** Octets of an answer that are held in memory at most, and where the REST body of a larger one lies. Absent: all that is taken is held. */
  readonly held?: number
  readonly store?: BodyStore
  /** Milliseconds one address may take to connect when there are others to try. */
  readonly connectMs?: number
  /** Where peers listen whose address names no port. */
  readonly port?: number
}

/** Where stock servers listen to each other, and how long they give one server when there are others. */
const PEER_PORT = 5500
const RACE_MS = 30_000
const LEAST_RACE_MS = 5000

/**
 * Calls a peer's node over mutual TLS: one connection per message, closed after the answer, never resumed. Of several addresses the one that
 * connects first is taken. The handshake itself trusts nobody: `accepts` judges the certificate before a byte of the message leaves, and an
 * address it refuses is passed over for the next.
 */
export function callPeerOverTls(settings: PeerSettings): CallPeer {
  const race = {
    port: settings.port ?? PEER_PORT,
    raceMs: settings.connectMs ?? RACE_MS,
    leastRaceMs: Math.min(LEAST_RACE_MS, settings.connectMs ?? LEAST_RACE_MS),
    winners: new Map(),
    clock: () => performance.now(),
  }
  return async (addresses, message, accepts, budgetMs) => {
    const started = performance.now()
    const left = () => Math.max(1, Math.floor(budgetMs - (performance.now() - started)))
    const { key, certificates } = await settings.credentials()
    const options = { ...PEER_TLS, key: pem(key), cert: certificates.map(pemOf).join('') }
    const authenticate: Attempt<Connection> = async (address, socket, ms) => {
      const secure = await secured(socket, placeOf(address, race.port), options, ms)
      if (!secure.ok) return secure
      const accepted = await judge(secure.value, address, accepts)
      if (accepted.ok) return ok({ socket: secure.value, host: address })
      secure.value.destroy()
      return accepted
    }
    const connection = await fastest(addresses, authenticate, left, race)
    if (!connection.ok) return connection
    const { socket, host } = connection.value
    const headers = [['host', host] as const, ...message.headers]
    const outgoing = { method: 'POST', path: '/', headers, body: withLeftOut(message.body, message.leftOut) }
    const room = {
      held: Math.min(settings.held ?? settings.mostBytes, settings.mostBytes),
      most: settings.mostBytes,
      store: settings.store,
    }
    const takeIn = (incoming: IncomingMessage) => takeMessage(incoming.headers['content-type'] ?? '', incoming, room)
    const answer = await send(socket, outgoing, left(), takeIn, settings.store?.read)
    if (!answer.ok) return unknown(answer)
    const { taken, ...head } = answer.value
    if (taken !== 'too large') return ok({ ...head, ...taken })
    socket.destroy()
    return unknown(refuse('message_too_large', `the answer has more than ${room.most} octets, or more than ${room.held} to be held`))
  }
}

const unknown = ({ fault }: Refused<Fault>): Refused<Fault> => refused({ ...fault, outcome: 'unknown' })

type Accepts = Parameters<CallPeer>[2]
type Connection = { readonly socket: TLSSocket; readonly host: string }

async function judge(socket: TLSSocket, address: string, accepts: Accepts): Promise<Outcome<true>> {
  const certificate = socket.getPeerX509Certificate()?.raw
  if (!certificate) return refuse('ssl_authentication_failed', 'the peer presented no certificate')
  const gone = new Promise<Outcome<true>>((resolve) =>
    socket.once('error', (error) => resolve(refuse('ssl_authentication_failed', error.message))),
  )
  return Promise.race([accepts(certificate, address), gone])
}

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const pemOf = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
