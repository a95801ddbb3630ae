import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { callPeerOverTls } from '../adapters/http/call-peer.ts'
import { callServiceOverHttp } from '../adapters/http/call-service.ts'
import { stampOverHttp } from '../adapters/http/stamp.ts'
import type { Keys } from '../adapters/local/keys.ts'
import type { LockedFiles } from '../adapters/local/locked-files.ts'
import type { NodeStore } from '../adapters/local/node-store.ts'
import type { Spool } from '../adapters/local/spool.ts'
import type { Now } from '../base/clock.ts'
import type { ArchivePorts } from '../exchange/archive.ts'
import type { ConsumePorts } from '../exchange/consume.ts'
import { MOST_MESSAGE } from '../exchange/limits.ts'
import { newMemory } from '../exchange/memory.ts'
import type { CurrentConfiguration, FetchUrl, Log, TrustInForce } from '../exchange/ports.ts'
import type { ProvidePorts } from '../exchange/provide.ts'
import { PUBLIC_ONLY } from '../exchange/reach/reach.ts'
import { trustKeeper } from '../exchange/trust-keeper.ts'
import { lastTrust } from '../exchange/trust-refresh.ts'
import { gossiping, gossipWord, hear } from '../exchange/watch/gossip.ts'
import { stampsInTime } from '../exchange/watch/stamps.ts'
import { watchedRefresh } from '../exchange/watch/watched-refresh.ts'
import type { Outcome } from '../protocol/faults.ts'
import { readAnchor } from '../trust/anchor.ts'
import { logCounting, signLogged } from './node-counts.ts'
import { must } from './node-file.ts'
import type { OwnTerms } from './node-settings.ts'

/** Everything a node's flows reach the world by. */
export type NodePorts = ConsumePorts & ProvidePorts & ArchivePorts

export type Bindings = {
  readonly folder: string
  readonly now: Now
  readonly log: Log
  readonly keys: Keys
  readonly store: NodeStore
  readonly files: LockedFiles
  /** How the centre is reached. */
  readonly fetchUrl: FetchUrl
  /** It may change while the node runs. */
  readonly configuration: CurrentConfiguration
  /** The name of the TLS key in use: it changes when its certificate is renewed. */
  readonly tlsKey: () => string
  /** Where peers listen whose address names no port; undefined: as stock servers do. */
  readonly peerPort: number | undefined
  /** Of a node that listens by itself: its limits, and where large bodies lie. */
  readonly own?: OwnTerms & { readonly spool: Spool }
}

/** Shorter than the five seconds after which servers on Node end a connection nobody uses. */
const KEEP_IDLE_MS = 4000
/** Of an agency's service: whatever server it is, it waits longer than this for another call. */
const SERVICE_IDLE_MS = 500

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())

/** Binds a node's ports to its folder and to real connections. `refreshTrust` looks for a newer configuration without waiting for traffic. */
export async function bindPorts({
  folder,
  now,
  log,
  keys,
  store,
  files,
  fetchUrl,
  configuration,
  tlsKey,
  peerPort,
  own,
}: Bindings): Promise<{ ports: NodePorts; refreshTrust: () => Promise<Outcome<TrustInForce>> }> {
  const memory = newMemory()
  const storing = own ? { held: own.limits.held, store: own.spool } : {}
  const anchor = must(readAnchor(readFileSync(join(folder, 'anchor.xml'))))
  const refreshing = { anchor, fetchUrl, store: store.store, ...files, now, memory, log }
  const alarms = { store: store.store, now, log }
  const trust = trustKeeper(await lastTrust(refreshing), (known) => watchedRefresh(known, refreshing), now, log, wait)
  const gossip = { ...alarms, trust: trust.current }
  const ports: NodePorts = {
    configuration,
    trust: trust.current,
    newerTrust: trust.newer,
    sign: signLogged(keys.sign, folder, now),
    keep: store.keep,
    callPeer: gossiping(
      callPeerOverTls({
        credentials: async () => {
          const { certificate, intermediates } = (await configuration()).authentication
          return { key: keys.privateKey(tlsKey()), certificates: [certificate, ...intermediates] }
        },
        mostBytes: own?.limits.message ?? MOST_MESSAGE,
        keepIdleMs: KEEP_IDLE_MS,
        ...(peerPort === undefined ? {} : { port: peerPort }),
        ...storing,
      }),
      gossip,
    ),
    callService: callServiceOverHttp({
      reach: async () => (await configuration()).reach ?? PUBLIC_ONLY,
      keepIdleMs: SERVICE_IDLE_MS,
      ...storing,
    }),
    fetchUrl,
    stamp: stampOverHttp(
      fetchUrl,
      trust.current,
      log,
      stampsInTime({ ...alarms, memory, fetchUrl, otherClocks: anchor.sources.map(({ url }) => url) }),
    ),
    gossip: { word: async () => gossipWord(trust.current), hear: (word, peer) => hear(word, peer, gossip) },
    drain: store.drain,
    acknowledge: store.acknowledge,
    ...files,
    store: store.store,
    now,
    newId: randomUUID,
    journal: { ...files, peek: async (most, mostBytes) => (await store.drain(most, mostBytes)).map(({ bytes }) => bytes) },
    log: logCounting(log, folder, now),
    memory,
  }
  return { ports, refreshTrust: trust.refresh }
}
