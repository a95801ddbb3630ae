import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant } from '../../src/base/clock.ts'
import { verifyContainer } from '../../src/evidence/container-verify.ts'
import { readZip } from '../../src/evidence/zip.ts'
import type { NodePlan, ServicePlan, WorldPlan } from '../../src/local/plan.ts'
import { startWorld, type World } from '../../src/local/world.ts'
import { trustFromFiles } from '../../src/trust/trust-files.ts'

const REGISTER = 'EE/GOV/111/register'
const BANK = 'EE/COM/222/bank'
const STRANGER = 'EE/COM/333/stranger'
const program = (path: string) => ({ program: 'register', path })
const service = (code: string, more: Partial<ServicePlan> = {}): ServicePlan => ({
  id: `${REGISTER}/${code}`,
  type: 'REST',
  at: program(''),
  ...more,
})
const described = (code: string, path: string) =>
  service(code, { type: 'OPENAPI3', description: program(path), endpoints: [{ method: 'GET', path: '/personas/*' }] })
const consumer = (name: string, owner: string, subsystem: string, edge: NodePlan['edge']): NodePlan => ({
  name,
  owner,
  serverCode: 'S1',
  edge,
  clients: [{ id: `${owner}/${subsystem}` }],
  services: [],
  rights: [],
  policies: [],
})
const plan: WorldPlan = {
  instance: 'EE',
  memberClasses: [
    { code: 'GOV', description: 'Government' },
    { code: 'COM', description: 'Companies' },
  ],
  members: [
    { id: 'EE/GOV/111', name: 'Population register', subsystems: [{ code: 'register', name: 'The register' }] },
    { id: 'EE/COM/222', name: 'Bank', subsystems: [{ code: 'bank' }] },
    { id: 'EE/COM/333', name: 'Stranger', subsystems: [{ code: 'stranger' }] },
  ],
  nodes: [
    consumer('bank', 'EE/COM/222', 'bank', 'rest'),
    consumer('stranger', 'EE/COM/333', 'stranger', 'http'),
    {
      ...consumer('register', 'EE/GOV/111', 'register', 'rest'),
      services: [
        described('persons', '/openapi.yaml'),
        described('persons-json', '/openapi.json'),
        described('moved', '/moved.yaml'),
        service('inside', {
          type: 'OPENAPI3',
          at: { url: 'http://10.20.30.40/' },
          description: { url: 'http://169.254.169.254/openapi.yaml' },
        }),
        service('plain', { disabled: { notice: 'hoy no' } }),
        service('soap/v1', { type: 'WSDL', description: program('/service.wsdl') }),
        service('soap/v2', { type: 'WSDL', description: program('/nowhere.wsdl'), disabled: { notice: 'hoy no' } }),
      ],
      localGroups: [{ owner: REGISTER, code: 'banks', members: [BANK] }],
      rights: [
        { service: `${REGISTER}/persons`, subject: { localGroup: 'banks' }, endpoint: { method: 'GET', path: '/personas/*' } },
        { service: `${REGISTER}/soap`, subject: { client: BANK } },
      ],
    },
  ],
  programs: [
    { name: 'register', run: fileURLToPath(new URL('described-service.ts', import.meta.url)), title: { es: 'registro', en: 'register' } },
  ],
}

let world: World
const folder = mkdtempSync(join(tmpdir(), 'sacbe-metadata-'))
beforeAll(async () => {
  const home = { folder, passphrase: 'nopal azul', scenario: 'metadata' }
  const started = await startWorld({
    home,
    plan,
    port: 0,
    now: () => instant(Date.now()),
    log: () => {},
    archive: 'by hand',
    archiveSeconds: 5,
  })
  if (!started.ok) throw new Error(started.fault.en)
  world = started.value
})
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true, force: true })
})

type Said = {
  readonly status: number
  readonly type: string
  readonly error: string | undefined
  readonly body: Buffer
  readonly text: string
}
type CallOptions = { method?: string; headers?: Record<string, string>; certificate?: boolean; body?: string }
/** One HTTPS call of an agency's system, with its own certificate or without. */
function call(as: string, path: string, { method = 'GET', headers = {}, certificate = true, body = '' }: CallOptions = {}): Promise<Said> {
  const client = world.file.clients.find(({ id }) => id === as)
  const node = world.file.nodes.find(({ name }) => name === client?.node)
  if (!client || !node) throw new Error(`nobody speaks for ${as}`)
  const identity = certificate ? { cert: readFileSync(client.certificate), key: readFileSync(client.key) } : {}
  const { hostname, port } = new URL(node.consumer)
  return new Promise((resolve, reject) => {
    const options = { hostname, port, path, method, headers, ...identity, ca: readFileSync(client.authority), agent: false }
    const made = request(options, async (answer) => {
      const body = Buffer.concat((await answer.toArray()) as Buffer[])
      const error = answer.headers['x-road-error'] as string | undefined
      resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', error, body, text: body.toString() })
    })
    made.on('error', reject).end(body)
  })
}
const ask = (as: string, code: string, owner = REGISTER) => call(as, `/r1/${owner}/${code}`, { headers: { 'X-Road-Client': as } })
/** As the feature files ask of every answer. */
async function timely(said: Promise<Said>): Promise<Said> {
  const before = performance.now()
  const answer = await said
  expect(performance.now() - before, 'in a timely manner').toBeLessThan(15_000)
  return answer
}

describe.each([
  ['REST edge', BANK],
  ['HTTP edge', STRANGER],
])('through a consumer behind the %s', (_, client) => {
  test('listClients: whoever asks gets the clients as JSON, other parameters say nothing', async () => {
    for (const certificate of [true, false]) {
      const said = await timely(
        call(client, '/listClients?serviceId=serviceId1&instanceId=instanceId1', { headers: { Accept: 'application/json' }, certificate }),
      )
      expect([said.status, said.type]).toEqual([200, 'application/json; charset=utf-8'])
      expect(JSON.parse(said.text).member).toContainEqual({
        id: { object_type: 'SUBSYSTEM', xroad_instance: 'EE', member_class: 'GOV', member_code: '111', subsystem_code: 'register' },
        name: 'Population register',
        subsystem_name: 'The register',
      })
    }
  })
  test('listClients: XML when nobody names JSON; a fault under 200 for an unknown instance', async () => {
    expect((await call(client, '/listClients')).text).toContain('<xroad:clientList')
    const unknown = await call(client, '/listClients?xRoadInstance=XX')
    expect([unknown.status, unknown.type]).toEqual([200, 'text/xml;charset=utf-8'])
    expect(unknown.text).toContain('<faultcode>server.clientproxy.internal_error</faultcode>')
  })
  test('listMethods: the REST services of a provider with their endpoints', async () => {
    const said = await timely(ask(client, 'listMethods?serviceId=serviceId1'))
    expect([said.status, said.type]).toEqual([200, 'application/json'])
    const services = JSON.parse(said.text).service as { service_code: string; service_type: string; endpoint_list: object[] }[]
    expect(services.map(({ service_code, service_type }) => `${service_code} ${service_type}`)).toEqual([
      'persons OPENAPI',
      'persons-json OPENAPI',
      'moved OPENAPI',
      'inside OPENAPI',
      'plain REST',
    ])
    expect(services[0]?.endpoint_list).toEqual([{ method: 'GET', path: '/personas/*' }])
  })
  test('allowedMethods: those that the asking client may call', async () => {
    const said = await timely(ask(client, 'allowedMethods'))
    expect([said.status, said.type]).toEqual([200, 'application/json'])
    const allowed = (JSON.parse(said.text).service as { service_code: string }[]).map(({ service_code }) => service_code)
    expect(allowed).toEqual(client === BANK ? ['persons'] : [])
  })
  test('getOpenAPI: the description of a service, without the address it has inside', async () => {
    const yaml = await timely(ask(client, 'getOpenAPI?serviceCode=persons'))
    expect([yaml.status, yaml.type]).toEqual([200, 'application/x-yaml'])
    expect(yaml.text).toContain('  - url: "/api/{version}" # por dentro\n')
    const json = await ask(client, 'getOpenAPI?servicecode=persons-json')
    expect([json.type, json.text]).toEqual(['application/json', '{"openapi":"3.1.0","servers":[{"url":"/api"}],"paths":{}}'])
  })
  // The features expect 400 for each of these; X-Road's own answer to what the provider's side refuses is 500, and its code says which.
  test.each([
    ['an unknown instance', 'XX/GOV/111/register', '?serviceCode=persons', 'server.clientproxy.unknown_member'],
    ['an unknown class', 'EE/XXX/111/register', '?serviceCode=persons', 'server.clientproxy.unknown_member'],
    ['an unknown member', 'EE/GOV/_invalid/register', '?serviceCode=persons', 'server.clientproxy.unknown_member'],
    ['an unknown application', 'EE/GOV/111/_invalid', '?serviceCode=persons', 'server.clientproxy.unknown_member'],
    ['an unknown service', REGISTER, '?serviceCode=_invalid', 'server.serverproxy.internal_error'],
    ['an empty service', REGISTER, '?serviceCode=', 'server.serverproxy.invalid_request'],
    ['no service', REGISTER, '', 'server.serverproxy.invalid_request'],
    ['a service without a description', REGISTER, '?serviceCode=plain', 'server.serverproxy.internal_error'],
    ['a description that moved', REGISTER, '?serviceCode=moved', 'server.serverproxy.internal_error'],
    ['a description that lies where the cloud keeps its credentials', REGISTER, '?serviceCode=inside', 'server.serverproxy.internal_error'],
  ])('getOpenAPI of %s is refused', async (_, owner, query, code) => {
    const said = await timely(ask(client, `getOpenAPI${query}`, owner))
    expect([said.status, said.error]).toEqual([500, code])
    expect(said.text).not.toMatch(/10\.20|169\.254|127\.0\.0\.1/)
  })
})

const identifier = (name: string, type: string, id: string, code = '') => {
  const [instance, memberClass, memberCode, subsystem] = id.split('/')
  const parts = {
    xRoadInstance: instance,
    memberClass,
    memberCode,
    subsystemCode: subsystem,
    ...(code === '' ? {} : { serviceCode: code }),
  }
  const inside = Object.entries(parts).map(([part, value]) => `<id:${part}>${value}</id:${part}>`)
  return `<x:${name} id:objectType="${type}">${inside.join('')}</x:${name}>`
}
const envelope = (as: string, code: string, inside: string, id: string) =>
  `<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers"><e:Header>${identifier('client', 'SUBSYSTEM', as)}${identifier('service', 'SERVICE', REGISTER, code)}<x:userId>EE1</x:userId><x:id>${id}</x:id><x:protocolVersion>4.0</x:protocolVersion></e:Header><e:Body><x:${code}>${inside}</x:${code}></e:Body></e:Envelope>`
const soap = (as: string, code: string, inside = '', id = 'soap-1') =>
  call(as, '/', { method: 'POST', headers: { 'Content-Type': 'text/xml' }, body: envelope(as, code, inside, id) })
const faultIn = (text: string) => /<faultcode>([^<]*)</.exec(text)?.[1]

describe.each([
  ['REST edge', BANK],
  ['HTTP edge', STRANGER],
])('over SOAP, through a consumer behind the %s', (_, client) => {
  const versionsIn = (text: string) => [...text.matchAll(/<id:serviceVersion>([^<]*)</g)].map(([, version]) => version)
  test('listMethods and allowedMethods: the SOAP services of a provider', async () => {
    const all = await soap(client, 'listMethods')
    expect([all.status, all.type.split(';')[0]]).toEqual([200, 'text/xml'])
    expect(all.text).toMatch(/<xroad:listMethodsResponse .*<\/xroad:listMethodsResponse><\/e:Body>/s)
    expect(all.text).toMatch(/<x:requestHash [^>]*algorithmId="http:\/\/www.w3.org\/2001\/04\/xmlenc#sha512"/)
    expect(versionsIn(all.text)).toEqual(['v1', 'v2'])
    expect(versionsIn((await soap(client, 'allowedMethods')).text)).toEqual(client === BANK ? ['v1', 'v2'] : [])
  })
  test('getWsdl: the description, attached, without the address it has inside', async () => {
    const said = await soap(client, 'getWsdl', '<x:serviceCode>soap</x:serviceCode><x:serviceVersion>v1</x:serviceVersion>')
    expect(said.type).toMatch(/^multipart\/related; type="text\/xml"; .*boundary=xroad[a-z]{30}/i)
    expect(said.text).toContain('<xroad:serviceCode>soap</xroad:serviceCode><xroad:serviceVersion>v1</xroad:serviceVersion>')
    expect(said.text).toMatch(/Content-Transfer-Encoding: binary\r\nContent-ID: <wsdl=[0-9a-f-]{36}@x-road\.eu>\r\n\r\n<definitions /)
    expect(said.text).toContain('<s:address location="http://example.org/xroad-endpoint"/>')
    expect(said.text).not.toContain('10.20.30.40')
  })
  test.each([
    ['no code', '', 'invalid_request'],
    ['an unknown service', '<x:serviceCode>nada</x:serviceCode>', 'unknown_service'],
    ['a REST service', '<x:serviceCode>plain</x:serviceCode>', 'service_type'],
    ['a document that is not there', '<x:serviceCode>soap</x:serviceCode><x:serviceVersion>v2</x:serviceVersion>', 'internal_error'],
  ])('getWsdl of %s is refused', async (_, inside, code) => {
    const said = await soap(client, 'getWsdl', inside)
    expect([said.status, faultIn(said.text)]).toEqual([200, `server.serverproxy.${code}`])
  })
})

test('a local group opens what it names and no more', async () => {
  expect((await ask(BANK, 'persons/personas/1')).status).toBe(200)
  expect((await ask(BANK, 'persons/otros')).error).toBe('server.serverproxy.access_denied')
  expect((await ask(STRANGER, 'persons/personas/1')).error).toBe('server.serverproxy.access_denied')
})

test.each<[string, (id: string) => Promise<Said>]>([
  ['REST', (id) => call(BANK, `/r1/${REGISTER}/listMethods`, { headers: { 'X-Road-Client': BANK, 'X-Road-Id': id } })],
  ['SOAP', (id) => soap(BANK, 'getWsdl', '<x:serviceCode>soap</x:serviceCode><x:serviceVersion>v1</x:serviceVersion>', id)],
])(
  'a %s metadata exchange leaves evidence like any other, which its parties fetch by its id and anybody verifies',
  async (protocol, exchange) => {
    const id = `metadata-${protocol}`
    await exchange(id)
    const query = 'xRoadInstance=EE&memberClass=COM&memberCode=222&subsystemCode=bank'
    expect((await call(BANK, `/asic?${query}&queryId=${id}`)).status, 'not sealed yet').toBe(500)
    expect((await call(BANK, `/asic?${query}&queryId=${id}&force`, { certificate: false })).status, 'nobody asks').toBe(401)
    const said = await call(BANK, `/asic?${query}&queryId=${id}&force`)
    expect([said.status, said.type]).toEqual([200, 'application/zip'])
    const conf = await call(BANK, '/verificationconf', { certificate: false })
    expect([conf.status, conf.type]).toEqual([200, 'application/zip'])
    const files = [...(await entries(conf.body))].map(([name, bytes]) => [name.replace('verificationconf/', ''), bytes] as const)
    const trust = trustFromFiles(new Map(files))
    if (!trust.ok) throw new Error(trust.fault.detail)
    const containers = [...(await entries(said.body))]
    expect(containers.map(([name]) => name.replace(/-\w+\.asice$/, ''))).toEqual([`${id}-request`, `${id}-response`])
    for (const [, container] of containers) expect(await verifyContainer(container, trust.value, 'strict')).toMatchObject({ valid: true })
  },
)

async function entries(zip: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  const read = await readZip(zip)
  if (!read.ok) throw new Error(read.fault.detail)
  return read.value
}
