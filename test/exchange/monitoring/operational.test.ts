import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DAY, later, MINUTE, SECOND } from '../../../src/base/clock.ts'
import { archive } from '../../../src/exchange/archive.ts'
import { FIELDS } from '../../../src/exchange/monitoring/operational-record.ts'
import { isOwnerOrMonitor, seesEverything } from '../../../src/exchange/monitoring/who-asks.ts'
import type { NodeConfiguration } from '../../../src/exchange/node-configuration.ts'
import { type ClientId, formatId, memberOf } from '../../../src/protocol/identifiers.ts'
import { readPackage } from '../../../src/protocol/soap-message.ts'
import type { Trust } from '../../../src/trust/trust.ts'
import { envelope, ID, messageOf, VERSION } from '../../protocol/soap-examples.ts'
import { needs } from '../../tools.ts'
import { NOON } from '../../trust/authority.ts'
import { vectors } from '../../vectors.ts'
import { soapCall, soapNodes } from '../soap-two-nodes.ts'
import { answering, codeIn, DIF, post, SEDESOQ, serviceOf, type TwoNodes, twoNodes } from '../two-nodes.ts'
import { OM, record, validBy } from './questions.ts'

const from = NOON / 1000
const OTHER: ClientId = { ...DIF, subsystemCode: 'OTRO' }
const OWNER = memberOf(SEDESOQ)
const PREFIX = 'server.serverproxy.opmonitor.client.'
const identifier = (name: string, kind: string, { instance, memberClass, memberCode, subsystemCode }: ClientId, more = '') =>
  `<x:${name} i:objectType="${kind}"><i:xRoadInstance>${instance}</i:xRoadInstance><i:memberClass>${memberClass}</i:memberClass><i:memberCode>${memberCode}</i:memberCode>${subsystemCode ? `<i:subsystemCode>${subsystemCode}</i:subsystemCode>` : ''}${more}</x:${name}>`
const SERVER = identifier('securityServer', 'SERVER', OWNER, '<i:serverCode>nodo</i:serverCode>')

type Asked = { readonly code: string; readonly body: string; readonly by?: ClientId; readonly version?: string; readonly server?: string }
const question = ({ code, body, by = DIF, version, server = '' }: Asked): string => {
  const service = `<i:serviceCode>${code}</i:serviceCode>${version ? `<i:serviceVersion>${version}</i:serviceVersion>` : ''}`
  const who = identifier('client', by.subsystemCode ? 'SUBSYSTEM' : 'MEMBER', by) + identifier('service', 'SERVICE', OWNER, service)
  return envelope(who + server + ID + VERSION, `<soap:Body>${body}</soap:Body>`)
}
const searching = (criteria: string, spec = '') =>
  `<om:getSecurityServerOperationalData xmlns:om="${OM}"><om:searchCriteria>${criteria}</om:searchCriteria>${spec}</om:getSecurityServerOperationalData>`
const between = (a: number, b: number, more = '') => `<om:recordsFrom>${a}</om:recordsFrom><om:recordsTo>${b}</om:recordsTo>${more}`
const data = (criteria: string, more: Partial<Asked> = {}, spec = ''): Asked => ({
  code: 'getSecurityServerOperationalData',
  body: searching(criteria, spec),
  ...more,
})

/** A world in which everybody named here may speak through DIF's node, and the register's door can read what was kept. */
async function monitored(world: TwoNodes): Promise<TwoNodes> {
  const { consumer, provider } = world
  const [own] = consumer.configuration.current.clients
  if (!own) throw new Error('no client')
  const also = [OTHER, memberOf(DIF)].map((id) => ({ ...own, id }))
  consumer.configuration.current = { ...consumer.configuration.current, clients: [own, ...also] }
  const today = world.trust.current.trust.instances.get('QRO')
  const servers = today?.servers.map((server) => (server.id.memberCode === 'DIF' ? { ...server, clients: [DIF, OTHER] } : server))
  const members = today?.members.map((each) =>
    each.id.memberCode === 'DIF' ? { ...each, subsystems: [{ id: DIF }, { id: OTHER }] } : each,
  )
  if (!today || !servers || !members) throw new Error('no trust')
  const trust = { ...world.trust.current.trust, instances: new Map([['QRO', { ...today, servers, members }]]) }
  world.trust.current = { ...world.trust.current, trust }
  const { drain, getLocked, listLocked } = provider.archivePorts
  Object.assign(provider.ports, {
    journal: { getLocked, listLocked, peek: async (...most: Parameters<typeof drain>) => (await drain(...most)).map(({ bytes }) => bytes) },
  })
  return world
}

async function ask(
  world: TwoNodes,
  asked: Asked,
): Promise<{ code: string; envelope: string; records: Record<string, unknown>[]; next: number | undefined }> {
  const answer = await world.ask(soapCall(question(asked)))
  if (!answer.ok) return { code: codeIn(answer), envelope: '', records: [], next: undefined }
  const type = answer.value.headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  const { body } = answer.value
  const read = readPackage(type, { body: body?.kind === 'bytes' ? body.bytes : new Uint8Array(0) })
  if (!read.ok || read.value.kind !== 'package') throw new Error('no package')
  const text = Buffer.from(read.value.message.bytes).toString('utf8')
  const [attachment] = read.value.attachments
  const held = attachment?.body
  const records = held?.kind === 'bytes' ? JSON.parse(gunzipSync(held.bytes).toString('utf8')).records : []
  const next = /<om:nextRecordsFrom>(\d+)</.exec(text)?.[1]
  return { code: 'ok', envelope: text, records, next: next === undefined ? undefined : Number(next) }
}

describe('getSecurityServerOperationalData', () => {
  test('gives both messages of an exchange under the names of stock servers, what nobody recorded left out', async () => {
    const world = await monitored(await twoNodes())
    world.register.answer = () => {
      world.clock.now = later(world.clock.now, 250)
      return answering('{"a":1}', 404)({} as never)
    }
    await world.ask({
      ...post('cinco'),
      headers: [
        ['X-Road-Client', formatId(DIF)],
        ['X-Road-Id', 'm-1'],
        ['X-Road-UserId', 'u'],
        ['X-Road-Represented-Party', 'GOB/otro'],
      ],
    })
    world.clock.now = later(NOON, 5 * MINUTE)
    const { records, next } = await ask(world, data(between(from, from + 10)))
    expect(next).toBeUndefined()
    expect(records.length).toBe(1)
    const { xRequestId, requestSize, responseSize, ...rest } = records[0] as Record<string, number | string>
    expect(rest).toEqual({
      ...{ monitoringDataTs: from, securityServerType: 'Producer', requestInTs: NOON, responseOutTs: NOON + 250 },
      ...{ clientXRoadInstance: 'QRO', clientMemberClass: 'GOB', clientMemberCode: 'DIF', clientSubsystemCode: 'APOYOS' },
      ...{ serviceXRoadInstance: 'QRO', serviceMemberClass: 'GOB', serviceMemberCode: 'SEDESOQ', serviceSubsystemCode: 'PADRON' },
      ...{ serviceCode: 'consulta', restMethod: 'POST', representedPartyClass: 'GOB', representedPartyCode: 'otro' },
      ...{ messageId: 'm-1', messageUserId: 'u', messageProtocolVersion: '1' },
      ...{ clientSecurityServerAddress: 'dif.test', serviceSecurityServerAddress: 'sedesoq.test' },
      ...{ succeeded: false, statusCode: 404, serviceType: 'REST', xRoadVersion: '7.8.0' },
    })
    const [asked, answered] = await world.provider.kept()
    const octets = (record: typeof asked) =>
      (record?.message.length ?? 0) + (record?.attachments[0]?.kind === 'bytes' ? record.attachments[0].bytes.length : 0)
    expect([xRequestId, requestSize, responseSize]).toEqual([asked?.requestId, octets(asked), octets(answered)])
  })
  test('of SOAP tells the envelope and, when there are attachments, the whole', async () => {
    const world = await monitored(await soapNodes())
    expect(codeIn(await world.ask(soapCall()))).toBe('ok')
    world.clock.now = later(NOON, 5 * MINUTE)
    const [record] = (await ask(world, data(between(from, from + 10)))).records
    const [request] = await world.provider.kept()
    expect(record).toMatchObject({ messageProtocolVersion: '4.0', requestAttachmentCount: 0, succeeded: true, serviceType: 'WSDL' })
    expect(record?.requestSize).toBe(request?.message.length)
    expect(record).not.toHaveProperty('requestMimeSize')
  })
  test('is the same whether a record waits, lies in the journal or is sealed; nothing comes twice', async () => {
    const world = await monitored(await twoNodes())
    for (let second = 0; second < 4; second++) {
      world.clock.now = later(NOON, second * SECOND)
      await world.ask(post(`${second}`))
      if (second === 1) await archive('prueba', world.provider.archivePorts)
    }
    world.clock.now = later(NOON, 5 * MINUTE)
    const first = await ask(world, data(between(from, from + 10)))
    expect(first.records.map(({ monitoringDataTs }) => monitoringDataTs)).toEqual([from, from + 1, from + 2, from + 3])
    await archive('prueba', world.provider.archivePorts)
    expect((await ask(world, data(between(from, from + 10)))).records).toEqual(first.records)
    expect((await ask(world, data(between(from + 1, from + 2)))).records).toEqual(first.records.slice(1, 3))
  })
  test('without an answer kept has neither an end nor success', async () => {
    const world = await monitored(await twoNodes())
    world.register.answer = () => ({ ok: false, fault: { path: ['network_error'], detail: '' } }) as const
    await world.ask(post('x'))
    world.clock.now = later(NOON, 5 * MINUTE)
    const [record] = (await ask(world, data(between(from, from + 10)))).records
    expect(record).toMatchObject({ succeeded: false, requestInTs: NOON })
    expect(Object.keys(record ?? {})).not.toEqual(expect.arrayContaining(['responseOutTs']))
  })
  test('shows each client its own, and everything to the monitoring client', async () => {
    const world = await monitored(await twoNodes())
    await world.ask(post('x'))
    world.clock.now = later(NOON, 5 * MINUTE)
    const seen = async (by: ClientId, server = '') => {
      const { records } = await ask(world, data(between(from, from + 10), { by, server }))
      return [records.length, records[0] && 'securityServerInternalIp' in records[0]]
    }
    expect(await seen(DIF)).toEqual([1, false])
    expect(await seen(OTHER)).toEqual([0, undefined])
    world.trust.current = { ...world.trust.current, trust: { ...world.trust.current.trust, monitoringClient: OTHER } }
    expect(await seen(OTHER)).toEqual([1, true])
    expect(await seen(DIF, SERVER)).toEqual([1, false])
  })
  test('keeps to the owner of services and to the fields that are asked for', async () => {
    const world = await monitored(await twoNodes())
    await world.ask(post('x'))
    world.clock.now = later(NOON, 5 * MINUTE)
    const owner = (id: ClientId) => identifier('c', 'SUBSYSTEM', id).replaceAll('x:c', 'om:client')
    const spec = (...names: string[]) =>
      `<om:outputSpec>${names.map((name) => `<om:outputField>${name}</om:outputField>`).join('')}</om:outputSpec>`
    expect((await ask(world, data(between(from, from + 10, owner(SEDESOQ))))).records.length).toBe(1)
    expect((await ask(world, data(between(from, from + 10, owner(DIF))))).records.length).toBe(0)
    const few = await ask(world, data(between(from, from + 10), {}, spec('serviceCode', 'requestInTs', 'faultCode')))
    expect(few.records).toEqual([{ requestInTs: NOON, serviceCode: 'consulta' }])
    expect((await ask(world, data(between(from, from + 10), {}, spec('nada')))).code).toBe(`${PREFIX}invalid_request`)
    expect(new Set(FIELDS).size).toBe(FIELDS.length)
  })
  test('of the last minute and of what is older than a week gives nothing, and says where to go on', async () => {
    const world = await monitored(await twoNodes())
    await world.ask(post('x'))
    world.clock.now = later(NOON, 60 * SECOND)
    expect((await ask(world, data(between(from - 10, from + 100)))).next).toBe(from)
    world.clock.now = later(NOON, 61 * SECOND)
    const late = await ask(world, data(between(from - 10, from + 1)))
    expect([late.records.length, late.next]).toEqual([1, from + 1])
    expect(await ask(world, data(between(from + 1, from + 5)))).toMatchObject({ code: `${PREFIX}invalid_request` })
  })
  test('of more than ten thousand ends with a whole second, and goes on with the next', async () => {
    const world = await monitored(await twoNodes())
    const at = (number: number) => (number < 9_999 ? 0 : number < 10_002 ? SECOND : 2 * SECOND)
    const records = Array.from({ length: 10_003 }, (_, number) => record(number, 'response', at(number)))
    Object.assign(world.provider.ports, {
      journal: { peek: async () => records, listLocked: async () => [], getLocked: async () => undefined },
    })
    world.clock.now = later(NOON, 5 * MINUTE)
    const first = await ask(world, data(between(from, from + 10)))
    expect([first.records.length, first.next]).toEqual([10_002, from + 2])
    const second = await ask(world, data(between(from + 2, from + 10)))
    expect([second.records.length, second.next]).toEqual([1, undefined])
    expect((await ask(world, data(between(from, from + 1)))).next).toBeUndefined()
  })
  test.each([
    ['a time before 1970', between(-1, 5)],
    ['an end before its beginning', between(6, 5)],
    ['a time that is no number', between(from, from).replace(String(from), 'hoy')],
    ['no criteria', ''],
    ['something else', between(1, 5, '<om:otro/>')],
    ['a subsystem without a code', between(1, 5, identifier('c', 'SUBSYSTEM', memberOf(DIF)).replaceAll('x:c', 'om:client'))],
  ])('with %s is refused in the words of another process', async (_what, criteria) => {
    const world = await monitored(await twoNodes())
    expect((await ask(world, data(criteria))).code).toBe(`${PREFIX}invalid_request`)
  })
  test('at a door that sees a record once the archive has taken it, is given that much later and never passed over', async () => {
    const world = await monitored(await twoNodes())
    const { getLocked, listLocked } = world.provider.archivePorts
    Object.assign(world.provider.ports, { journal: { getLocked, listLocked, peek: async () => [], lateMs: 15 * MINUTE } })
    await world.ask(post('x'))
    world.clock.now = later(NOON, 10 * MINUTE)
    expect(await ask(world, data(between(from, from + 5)))).toMatchObject({ code: `${PREFIX}invalid_request` })
    await archive('prueba', world.provider.archivePorts)
    world.clock.now = later(NOON, 15 * MINUTE + SECOND)
    const asked = await ask(world, data(between(from, from + 3600)))
    expect([asked.records.length, asked.next]).toEqual([1, from + 1])
  })
  test('at a door that cannot read evidence is refused as by a server that has lost its monitoring process', async () => {
    const world = await monitored(await twoNodes())
    Object.assign(world.provider.ports, { journal: undefined })
    expect((await ask(world, data(between(from, from)))).code).toBe('server.serverproxy.service_failed.network_error')
  })
  test.skipIf(vectors() === null || !needs('xmllint'))('is answered as the published schema says', async () => {
    const world = await monitored(await twoNodes())
    await world.ask(post('x'))
    world.clock.now = later(NOON, 60 * SECOND)
    const { envelope: text } = await ask(world, data(between(from - 10, from + 100), { version: 'v9' }))
    expect(validBy('op-monitoring.xsd', bodyIn(text))).toBe(true)
  })
})

test('an owner is known by the question that names its server, and never by a subsystem', () => {
  const node = { server: { ...OWNER, serverCode: 'nodo' } } as NodeConfiguration
  const trust = { monitoringClient: undefined } as unknown as Trust
  const asks = (by: ClientId, server = '') => {
    const message = messageOf(question({ ...data(between(1, 2)), by, server }))
    return [seesEverything(message, node, trust), isOwnerOrMonitor(message, node, trust)]
  }
  expect(asks(OWNER, SERVER)).toEqual([true, true])
  expect(asks(OWNER)).toEqual([false, true])
  expect(asks(SEDESOQ, SERVER)).toEqual([false, false])
})
const bodyIn = (text: string): string => /<soap:Body>(.*)<\/soap:Body>/s.exec(text)?.[1] ?? ''

describe('getSecurityServerHealthData', () => {
  const health = (filter = '', more: Partial<Asked> = {}): Asked => ({
    code: 'getSecurityServerHealthData',
    body: `<om:getSecurityServerHealthData xmlns:om="${OM}">${filter}</om:getSecurityServerHealthData>`,
    ...more,
  })
  const value = (text: string, name: string) => new RegExp(`<om:${name}>([^<]*)<`).exec(text)?.[1]
  async function busy(): Promise<TwoNodes> {
    const world = await monitored(await twoNodes())
    for (const [after, ms, status] of [
      [0, 999, 200],
      [5, 100, 200],
      [6, 300, 200],
      [7, 50, 500],
    ] as const) {
      world.clock.now = later(NOON, after * MINUTE)
      world.register.answer = () => {
        world.clock.now = later(world.clock.now, ms)
        return answering('{}', status)({} as never)
      }
      await world.ask(post('x'))
    }
    world.clock.now = later(NOON, 12 * MINUTE)
    return world
  }
  test('gives the figures of the last ten minutes, of successes alone', async () => {
    const { envelope: text } = await ask(await busy(), health())
    const figures = [
      'successfulRequestCount',
      'unsuccessfulRequestCount',
      'requestMinDuration',
      'requestAverageDuration',
      'requestMaxDuration',
      'requestDurationStdDev',
    ]
    expect(figures.map((name) => value(text, name))).toEqual(['2', '1', '100', '200', '300', '100'])
    expect(value(text, 'lastSuccessfulRequestTimestamp')).toBe(String(NOON + 6 * MINUTE + 300))
    expect(value(text, 'lastUnsuccessfulRequestTimestamp')).toBe(String(NOON + 7 * MINUTE + 50))
    expect(value(text, 'monitoringStartupTimestamp')).toBe(String(NOON + 12 * MINUTE - DAY))
    expect(value(text, 'statisticsPeriodSeconds')).toBe('600')
  })
  test.skipIf(vectors() === null || !needs('xmllint'))('is answered as the published schema says', async () => {
    const { envelope: text } = await ask(await busy(), health())
    expect(validBy('op-monitoring.xsd', bodyIn(text))).toBe(true)
  })
  test('keeps to the owner that is asked for', async () => {
    const world = await busy()
    const of = (id: ClientId) => `<om:filterCriteria>${identifier('c', 'SUBSYSTEM', id).replaceAll('x:c', 'om:client')}</om:filterCriteria>`
    expect(value((await ask(world, health(of(SEDESOQ)))).envelope, 'successfulRequestCount')).toBe('2')
    expect((await ask(world, health(of(OTHER)))).envelope).toContain('<om:servicesEvents></om:servicesEvents>')
  })
})

describe('getSecurityServerMetrics', () => {
  const M = 'http://x-road.eu/xsd/monitoring'
  const asked = (more: Partial<Asked> = {}, ...names: string[]): Asked => ({
    code: 'getSecurityServerMetrics',
    body: `<m:getSecurityServerMetrics xmlns:m="${M}">${names.length === 0 ? '' : `<m:outputSpec>${names.map((name) => `<m:outputField>${name}</m:outputField>`).join('')}</m:outputSpec>`}</m:getSecurityServerMetrics>`,
    ...more,
  })
  const watched = async () => {
    const world = await monitored(await twoNodes())
    world.trust.current = { ...world.trust.current, trust: { ...world.trust.current.trust, monitoringClient: OTHER } }
    return world
  }
  test('is for the owner and the monitoring client alone', async () => {
    const world = await watched()
    expect((await ask(world, asked())).code).toBe('server.serverproxy.access_denied')
    expect((await ask(world, asked({ by: memberOf(DIF) }))).code).toBe('server.serverproxy.access_denied')
    expect((await ask(world, asked({ by: OTHER }))).code).toBe('ok')
    expect((await ask(world, asked({ by: OTHER, version: 'v1' }))).code).toBe('server.serverproxy.unknown_service')
  })
  test('tells the version and the certificates in use, and of what is asked for only that', async () => {
    const world = await watched()
    const names = (text: string) => [...text.matchAll(/<m:name>([^<]*)</g)].map(([, name]) => name)
    const all = names((await ask(world, asked({ by: OTHER }))).envelope)
    expect(all.slice(0, 4)).toEqual(['SERVER:QRO/GOB/SEDESOQ/nodo', 'proxyVersion', 'systemMetrics', 'Certificates'])
    expect(all.filter((name) => name?.startsWith('certificate-')).length).toBe(2)
    expect(names((await ask(world, asked({ by: OTHER }, 'Certificates'))).envelope)).toEqual(all.filter((name) => name !== 'proxyVersion'))
    expect(names((await ask(world, asked({ by: OTHER }, 'TotalPhysicalMemory'))).envelope)).toEqual(all.slice(0, 2))
  })
  test.skipIf(vectors() === null || !needs('xmllint'))('is answered as the published schema says', async () => {
    const { envelope: text } = await ask(await watched(), asked({ by: OTHER }))
    expect(validBy('monitoring.xsd', bodyIn(text))).toBe(true)
  })
  test('needs no service, no right, and no client but a subsystem of the owner’s', async () => {
    const world = await watched()
    world.provider.configuration.current = { ...world.provider.configuration.current, services: [serviceOf()], rights: [] }
    expect((await ask(world, asked({ by: OTHER }))).code).toBe('ok')
  })
})
