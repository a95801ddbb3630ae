import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { instant, isoInstant } from '../../../src/base/clock.ts'
import { NODE_API } from '../../../src/exchange/administration/node-api.ts'
import { callApi } from '../../../src/exchange/centre/api/call-api.ts'
import { ROLES, type Role } from '../../../src/exchange/centre/api/operation.ts'
import type { Json, JsonObject } from '../../../src/exchange/contract/json.ts'
import { violationOf } from '../../../src/exchange/contract/json-schema.ts'
import { base64 } from '../../../src/protocol/digests.ts'
import { der } from '../../trust/example.ts'
import { memoryFiles, memoryStore } from '../centre/memory-store.ts'

const OWNER = 'QRO/GOB/SEDESOQ/PADRON'
const SERVICE = `${OWNER}/consulta`
const DIF = 'QRO/GOB/DIF/APOYOS'
const SEDUQ = 'QRO/GOB/SEDUQ/BECAS'
const service = {
  id: SERVICE,
  type: 'REST',
  url: 'https://padron.interno/v1',
  timeoutMs: 20_000,
  keepBodies: 'full',
  endpoints: [{ method: 'GET', path: '/personas/*' }],
}

function node() {
  const clock = { now: instant(Date.UTC(2026, 10, 24, 12)) }
  const store = memoryStore()
  const ports = {
    store,
    ...memoryFiles(),
    now: () => clock.now,
    log: () => {},
    newId: randomUUID,
    newSecret: randomUUID,
    publish: async () => {},
  }
  const as =
    (id: string, ...roles: Role[]) =>
    async (method: string, path: string, body?: unknown) => {
      const [where = '', query = ''] = path.split('?')
      const bytes = body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body))
      const answer = await callApi(
        NODE_API,
        { method, path: where, query, body: bytes },
        { id, roles: new Set(roles.length > 0 ? roles : ROLES) },
        ports,
      )
      return { status: answer.status, body: answer.body as never as readonly Record<string, never>[] & Record<string, never> }
    }
  const later = (ms: number): void => {
    clock.now = instant(clock.now + ms)
  }
  return { clock, store, as, later }
}
async function offering() {
  const made = node()
  const ana = made.as('ana')
  await ana('PUT', '/clients', { id: OWNER, connection: 'SSLAUTH' })
  expect((await ana('PUT', '/services', service)).status).toBe(200)
  return { ...made, ana }
}
const rightsOn = async (call: ReturnType<ReturnType<typeof node>['as']>, at: number, client = DIF) =>
  (await call('GET', `/rights/on?${new URLSearchParams({ at: isoInstant(instant(at)), client, service: SERVICE })}`)).body

describe('a node’s administration', () => {
  test('does every operation it describes, answers as described, and describes every one', async () => {
    const { ana } = await offering()
    const steps: readonly (readonly [id: string, body?: unknown, query?: string])[] = [
      ['listClients'],
      ['putClient', { id: OWNER, connection: 'SSLNOAUTH' }],
      ['addCertificate', { client: OWNER, certificate: base64(der('sistema')) }],
      ['removeCertificate', { client: OWNER, sha256: '' }],
      ['listServices'],
      ['putService', { ...service, disabled: { notice: 'Inventario' } }],
      ['putLocalGroup', { owner: OWNER, code: 'aliados', description: '', members: [DIF] }],
      ['listLocalGroups'],
      ['giveRight', { service: SERVICE, subject: { client: DIF }, basis: 'Convenio 12/2026' }],
      ['listRights'],
      ['readRightsOn', undefined, `?client=${DIF}`],
      ['takeRight', { service: SERVICE, subject: { client: DIF } }],
      ['removeLocalGroup', { owner: OWNER, code: 'aliados' }],
      ['removeService', { id: SERVICE }],
    ]
    let sha256 = ''
    for (const [id, body, query = ''] of steps) {
      const operation = NODE_API.operations.find((each) => each.id === id)
      if (!operation) throw new Error(id)
      const answer = await ana(
        operation.method,
        `${operation.path}${query}`,
        id === 'removeCertificate' ? { ...(body as object), sha256 } : body,
      )
      expect([id, answer.status, answer.status > 299 ? answer.body : '']).toEqual([id, operation.status, ''])
      expect([id, violationOf(operation.answer, answer.body as Json, NODE_API.document, id)]).toEqual([id, undefined])
      if (id === 'addCertificate') sha256 = (answer.body.certificates as never as string[])[0] ?? ''
    }
    const described = Object.values(NODE_API.document.paths as Record<string, JsonObject>).flatMap((at) =>
      Object.values(at).map((each) => (each as { operationId: string }).operationId),
    )
    expect(steps.map(([id]) => id).sort()).toEqual(described.sort())
  })
  test.each([
    ['a right to a service there is not', 'POST', '/rights', { service: `${OWNER}/otro`, subject: { client: DIF } }, 404],
    ['a right to a group there is not', 'POST', '/rights', { service: SERVICE, subject: { localGroup: 'nadie' } }, 404],
    ['a right to two at once', 'POST', '/rights', { service: SERVICE, subject: { client: DIF, globalGroup: 'x' } }, 400],
    ['a right to nobody', 'POST', '/rights', { service: SERVICE, subject: {} }, 400],
    [
      'a right by a method there is not',
      'POST',
      '/rights',
      { service: SERVICE, subject: { client: DIF }, endpoint: { method: 'FETCH', path: '/x' } },
      400,
    ],
    [
      'a right to a path that is none',
      'POST',
      '/rights',
      { service: SERVICE, subject: { client: DIF }, endpoint: { method: 'GET', path: 'x' } },
      400,
    ],
    ['a right taken that nobody has', 'POST', '/rights/removals', { service: SERVICE, subject: { client: DIF } }, 404],
    ['a service of another’s', 'PUT', '/services', { ...service, id: 'QRO/GOB/OTRA/X/consulta' }, 404],
    ['a service that nodes answer themselves', 'PUT', '/services', { ...service, id: `${OWNER}/listMethods` }, 409],
    ['a service at no address', 'PUT', '/services', { ...service, url: 'ftp://x/' }, 400],
    ['a certificate that is none', 'POST', '/client-certificates', { client: OWNER, certificate: 'AAAA' }, 400],
    ['a day there is not', 'GET', '/rights/on?at=2026-13-40T00:00:00Z', undefined, 400],
  ])('%s is refused and changes nothing', async (_, method, path, body, status) => {
    const { ana, store } = await offering()
    const before = await store.query('admin/')
    expect((await ana(method, path, body)).status).toBe(status)
    expect(await store.query('admin/')).toEqual(before)
  })
  test('is for those whose role it is: who registers clients gives no rights', async () => {
    const { as } = await offering()
    const eva = as('eva', 'registration')
    expect((await eva('POST', '/rights', { service: SERVICE, subject: { client: DIF } })).status).toBe(403)
    expect((await eva('PUT', '/clients', { id: DIF, connection: 'SSLAUTH' })).status).toBe(200)
  })
})

describe('who could call what on a day, and why', () => {
  test('a right holds from the act that gave it to the act that took it', async () => {
    const { ana, as, clock, later } = await offering()
    const before = clock.now
    later(1000)
    await as('beto')('POST', '/rights', {
      service: SERVICE,
      subject: { client: DIF },
      endpoint: { method: 'GET', path: '/personas/*' },
      basis: 'Convenio 12/2026',
    })
    const given = clock.now
    later(1000)
    await ana('POST', '/rights/removals', { service: SERVICE, subject: { client: DIF }, endpoint: { method: 'GET', path: '/personas/*' } })
    const taken = clock.now
    later(1000)
    expect(await rightsOn(ana, before)).toEqual([])
    expect(await rightsOn(ana, given)).toMatchObject([
      {
        right: { subject: { client: DIF }, basis: 'Convenio 12/2026', endpoint: { method: 'GET' } },
        by: { who: 'person beto', what: 'giveRight', at: isoInstant(given) },
        member: true,
        served: true,
      },
    ])
    expect(await rightsOn(ana, given, SEDUQ)).toEqual([])
    expect(await rightsOn(ana, taken)).toEqual([])
  })
  test('by a group: from when the client was in it, and by whose act', async () => {
    const { ana, as, clock, later } = await offering()
    await ana('PUT', '/local-groups', { owner: OWNER, code: 'aliados', description: '', members: [DIF] })
    await ana('POST', '/rights', { service: SERVICE, subject: { localGroup: 'aliados' } })
    const first = clock.now
    later(1000)
    await as('caro')('PUT', '/local-groups', { owner: OWNER, code: 'aliados', description: '', members: [DIF, SEDUQ] })
    const second = clock.now
    later(1000)
    await ana('PUT', '/local-groups', { owner: OWNER, code: 'aliados', description: '', members: [] })
    expect((await rightsOn(ana, first, SEDUQ)).length).toBe(0)
    expect(await rightsOn(ana, second, SEDUQ)).toMatchObject([{ through: { who: 'person caro' }, member: true }])
    expect(await rightsOn(ana, clock.now, SEDUQ)).toEqual([])
  })
  test('a service that was off then is said to have been; of a global group before the first configuration only the centre knows', async () => {
    const { ana, clock, later } = await offering()
    await ana('POST', '/rights', { service: SERVICE, subject: { globalGroup: 'salud' } })
    later(1000)
    await ana('PUT', '/services', { ...service, disabled: { notice: 'x' } })
    const off = clock.now
    later(1000)
    await ana('PUT', '/services', service)
    expect(await rightsOn(ana, off)).toMatchObject([{ served: false, member: null }])
    expect(await rightsOn(ana, clock.now)).toMatchObject([{ served: true, member: null }])
  })
})
