import { join } from 'node:path'
import { openNodeStore } from '../src/adapters/local/node-store.ts'
import { readArchive } from '../src/evidence/archive-verify.ts'
import { verifyContainer } from '../src/evidence/container-verify.ts'
import { type EvidenceRecord, encodeRecord } from '../src/evidence/record.ts'
import { seal } from '../src/exchange/seal.ts'
import { secure } from '../src/exchange/secure.ts'
import { collect } from './collect.ts'
import { benchFolder, benchNodes } from './nodes.ts'

export type SealingFigures = {
  readonly securedPerSecond: number
  readonly sealedPerSecond: number
  readonly octetsOfRecord: number
  readonly octetsOfContainer: number
  /** Held at most, beyond what was held before, while so many octets of records were secured and sealed. */
  readonly heldMiB: number
  readonly heldOverMiB: number
  readonly verifiedPerSecond: number
}

/**
 * The line behind the messages over so many exchanges of a provider's node, on a real disk, then every container verified from its octets. Then
 * once more over as many, to see what it holds in memory: more than one archive file's worth of records.
 */
export async function benchSealing(exchanges = 1250): Promise<SealingFigures> {
  const { nodes, exchange } = await benchNodes(4096, 8192, 100)
  const records = openNodeStore(join(benchFolder(), 'records.sqlite'))
  let turn = 0
  let octets = 0
  const keep = (record: EvidenceRecord) => {
    octets += encodeRecord(record).length
    return records.keep({ ...record, requestId: `${record.requestId}-${turn++ >> 1}` })
  }
  Object.assign(nodes.provider.ports, { keep })
  const ports = { ...nodes.provider.archivePorts, drain: records.drain, acknowledge: records.acknowledge }
  await exchange(exchanges)
  const secured = await timed(() => secureAll(ports))
  const sealed = await timed(() => sealAll(ports))
  const containers = await containersIn(ports)
  const verified = await timed(async () => {
    for (const bytes of containers) {
      const verdict = await verifyContainer(bytes, nodes.trust.current.trust, 'strict')
      if (!verdict.valid) throw new Error(`a container of ours that does not verify: ${verdict.fault?.detail}`)
    }
  })
  const count = 2 * exchanges
  if (containers.length !== count) throw new Error(`${containers.length} containers of ${count} records`)
  const figures = {
    securedPerSecond: count / secured,
    sealedPerSecond: count / sealed,
    octetsOfRecord: Math.round(octets / count),
    octetsOfContainer: Math.round(containers.reduce((sum, { length }) => sum + length, 0) / count),
    verifiedPerSecond: count / verified,
  }
  containers.length = 0
  await exchange(exchanges)
  const held = await heldWhile(ports)
  await records.close()
  return { ...figures, heldMiB: held / 2 ** 20, heldOverMiB: octets / 2 / 2 ** 20 }
}

type Ports = Awaited<ReturnType<typeof benchNodes>>['nodes']['provider']['archivePorts']

async function secureAll(ports: Ports): Promise<void> {
  for (let more = true; more; ) more = (await secure(ports, '')).more
}

async function sealAll(ports: Ports): Promise<void> {
  for (let more = true; more; ) {
    const run = await seal(ports)
    if (!run.ok) throw new Error(run.fault.detail)
    more = run.value.more
  }
}

/** Octets that are held at most, looked at whenever something is put under lock or read from there: then garbage is collected, and what is left is held. */
async function heldWhile(ports: Ports): Promise<number> {
  const held = () => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const before = held()
  let most = before
  const looking = {
    ...ports,
    putLocked: (name: string, bytes: Uint8Array) => {
      most = Math.max(most, held())
      return ports.putLocked(name, bytes)
    },
    getLocked: async (name: string) => {
      const bytes = await ports.getLocked(name)
      most = Math.max(most, held())
      return bytes
    },
  }
  await secureAll(looking)
  await sealAll(looking)
  return most - before
}

/** Seconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

async function containersIn(ports: Ports): Promise<Uint8Array[]> {
  const containers: Uint8Array[] = []
  for (const name of await ports.listLocked('archive/')) {
    const archived = await readArchive((await ports.getLocked(name)) as Uint8Array)
    if (!archived.ok) throw new Error(archived.fault.detail)
    containers.push(...archived.value.containers.map(({ bytes }) => bytes))
  }
  return containers
}
