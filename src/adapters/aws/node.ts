import { randomUUID } from 'node:crypto'
import type { Now } from '../../base/clock.ts'
import { keptFresh } from '../../exchange/kept-fresh.ts'
import { OWED, type Owed } from '../../exchange/life/owed.ts'
import { type Memory, newMemory } from '../../exchange/memory.ts'
import { ALLOWANCES, readAllowances } from '../../exchange/node-allowances.ts'
import type { CurrentConfiguration, CurrentTrust, FetchUrl, Log, NewId, Store, TrustInForce } from '../../exchange/ports.ts'
import { NODE, readStoredNode, type StoredNode } from '../../exchange/stored-node.ts'
import { type TrustKeeper, trustKeeper } from '../../exchange/trust-keeper.ts'
import { lastTrust, refreshTrust } from '../../exchange/trust-refresh.ts'
import { codeOf, type Outcome, refuse } from '../../protocol/faults.ts'
import { fetchOverHttp } from '../http/fetch-url.ts'
import type { Aws } from './aws.ts'
import { dynamoStore } from './dynamo-store.ts'
import { type LockedBucket, lockedBucket } from './s3-locked.ts'

export type NodeInAws = LockedBucket & {
  readonly store: Store
  readonly configuration: CurrentConfiguration
  readonly trust: CurrentTrust
  /** What waits for a signature of this node's owner; it came with the configuration. */
  readonly owed: () => Promise<readonly Owed[]>
  readonly refreshTrust: () => Promise<Outcome<TrustInForce>>
  readonly fetchUrl: FetchUrl
  readonly now: Now
  readonly newId: NewId
  readonly log: Log
  readonly memory: Memory
}
export type Place = {
  readonly aws: Aws
  readonly table: string
  readonly bucket: string
  /** For each request to the bucket. @default what a message has */
  readonly bucketMs?: number
  readonly now: Now
  readonly log: Log
}

/** What every door of a node reaches the world by: its table, its bucket, the centre. Nothing is asked before the first message. */
export function nodeInAws({ aws, table, bucket, bucketMs, now, log }: Place): NodeInAws {
  const store = dynamoStore(aws, table)
  const files = lockedBucket(aws, bucket, bucketMs)
  const memory = newMemory()
  const fetchUrl = fetchOverHttp()
  const node = keptFresh('node', () => readNode(store), now, log)
  const base = { store, ...files, fetchUrl, now, memory, log }
  const refresh = async (known: TrustInForce | undefined): Promise<Outcome<TrustInForce>> => {
    try {
      return await refreshTrust(known, { ...base, anchor: (await node()).anchor })
    } catch (problem) {
      return refuse('internal_error', `the configuration could not be kept: ${problem}`)
    }
  }
  const keeper = onceItWorks(async () => trustKeeper(await lastTrust(base), refresh, now, log, wait))
  return {
    ...base,
    configuration: async () => (await node()).configuration,
    owed: async () => (await node()).owed,
    trust: async () => (await keeper()).current(),
    refreshTrust: async () => (await keeper()).refresh(),
    newId: randomUUID,
  }
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())

async function readNode(store: Store): Promise<StoredNode & { readonly owed: readonly Owed[] }> {
  const [records, allowances] = await Promise.all([store.query(NODE), store.get(ALLOWANCES)])
  const node = readStoredNode(records)
  const owed = records.filter(({ key }) => key.startsWith(OWED)).map(({ value }) => value as Owed)
  if (node.ok) return { ...node.value, owed, configuration: { ...node.value.configuration, allowances: readAllowances(allowances?.value) } }
  throw new Error(`${codeOf(node.fault)}: ${node.fault.detail}`)
}

function onceItWorks(make: () => Promise<TrustKeeper>): () => Promise<TrustKeeper> {
  let made: Promise<TrustKeeper> | undefined
  return () => {
    made ??= make().catch((problem: unknown) => {
      made = undefined
      throw problem
    })
    return made
  }
}
