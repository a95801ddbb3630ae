import { describe, expect, test } from 'vitest'
import { DAY, HOUR, later, MINUTE } from '../../src/base/clock.ts'
import { readArchive } from '../../src/evidence/archive-verify.ts'
import { readContainer } from '../../src/evidence/asic.ts'
import { encodeRecord, identityOf } from '../../src/evidence/record.ts'
import { type ArchivePorts, archive } from '../../src/exchange/archive.ts'
import { NO_HEAD } from '../../src/exchange/seal-plan.ts'
import { archiveAll, checkArchive, identities, receiptsOf } from './archive-checks.ts'
import { post, type TwoNodes, twoNodes } from './two-nodes.ts'

/** So many exchanges, and the ports of the provider's archive. */
async function exchanges(count: number): Promise<{ world: TwoNodes; ports: ArchivePorts }> {
  const world = await twoNodes()
  for (let n = 0; n < count; n++) if (!(await world.ask(n % 2 === 0 ? {} : post('hola'))).ok) throw new Error('the exchange failed')
  return { world, ports: world.provider.archivePorts }
}

async function containersIn(ports: ArchivePorts) {
  const containers = []
  for (const name of await ports.listLocked('archive/')) {
    const archived = await readArchive((await ports.getLocked(name)) as Uint8Array)
    if (!archived.ok) throw new Error(archived.fault.detail)
    for (const { bytes } of archived.value.containers) {
      const container = await readContainer(bytes)
      if (!container.ok) throw new Error(container.fault.detail)
      containers.push(container.value)
    }
  }
  return containers
}

describe('a run of the archive', () => {
  test('seals every record once, in containers that verify and link', async () => {
    const { world, ports } = await exchanges(3)
    const kept = (await world.provider.kept()).map(identityOf)
    const run = await archiveAll(ports)
    expect(run).toMatchObject({ secured: 6, sealed: 6, setAside: 0, busy: false })
    const sealed = await checkArchive(ports, world.trust.current)
    expect(identities(sealed)).toEqual(kept.toSorted())
    expect(await world.provider.kept()).toEqual([])
  })

  test('with nothing to do makes nothing', async () => {
    const { ports } = await exchanges(0)
    expect(await archiveAll(ports)).toMatchObject({ secured: 0, sealed: 0, more: false })
    expect(await ports.listLocked('')).toEqual([])
  })

  test('goes on from the last link, and continues the numbers of the containers', async () => {
    const { world, ports } = await exchanges(1)
    await archiveAll(ports)
    await world.ask()
    await archiveAll(ports)
    const names = (await checkArchive(ports, world.trust.current)).map(({ container }) => /-(\w+)\.asice$/.exec(container as string)?.[1])
    expect(names).toEqual(['1', '2', '3', '4'])
  })

  test('leaves signatures as they were kept, be it one or several', async () => {
    for (const count of [1, 2]) {
      const { world, ports } = await exchanges(0)
      if (count === 1) world.register.answer = () => ({ ok: false, fault: { path: ['network_error'], detail: '' } })
      await world.ask()
      const signatures = (await world.provider.kept()).map(({ documents }) => Buffer.from(documents.signature))
      await archiveAll(ports)
      const containers = await containersIn(ports)
      expect(containers.map(({ documents }) => Buffer.from(documents.signature))).toEqual(signatures)
      expect(await checkArchive(ports, world.trust.current)).toHaveLength(count)
    }
  })

  test('is one at a time', async () => {
    const { world, ports } = await exchanges(1)
    await ports.store.lease('archive', 'otro', world.clock.now, MINUTE)
    expect(await archive('prueba', ports)).toMatchObject({ busy: true, secured: 0, sealed: 0 })
    world.clock.now = later(world.clock.now, MINUTE)
    expect(await archive('prueba', ports)).toMatchObject({ busy: false, sealed: 2 })
  })
})

describe('when the centre is out of reach', () => {
  test('records are secured without a stamp, and sealed when the authority is back', async () => {
    const { world, ports } = await exchanges(2)
    world.centre.silent.add('http://tsa.test')
    const run = await archiveAll(ports)
    expect(run).toMatchObject({ secured: 4, sealed: 0, waiting: { path: ['network_error'] } })
    expect([await world.provider.kept(), await ports.listLocked('journal/')]).toEqual([[], ['journal/0000000001']])
    world.centre.silent.delete('http://tsa.test')
    expect(await archiveAll(ports)).toMatchObject({ secured: 0, sealed: 4 })
    await checkArchive(ports, world.trust.current)
  })

  test('a long wait costs each run the same: a look at the next segments, not at all that wait; and nothing is listed once all is sealed', async () => {
    const { world, ports } = await exchanges(1)
    const looks: string[] = []
    const watched = {
      ...ports,
      getLocked: async (name: string) => {
        looks.push(name)
        return ports.getLocked(name)
      },
      listLocked: async (prefix: string, after?: string) => {
        looks.push(`list ${prefix}`)
        return ports.listLocked(prefix, after)
      },
    }
    await archiveAll(watched)
    world.centre.silent.add('http://tsa.test')
    const costs: number[] = []
    for (let run = 0; run < 6; run++) {
      await world.ask()
      looks.length = 0
      expect((await archive('prueba', watched)).waiting).toBeDefined()
      costs.push(looks.length)
    }
    expect(new Set(costs.slice(2)).size).toBe(1)
    world.centre.silent.delete('http://tsa.test')
    expect(await archiveAll(watched)).toMatchObject({ sealed: 12, more: false })
    await checkArchive(ports, world.trust.current)
    await world.ask()
    looks.length = 0
    await archiveAll(watched)
    expect(looks.filter((look) => look.startsWith('list'))).toEqual([])
  })

  test('a stamp that comes late finds fresh OCSP answers in front, and the container verifies', async () => {
    const { world, ports } = await exchanges(2)
    world.clock.now = later(world.clock.now, 5 * HOUR)
    await archiveAll(ports)
    expect(await checkArchive(ports, world.trust.current)).toHaveLength(4)
    for (const { documents } of await containersIn(ports))
      expect(
        Buffer.from(documents.signature)
          .toString()
          .match(/<xades:EncapsulatedOCSPValue/g),
      ).toHaveLength(2)
  })

  test('a late stamp waits for the responder, for three days; then the record is set aside with the reason', async () => {
    const { world, ports } = await exchanges(1)
    world.centre.silent.add('http://ocsp.test')
    world.clock.now = later(world.clock.now, 2 * DAY)
    expect(await archiveAll(ports)).toMatchObject({ sealed: 0, waiting: { path: ['network_error'] } })
    world.clock.now = later(world.clock.now, DAY)
    expect(await archiveAll(ports)).toMatchObject({ sealed: 0, setAside: 2 })
    expect(await checkArchive(ports, world.trust.current)).toEqual([])
  })
})

describe('a record that cannot be sealed', () => {
  test('is set aside under lock as it was kept, with its fault, and holds up nothing', async () => {
    const { world, ports } = await exchanges(1)
    const garbage = Buffer.from('not a record')
    let given = false
    const drain: ArchivePorts['drain'] = async (...most) => {
      const drained = await ports.drain(...most)
      if (given) return drained
      given = true
      return [{ receipt: '999', bytes: garbage }, ...drained]
    }
    expect(await archiveAll({ ...ports, drain })).toMatchObject({ secured: 3, sealed: 2, setAside: 1 })
    expect(Buffer.from((await ports.getLocked('set-aside/0000000001-0000000000.record')) ?? [])).toEqual(garbage)
    expect(JSON.parse(Buffer.from((await ports.getLocked('set-aside/0000000001-0000000000.json')) ?? []).toString()).code).toBe(
      'malformed_record',
    )
    expect(world.provider.log.some(({ event }) => event === 'record_set_aside')).toBe(true)
    expect(await checkArchive(ports, world.trust.current)).toHaveLength(2)
    expect((await receiptsOf(ports)).receipts.filter(({ code }) => code === 'malformed_record')).toHaveLength(1)
  })

  test('because its signer’s certificate was revoked before a late stamp is set aside; the other party’s is sealed', async () => {
    const { world, ports } = await exchanges(1)
    world.centre.revoked.add(world.cast.dif.signing.certificate.serial)
    world.clock.now = later(world.clock.now, 5 * HOUR)
    expect(await archiveAll(ports)).toMatchObject({ sealed: 1, setAside: 1 })
    expect((await receiptsOf(ports)).receipts.find(({ setAside }) => setAside)?.code).toBe('cert_validation')
    await checkArchive(ports, world.trust.current)
  })
})

describe('a record delivered twice', () => {
  const twice = (ports: ArchivePorts, again: () => readonly Uint8Array[]): ArchivePorts => {
    let left = 1
    return {
      ...ports,
      drain: async (...most) => {
        const drained = await ports.drain(...most)
        return drained.length > 0 || left-- <= 0 ? drained : again().map((bytes, n) => ({ receipt: String(1e6 + n), bytes }))
      },
    }
  }

  test('in the next segment is only acknowledged; in a later one it is dropped when sealing', async () => {
    const { world, ports } = await exchanges(1)
    const records = (await world.provider.kept()).map(encodeRecord)
    expect(await archiveAll(twice(ports, () => records))).toMatchObject({ sealed: 2 })
    expect(await ports.listLocked('journal/')).toHaveLength(1)
    await world.ask()
    await archiveAll(ports)
    const run = await archiveAll(twice(ports, () => records))
    expect(run).toMatchObject({ secured: 2, sealed: 0, setAside: 0 })
    expect(await checkArchive(ports, world.trust.current)).toHaveLength(4)
  })
})

describe('the head in the store is only a cache', () => {
  const KEY = 'archive/head'
  test('that is lost is made again from what lies under lock', async () => {
    const { world, ports } = await exchanges(1)
    await archiveAll(ports)
    await world.ask()
    const emptied: ArchivePorts = { ...ports, store: { ...ports.store, get: async () => undefined, put: async () => true } }
    await archiveAll(emptied)
    expect(await checkArchive(ports, world.trust.current)).toHaveLength(4)
  })

  test('that is behind is brought forward, position by position', async () => {
    const { world, ports } = await exchanges(1)
    const early = await ports.store.get(KEY)
    await archiveAll(ports)
    await world.ask()
    await archiveAll(ports)
    await ports.store.put(KEY, early?.value ?? NO_HEAD, (await ports.store.get(KEY))?.version as number)
    await world.ask()
    await archiveAll(ports)
    expect(await checkArchive(ports, world.trust.current)).toHaveLength(6)
  })

  test('that is ahead, or not what lies under lock, stops everything', async () => {
    const { ports } = await exchanges(1)
    await archiveAll(ports)
    const head = await ports.store.get<Record<string, unknown>>(KEY)
    await ports.store.put(KEY, { ...head?.value, position: 7 }, head?.version as number)
    await expect(archive('prueba', ports)).rejects.toThrow('is not there')
    await ports.store.put(KEY, { ...head?.value, sequence: 99 }, (head?.version as number) + 1)
    await expect(archive('prueba', ports)).rejects.toThrow('is not what lies under lock')
  })

  test('never takes on an archive file that does not link to it', async () => {
    const { world, ports } = await exchanges(1)
    await archiveAll(ports)
    const before = (await ports.store.get(KEY))?.value
    await world.ask()
    await archiveAll(ports)
    await ports.store.put(KEY, before, (await ports.store.get(KEY))?.version as number)
    const getLocked: ArchivePorts['getLocked'] = async (name) => {
      const bytes = await ports.getLocked(name)
      if (!bytes || !name.startsWith('archive/')) return bytes
      const altered = Buffer.from(bytes)
      altered[200] = (altered[200] as number) ^ 1
      return altered
    }
    await expect(archive('prueba', { ...ports, getLocked })).rejects.toThrow('does not link')
  })
})
