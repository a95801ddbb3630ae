import { join } from 'node:path'
import { openNodeStore } from '../src/adapters/local/node-store.ts'
import { readArchive } from '../src/evidence/archive-verify.ts'
import { verifyContainer } from '../src/evidence/container-verify.ts'
import { type EvidenceRecord, encodeRecord } from '../src/evidence/record.ts'
import { seal } from '../src/exchange/seal.ts'
import { secure } from '../src/exchange/secure.ts'
import { benchFolder, benchNodes } from './nodes.ts'

export type SealingFigures = {
  readonly securedPerSecond: number
  readonly sealedPerSecond: number
  readonly octetsOfRecord: number
  readonly octetsOfContainer: number
  readonly mostMiB: number
  readonly verifiedPerSecond: number
}

/** The line behind the messages over so many exchanges of a provider's node, on a real disk, then every container verified from its octets. */
export async function benchSealing(exchanges = 500): Promise<SealingFigures> {
  const { nodes, exchange } = await benchNodes(4096, 8192, 100)
  const records = openNodeStore(join(benchFolder(), 'records.sqlite'))
  let turn = 0
  let octets = 0
  const keep = (record: EvidenceRecord) => {
    octets += encodeRecord(record).length
    return records.keep({ ...record, requestId: `${record.requestId}-${turn++ >> 1}` })
  }
  Object.assign(nodes.provider.ports, { keep })
  await exchange(exchanges)
  const ports = { ...nodes.provider.archivePorts, drain: records.drain, acknowledge: records.acknowledge }
  const memory = process.memoryUsage().rss
  let most = memory
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 50)
  const secured = await timed(async () => {
    for (let more = true; more; ) more = (await secure(ports, '')).more
  })
  const sealed = await timed(async () => {
    for (let more = true; more; ) {
      const run = await seal(ports)
      if (!run.ok) throw new Error(run.fault.detail)
      more = run.value.more
    }
  })
  clearInterval(watch)
  const containers = await containersIn(ports)
  const verified = await timed(async () => {
    for (const bytes of containers) {
      const verdict = await verifyContainer(bytes, nodes.trust.current.trust, 'strict')
      if (!verdict.valid) throw new Error(`a container of ours that does not verify: ${verdict.fault?.detail}`)
    }
  })
  await records.close()
  const count = 2 * exchanges
  if (containers.length !== count) throw new Error(`${containers.length} containers of ${count} records`)
  return {
    securedPerSecond: count / secured,
    sealedPerSecond: count / sealed,
    octetsOfRecord: Math.round(octets / count),
    octetsOfContainer: Math.round(containers.reduce((sum, { length }) => sum + length, 0) / count),
    mostMiB: (most - memory) / 2 ** 20,
    verifiedPerSecond: count / verified,
  }
}

/** Seconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

type Ports = Awaited<ReturnType<typeof benchNodes>>['nodes']['provider']['archivePorts']
async function containersIn(ports: Ports): Promise<Uint8Array[]> {
  const containers: Uint8Array[] = []
  for (const name of await ports.listLocked('archive/')) {
    const archived = await readArchive((await ports.getLocked(name)) as Uint8Array)
    if (!archived.ok) throw new Error(archived.fault.detail)
    containers.push(...archived.value.containers.map(({ bytes }) => bytes))
  }
  return containers
}
