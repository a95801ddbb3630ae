import type { KeyObject } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { ok } from '../../base/result.ts'
import type { CallPeer } from '../../exchange/ports.ts'
import { type Fault, type Outcome, refuse } from '../../protocol/faults.ts'
import { openTls, placeOf } from './connection.ts'
import { heldWhole, send } from './send.ts'

/** Our own TLS identity: the key, and the certificate with its intermediates (DER, leaf first, without the root). */
export type TlsCredentials = { readonly key: KeyObject; readonly certificates: readonly Uint8Array[] }
export type PeerSettings = {
  /** Asked for every call, so that a renewed key is used at once. */
  readonly credentials: () => Promise<TlsCredentials>
  readonly mostBytes: number
  /** Milliseconds one address may take to connect when there are others to try. */
  readonly connectMs?: number
}

/** Where stock servers listen to each other. */
const PEER_PORT = 5500

/**
 * Calls a peer's node over mutual TLS: one connection per message, closed after the answer, never resumed. The handshake itself trusts nobody:
 * `accepts` judges the certificate before a byte of the message leaves, and an address it refuses is passed over for the next.
 */
export function callPeerOverTls(settings: PeerSettings): CallPeer {
  return async (addresses, message, accepts, budgetMs) => {
    const started = performance.now()
    const left = () => Math.max(1, Math.floor(budgetMs - (performance.now() - started)))
    const connection = await firstAccepted(addresses, settings, accepts, left)
    if (!connection.ok) return connection
    const { socket, host } = connection.value
    const headers = [['host', host] as const, ...message.headers]
    const answer = await send(socket, { method: 'POST', path: '/', headers, body: message.body }, left(), settings.mostBytes)
    const whole = heldWhole(answer, settings.mostBytes)
    return whole.ok ? whole : { ok: false, fault: { ...whole.fault, outcome: 'unknown' } }
  }
}

type Accepts = Parameters<CallPeer>[2]
type Connection = { readonly socket: TLSSocket; readonly host: string }

/** The last reason why an address was passed over is the one told; a refused certificate says more than a dead address. */
async function firstAccepted(
  addresses: readonly string[],
  settings: PeerSettings,
  accepts: Accepts,
  left: () => number,
): Promise<Outcome<Connection>> {
  const credentials = await settings.credentials()
  let told: Fault | undefined
  for (const [index, address] of addresses.entries()) {
    const last = index === addresses.length - 1
    const connection = await connectTo(address, credentials, accepts, last ? left() : Math.min(settings.connectMs ?? 5000, left()))
    if (connection.ok) return connection
    if (!told || isJudgement(connection.fault) || !isJudgement(told)) told = connection.fault
  }
  return told ? { ok: false, fault: told } : refuse('network_error', 'no address to connect to')
}

const isJudgement = ({ path }: Fault): boolean => path[0] !== 'network_error' && path[0] !== 'unknown_host'

async function connectTo(
  address: string,
  { key, certificates }: TlsCredentials,
  accepts: Accepts,
  budgetMs: number,
): Promise<Outcome<Connection>> {
  const options = { key: pem(key), cert: certificates.map(pemOf).join(''), rejectUnauthorized: false }
  const socket = await openTls(placeOf(address, PEER_PORT), options, budgetMs)
  if (!socket.ok) return socket
  const accepted = await judge(socket.value, accepts)
  if (accepted.ok) return ok({ socket: socket.value, host: address })
  socket.value.destroy()
  return accepted
}

async function judge(socket: TLSSocket, accepts: Accepts): Promise<Outcome<true>> {
  const certificate = socket.getPeerX509Certificate()?.raw
  if (!certificate) return refuse('ssl_authentication_failed', 'the peer presented no certificate')
  const gone = new Promise<Outcome<true>>((resolve) =>
    socket.once('error', (error) => resolve(refuse('ssl_authentication_failed', error.message))),
  )
  return Promise.race([accepts(certificate), gone])
}

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
const pemOf = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
