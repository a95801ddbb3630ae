import { describe, expect, test } from 'vitest'
import { instant } from '../../../src/base/clock.ts'
import { ok } from '../../../src/base/result.ts'
import { giveRight, putClient, putLocalGroup, putService, removeService, takeRight } from '../../../src/exchange/administration/acts.ts'
import type { RightSubject, ServiceRecord } from '../../../src/exchange/administration/records.ts'
import { noteStoredNode, publishStoredNode, signsFor } from '../../../src/exchange/administration/stored-administration.ts'
import type { NodeClient } from '../../../src/exchange/node-configuration.ts'
import type { Store } from '../../../src/exchange/ports.ts'
import { act } from '../../../src/exchange/register/change-log.ts'
import type { Work } from '../../../src/exchange/register/work.ts'
import { type NodeToStore, readStoredNode, storedNode } from '../../../src/exchange/stored-node.ts'
import type { Outcome } from '../../../src/protocol/faults.ts'
import { memberOf } from '../../../src/protocol/identifiers.ts'
import { WHOLE_SERVICE } from '../../../src/trust/access.ts'
import { writeAnchor } from '../../../src/trust/anchor.ts'
import { memoryFiles, memoryStore } from '../centre/memory-store.ts'
import { CONSULTA, cast, DIF, SEDESOQ, serviceOf, twoNodes } from '../two-nodes.ts'

const { tls: _, ...consulta } = serviceOf({}) as ServiceRecord & { tls: unknown }
const rightOf = (subject: RightSubject, service = CONSULTA) => ({ service, subject, endpoint: WHOLE_SERVICE })

/** SEDESOQ's node in a store: its owner, as enrolment leaves it, and whatever else is given. */
async function enrolled(more: Partial<NodeToStore> = {}) {
  const { ca } = await cast()
  const { reach: _reach, ...configuration } = (await twoNodes()).provider.configuration.current
  const [{ signing }] = configuration.clients as [NodeClient]
  const owner = { id: memberOf(SEDESOQ), connection: 'SSLAUTH', certificates: [], signing } as const
  const sources = [{ url: 'http://centro.example/internalconf', certificates: [ca.certificate.der] }]
  const anchor = writeAnchor({ instance: 'QRO', generatedAt: '2026-11-24T12:00:00Z', sources } as unknown as Parameters<
    typeof writeAnchor
  >[0])
  const store = memoryStore()
  const node = { ...configuration, clients: [owner], services: [], rights: [], policies: [], ...more }
  for (const { key, value } of storedNode(node, anchor)) await store.put(key, value, 0)
  return { store, owner, ...administered(store) }
}

function administered(store: Store) {
  const ports = { store, ...memoryFiles(), now: () => instant(Date.UTC(2026, 10, 24, 12)), log: () => {} }
  const done = async (what: string, work: (work: Work) => Promise<Outcome<unknown>>) => {
    const outcome = await act(ports, { who: { kind: 'person', id: 'ana' }, what }, work)
    expect(outcome, what).toMatchObject({ ok: true })
  }
  const read = async () => {
    const node = readStoredNode(await store.query('node/'))
    if (!node.ok) throw new Error(node.fault.detail)
    return node.value.configuration
  }
  const offer = async () => {
    await done('putClient', (work) => putClient(work, { id: SEDESOQ, connection: 'SSLNOAUTH', certificates: ['a'.repeat(64)] }))
    await done('putService', (work) => putService(work, consulta))
  }
  return { ports, done, read, offer }
}

describe('a node in a store, administered in that store', () => {
  test('nobody let in has nothing to administer', async () => {
    expect(await noteStoredNode(administered(memoryStore()).ports)).toMatchObject({ ok: false, fault: { path: ['malformed_server_conf'] } })
  })

  test('what it has is noted once, as it is; publishing that changes nothing', async () => {
    const whole = {
      services: [serviceOf({})],
      rights: [{ service: CONSULTA, subject: { kind: 'localGroup', code: 'g', members: [DIF] }, endpoint: WHOLE_SERVICE }],
    } as const
    const { store, ports, owner, read } = await enrolled(whole)
    const records = async () => (await store.query('node/')).map(({ key, value }) => ({ key, value }))
    const before = await records()
    expect(await noteStoredNode(ports)).toEqual(ok(true))
    expect(await noteStoredNode(ports)).toEqual(ok(true))
    await publishStoredNode(store)
    expect(await records()).toEqual(before)
    expect([(await read()).clients[0]?.id, (await store.query('audit/line/')).length]).toEqual([owner.id, 1])
  })

  test('a client signs with its member’s key, and only members whose key is here have one', async () => {
    const { store, ports, owner, read, offer } = await enrolled()
    const self = await store.get('node/self')
    await noteStoredNode(ports)
    await offer()
    await publishStoredNode(store)
    const [, subsystem] = (await read()).clients
    expect([subsystem?.signing.key, subsystem?.certificates]).toEqual([owner.signing.key, ['a'.repeat(64)]])
    expect(Buffer.compare(subsystem?.signing.certificate ?? new Uint8Array(), owner.signing.certificate)).toBe(0)
    expect([await signsFor(store, memberOf(SEDESOQ)), await signsFor(store, memberOf(DIF))]).toEqual([true, false])
    expect(await store.get('node/self')).toEqual(self)
  })

  test('a service that is removed is gone with its rights; how it is reached is kept while it is there', async () => {
    const pinned = { kind: 'pinned', certificates: [(await cast()).ca.certificate.der] } as const
    const { store, ports, done, read, offer } = await enrolled({ services: [serviceOf({ tls: pinned })] })
    await noteStoredNode(ports)
    await offer()
    await done('putLocalGroup', (work) => putLocalGroup(work, { owner: SEDESOQ, code: 'g', description: '', members: [DIF] }))
    for (const subject of [{ client: DIF }, { globalGroup: 'salud' }, { localGroup: 'g' }])
      await done('giveRight', (work) => giveRight(work, rightOf(subject)))
    await publishStoredNode(store)
    const { services, rights } = await read()
    expect(services[0]?.tls).toMatchObject({ kind: 'pinned' })
    expect(new Set(rights.map(({ subject }) => subject))).toEqual(
      new Set([
        { kind: 'client', id: DIF },
        { kind: 'globalGroup', instance: 'QRO', code: 'salud' },
        { kind: 'localGroup', code: 'g', members: [DIF] },
      ]),
    )
    await done('removeService', (work) => removeService(work, CONSULTA))
    await publishStoredNode(store)
    expect(await read()).toMatchObject({ services: [], rights: [] })
  })

  test('a right that another takes away while it is published does not stay', async () => {
    const { store, ports, done, read, offer } = await enrolled()
    await noteStoredNode(ports)
    await offer()
    await publishStoredNode(store)
    const right = rightOf({ client: DIF })
    await done('giveRight', (work) => giveRight(work, right))
    let taken = false
    const slow: Store = {
      ...store,
      transact: async (puts) => {
        if (!taken) {
          taken = true
          await done('takeRight', (work) => takeRight(work, right))
          await publishStoredNode(store) // the other's command ends before ours has written
        }
        return store.transact(puts)
      },
    }
    await publishStoredNode(slow)
    expect([taken, (await read()).rights]).toEqual([true, []])
  })

  test('more records than one transaction takes are published all', async () => {
    const { store, ports, done, read, offer } = await enrolled()
    await noteStoredNode(ports)
    await offer()
    const codes = Array.from({ length: 130 }, (_each, index) => `s${index}`)
    for (const serviceCode of codes) await done('putService', (work) => putService(work, { ...consulta, id: { ...CONSULTA, serviceCode } }))
    const sizes: number[] = []
    await publishStoredNode({
      ...store,
      transact: (puts) => {
        sizes.push(puts.length)
        return store.transact(puts)
      },
    })
    expect([(await read()).services.length, sizes]).toEqual([131, [100, 32]])
  })

  test('whoever finds others faster every time is told so', async () => {
    const { store, ports, offer } = await enrolled()
    await noteStoredNode(ports)
    await offer()
    await expect(publishStoredNode({ ...store, transact: async () => false })).rejects.toThrow('others changed the node')
  })
})
