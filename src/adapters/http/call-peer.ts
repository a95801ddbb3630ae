import type { KeyObject } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { ok, type Refused, refused } from '../../base/result.ts'
import type { CallPeer } from '../../exchange/ports.ts'
import { piecesOf } from '../../protocol/body.ts'
import { type Fault, type Outcome, refuse } from '../../protocol/faults.ts'
import { lastValue } from '../../protocol/rest-headers.ts'
import { writePem } from '../../trust/pem.ts'
import { placeOf, secured } from './connection.ts'
import { type Attempt, fastest } from './fastest.ts'
import type { Incoming } from './incoming-answer.ts'
import { type Connection, KeptConnections, standing } from './kept-connections.ts'
import { PEER_TLS } from './peer-tls.ts'
import type { BodyStore } from './take-in.ts'
import { takeMessage } from './take-message.ts'

/** Our own TLS identity: the key, and the certificate with its intermediates (DER, leaf first, without the root). */
export type TlsCredentials = { readonly key: KeyObject; readonly certificates: readonly Uint8Array[] }
export type PeerSettings = {
  /** Asked for every call, so that a renewed key is used at once. */
  readonly credentials: () => Promise<TlsCredentials>
  readonly mostBytes: number
  /** Octets of an answer that are held in memory at most, and where the large bodies of a larger one lie. Absent: all that is taken is held. */
  readonly held?: number
  readonly store?: BodyStore
  /** Milliseconds one address may take to connect when there are others to try. */
  readonly connectMs?: number
  /** Where peers listen whose address names no port. */
  readonly port?: number
  /** Milliseconds a connection waits for another message to the same peer; 0, when nothing is said: every message has a connection of its own. */
  readonly keepIdleMs?: number
}

/** Whose handshake is done: whom it leads to, and whom we were in it. */
type PeerConnection = Connection<TLSSocket> & {
  readonly host: string
  /** What the peer presented (DER). */
  readonly certificate: Uint8Array
  /** Our own leaf certificate (DER), as presented. */
  readonly own: Uint8Array
}

/** Where stock servers listen to each other, and how long they give one server when there are others. */
const PEER_PORT = 5500
const RACE_MS = 30_000
const LEAST_RACE_MS = 5000

/**
 * Calls a peer's node over mutual TLS: one message at a time over a connection, no session resumed. Of several addresses the one that
 * connects first is taken, or one to which a connection waits. The handshake itself trusts nobody: `accepts` judges the certificate before a
 * byte of any message leaves, over a connection that waited too, and an address it refuses is passed over for the next.
 */
export function callPeerOverTls(settings: PeerSettings): CallPeer {
  const race = {
    port: settings.port ?? PEER_PORT,
    raceMs: settings.connectMs ?? RACE_MS,
    leastRaceMs: Math.min(LEAST_RACE_MS, settings.connectMs ?? LEAST_RACE_MS),
    winners: new Map(),
    clock: () => performance.now(),
  }
  const keepIdleMs = settings.keepIdleMs ?? 0
  const keptConnections = new KeptConnections<PeerConnection>(keepIdleMs)
  return async (addresses, message, accepts, budgetMs) => {
    const started = performance.now()
    const left = () => Math.max(1, Math.floor(budgetMs - (performance.now() - started)))
    const { key, certificates } = await settings.credentials()
    const [own = new Uint8Array(0)] = certificates
    const where = [...addresses].sort().join(' ')
    const authenticate: Attempt<PeerConnection> = async (address, plain, ms) => {
      const options = { ...PEER_TLS, key: pem(key), cert: certificates.map(pemOf).join('') }
      const secure = await secured(plain, placeOf(address, race.port), options, ms)
      return secure.ok ? accepted({ socket: secure.value, host: address, own }, accepts) : secure
    }
    const connection = (await waiting(keptConnections, where, own, accepts)) ?? (await fastest(addresses, authenticate, left, race))
    if (!connection.ok) return connection
    const { host, http } = connection.value
    const headers = [['host', host] as const, ...message.headers]
    const outgoing = { method: 'POST', path: '/', headers, body: piecesOf(message) }
    const room = {
      held: Math.min(settings.held ?? settings.mostBytes, settings.mostBytes),
      most: settings.mostBytes,
      store: settings.store,
    }
    const takeIn = ({ headers: said, chunks }: Incoming) =>
      takeMessage(lastValue(said, 'content-type') ?? '', chunks, room, lastValue(said, 'x-original-content-type'))
    const answer = await http.send(outgoing, left(), takeIn, settings.store?.read, keepIdleMs > 0)
    if (!answer.ok) return unknown(answer)
    const { taken, again, ...head } = answer.value
    if (again) keptConnections.give(where, connection.value)
    if (taken !== 'too large') return ok({ ...head, ...taken })
    return unknown(refuse('message_too_large', `the answer has more than ${room.most} octets, or more than ${room.held} to be held`))
  }
}

const unknown = ({ fault }: Refused<Fault>): Refused<Fault> => refused({ ...fault, outcome: 'unknown' })

type Accepts = Parameters<CallPeer>[2]

/** A connection that waited, if we are who we were and its peer is still accepted; another is ended, and what a new handshake shows is judged. */
async function waiting(
  kept: KeptConnections<PeerConnection>,
  where: string,
  own: Uint8Array,
  accepts: Accepts,
): Promise<Outcome<PeerConnection> | undefined> {
  const connection = await kept.usable(where, async (each) => {
    const same = Buffer.compare(each.own, own) === 0
    return same && (await judge(each, accepts)).ok && !each.socket.destroyed
  })
  return connection && ok(connection)
}

/** A connection whose handshake is done, once its peer is accepted; else it is ended. */
async function accepted(made: Pick<PeerConnection, 'socket' | 'host' | 'own'>, accepts: Accepts): Promise<Outcome<PeerConnection>> {
  const certificate = made.socket.getPeerX509Certificate()?.raw
  const judged = certificate ? await judge({ ...made, certificate }, accepts) : NO_CERTIFICATE
  if (judged.ok && certificate) return ok({ ...made, ...standing(made.socket), certificate })
  made.socket.destroy()
  return judged.ok ? NO_CERTIFICATE : judged
}
const NO_CERTIFICATE = refuse('ssl_authentication_failed', 'the peer presented no certificate')

async function judge(
  { socket, certificate, host }: Pick<PeerConnection, 'socket' | 'certificate' | 'host'>,
  accepts: Accepts,
): Promise<Outcome<true>> {
  let lost = (_error: Error) => {}
  const gone = new Promise<Outcome<true>>((resolve) => {
    lost = (error) => resolve(refuse('ssl_authentication_failed', error.message))
    socket.once('error', lost)
  })
  return Promise.race([accepts(certificate, host), gone]).finally(() => socket.removeListener('error', lost))
}

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const pemOf = (der: Uint8Array): string => writePem('CERTIFICATE', der)
