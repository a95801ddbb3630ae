import { describe, expect, test } from 'vitest'
import { lockedFiles } from '../../src/adapters/local/locked-files.ts'
import { openNodeStore } from '../../src/adapters/local/node-store.ts'
import { HOUR, later, MINUTE } from '../../src/base/clock.ts'
import { type EvidenceRecord, identityOf } from '../../src/evidence/record.ts'
import { type ArchivePorts, archive } from '../../src/exchange/archive.ts'
import { newMemory } from '../../src/exchange/memory.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { NOON } from '../trust/authority.ts'
import { archiveAll, checkArchive, identities } from './archive-checks.ts'
import { post, type TwoNodes, twoNodes } from './two-nodes.ts'

class Dead extends Error {}
type When = 'before' | 'after'

/** Every port dies at its `at`-th call of them all: before it did anything, or after it did everything. Then nothing answers any more. */
function mortal(ports: ArchivePorts, at: number, when: When): { ports: ArchivePorts; calls: () => number } {
  let calls = 0
  const dying = <A extends unknown[], R>(port: (...args: A) => Promise<R>) =>
    (async (...args: A): Promise<R> => {
      const mine = ++calls
      if (mine > at || (mine === at && when === 'before')) throw new Dead()
      const result = await port(...args)
      if (mine === at) throw new Dead()
      return result
    }) as typeof port
  const { store } = ports
  const dyingStore = {
    get: dying(store.get) as typeof store.get,
    query: store.query,
    put: dying(store.put),
    transact: dying(store.transact),
    lease: dying(store.lease),
  }
  return {
    calls: () => calls,
    ports: {
      ...ports,
      drain: dying(ports.drain),
      acknowledge: dying(ports.acknowledge),
      putLocked: dying(ports.putLocked),
      getLocked: dying(ports.getLocked),
      listLocked: dying(ports.listLocked),
      stamp: dying(ports.stamp),
      fetchUrl: dying(ports.fetchUrl),
      store: dyingStore,
      // a process that starts anew remembers nothing
      memory: newMemory(),
    },
  }
}

type Made = { readonly world: TwoNodes; readonly records: readonly EvidenceRecord[] }

async function made(): Promise<Made> {
  const world = await twoNodes()
  await world.ask()
  await world.ask(post('hola'))
  return { world, records: await world.provider.kept() }
}

/** The same records in a fresh node's file, before a fresh archive, so long after they were kept. */
async function prepared({ world, records }: Made, lateBy: number): Promise<ArchivePorts> {
  const folder = temporaryFolder()
  const { keep, drain, acknowledge, store } = openNodeStore(`${folder}/node.sqlite`)
  await Promise.all(records.map(keep))
  world.clock.now = later(NOON, lateBy)
  return { ...world.provider.archivePorts, ...lockedFiles(`${folder}/archive`), drain, acknowledge, store, memory: newMemory() }
}

describe('a run that dies anywhere is taken up by the next: the same bytes, nothing lost, nothing double', () => {
  for (const [name, lateBy] of [
    ['in time', 0],
    ['with a late stamp', 5 * HOUR],
  ] as const)
    for (const when of ['before', 'after'] as const)
      test(`${name}, ${when} each call of a port`, async () => {
        const all = await made()
        const kept = all.records.map(identityOf).toSorted()
        const counting = mortal(await prepared(all, lateBy), Number.POSITIVE_INFINITY, when)
        await archive('prueba', counting.ports)
        const calls = counting.calls()
        expect(calls).toBeGreaterThan(15)
        for (let at = 1; at <= calls; at++) {
          const ports = await prepared(all, lateBy)
          await expect(archive('prueba', mortal(ports, at, when).ports)).rejects.toThrow(Dead)
          all.world.clock.now = later(all.world.clock.now, MINUTE) // another stamp, another OCSP answer would come out now
          // The write-once files throw when a name is written again with other bytes: that they do not is the proof.
          expect(await archiveAll(ports)).toMatchObject({ busy: false })
          const sealed = await checkArchive(ports, all.world.trust.current)
          expect(identities(sealed)).toEqual(kept)
          expect(await ports.drain(10, 1e9)).toEqual([])
          expect((await ports.listLocked('set-aside/')).length).toBe(0)
        }
        console.log(`${name}, ${when}: ${calls} of ${calls} calls`)
      }, 400_000)
})
