import { describe, expect, test } from 'vitest'
import { ok } from '../../../src/base/result.ts'
import type { NodeService } from '../../../src/exchange/node-configuration.ts'
import { refuse } from '../../../src/protocol/faults.ts'
import type { ServiceId } from '../../../src/protocol/identifiers.ts'
import type { RestCall } from '../../../src/protocol/rest-message.ts'
import type { AccessRight, Endpoint, Subject } from '../../../src/trust/access.ts'
import { answering, codeIn, DIF, post, SEDESOQ, type Service, serviceOf, type TwoNodes, twoNodes } from '../two-nodes.ts'

const id = (serviceCode: string, more: Partial<ServiceId> = {}): ServiceId => ({ ...SEDESOQ, serviceCode, ...more })
const right = (service: ServiceId, endpoint: Endpoint, subject: Subject = { kind: 'client', id: DIF }): AccessRight => ({
  service,
  subject,
  endpoint,
})
const WHOLE = { method: '*', path: '**' }
const pets: NodeService = serviceOf({
  id: id('pets'),
  type: 'OPENAPI3',
  description: 'http://padron.test/openapi.yaml',
  endpoints: [
    { method: 'GET', path: '/pets/*' },
    { method: 'POST', path: '/pets' },
    { method: 'GET', path: '/owners/**' },
  ],
})
const plain = serviceOf({ id: id('plain'), disabled: { notice: 'Hoy no' } })
const soap = serviceOf({ id: id('soap', { serviceVersion: 'v1' }), type: 'WSDL' })
const others = serviceOf({ id: { ...SEDESOQ, subsystemCode: 'OTRO', serviceCode: 'otro' } })

async function world(
  rights: readonly AccessRight[] = [],
  services: readonly NodeService[] = [pets, plain, soap, others],
): Promise<TwoNodes> {
  const made = await twoNodes()
  made.provider.configuration.current = { ...made.provider.configuration.current, services, rights }
  return made
}
const target = (code: string) => `/r1/QRO/GOB/SEDESOQ/PADRON/${code}`
async function ask(made: TwoNodes, code: string, call: Partial<RestCall> = {}) {
  const answer = await made.ask({ ...call, target: target(code) })
  if (!answer.ok) return { code: codeIn(answer), reason: answer.fault.relayed?.message ?? answer.fault.reason, text: '', type: undefined }
  const { body, headers, status } = answer.value
  const type = headers.find(([name]) => name === 'Content-Type')?.[1]
  return { code: `ok ${status}`, type, text: body?.kind === 'bytes' ? Buffer.from(body.bytes).toString() : '', reason: undefined }
}
const listed = (text: string): readonly { service_code: string; endpoint_list: readonly Endpoint[] }[] => JSON.parse(text).service
const codes = (text: string) => listed(text).map(({ service_code }) => service_code)

describe('listMethods', () => {
  test('tells every REST service of exactly that owner, disabled or not, with its endpoints, in the names of stock servers', async () => {
    const made = await world([right(pets.id, WHOLE), right(pets.id, { method: 'DELETE', path: '/pets/*' })])
    const { code, type, text } = await ask(made, 'listMethods')
    expect([code, type]).toEqual(['ok 200', 'application/json'])
    const common = { member_class: 'GOB', member_code: 'SEDESOQ', object_type: 'SERVICE', subsystem_code: 'PADRON', xroad_instance: 'QRO' }
    expect(JSON.parse(text)).toEqual({
      service: [
        {
          ...common,
          service_code: 'pets',
          service_type: 'OPENAPI',
          endpoint_list: [
            { method: 'GET', path: '/pets/*' },
            { method: 'POST', path: '/pets' },
            { method: 'GET', path: '/owners/**' },
            { method: 'DELETE', path: '/pets/*' },
          ],
        },
        { ...common, service_code: 'plain', service_type: 'REST', endpoint_list: [] },
      ],
    })
  })
  test('needs no right, is signed and kept by both like any exchange, and calls no service', async () => {
    const made = await world()
    expect((await ask(made, 'listMethods')).code).toBe('ok 200')
    expect(made.register.calls).toEqual([])
    for (const node of [made.consumer, made.provider])
      expect((await node.kept()).map(({ direction }) => direction)).toEqual(['request', 'response'])
  })
  test('is asked by GET alone: other methods look for a service of that name', async () => {
    const made = await world()
    expect((await ask(made, 'listMethods', post('x'))).code).toBe('server.serverproxy.unknown_service')
  })
  test('may be asked with a path behind, which says nothing', async () =>
    expect((await ask(await world(), 'listMethods/and/more?x=1')).code).toBe('ok 200'))
  test('of an owner that is no client of the node is refused', async () => {
    const made = await world()
    made.provider.configuration.current = { ...made.provider.configuration.current, clients: [] }
    expect((await ask(made, 'listMethods')).code).toBe('server.serverproxy.service_failed.unknown_member')
  })
})

describe('allowedMethods', () => {
  test('tells nothing to whoever has no right', async () => expect(codes((await ask(await world(), 'allowedMethods')).text)).toEqual([]))
  test('tells all endpoints to whom the whole service is open', async () => {
    const { text } = await ask(await world([right(pets.id, WHOLE)]), 'allowedMethods')
    expect(codes(text)).toEqual(['pets'])
    expect(listed(text)[0]?.endpoint_list).toHaveLength(3)
  })
  test('tells only the endpoints that are open, by whatever right', async () => {
    const rights = [
      right(pets.id, { method: 'GET', path: '/pets/**' }),
      right(pets.id, { method: 'post', path: '/pets' }, { kind: 'localGroup', code: 'g', members: [DIF] }),
      right(pets.id, { method: 'GET', path: '/owners/**' }, { kind: 'client', id: SEDESOQ }),
    ]
    const { text } = await ask(await world(rights), 'allowedMethods')
    expect(listed(text)[0]?.endpoint_list).toEqual([
      { method: 'GET', path: '/pets/*' },
      { method: 'POST', path: '/pets' },
      { method: 'GET', path: '/pets/**' },
    ])
  })
  test('tells a service that is open in a part it has no name for, with that part', async () => {
    const { text } = await ask(await world([right(plain.id, { method: 'GET', path: '/a' })]), 'allowedMethods')
    expect(listed(text)).toMatchObject([{ service_code: 'plain', endpoint_list: [{ method: 'GET', path: '/a' }] }])
  })
})

describe('getOpenAPI', () => {
  const YAML = 'openapi: 3.0.0 # comentario\nservers:\n- url: http://10.0.0.1:8080/v1\npaths: {}\n'
  const serving = (text: string, status = 200, type?: string): Service =>
    answering(text, status, type === undefined ? [] : [['content-type', type]])
  const getOpenApi = async (answer: Service, query = '?serviceCode=pets', service: NodeService = pets) => {
    const made = await world([], [service, plain, soap])
    made.register.answer = answer
    return { ...(await ask(made, `getOpenAPI${query}`)), made }
  }

  test('gives the document of a service, its servers without their hosts', async () => {
    const { code, type, text, made } = await getOpenApi(serving(YAML, 200, 'application/x-yaml'))
    expect([code, type]).toEqual(['ok 200', 'application/x-yaml'])
    expect(text).toBe('openapi: 3.0.0 # comentario\nservers:\n- url: "/v1"\npaths: {}\n')
    expect(made.register.calls).toEqual([{ method: 'GET', url: 'http://padron.test/openapi.yaml', headers: [], body: null }])
  })
  test('knows its parameter in any letter case, and takes the first of several', async () =>
    expect((await getOpenApi(serving(YAML), '?ServiceCODE=pets&servicecode=plain')).code).toBe('ok 200'))
  test('without a Content-Type is plain text, read by the end of its address', async () => {
    expect((await getOpenApi(serving(YAML))).type).toBe('text/plain')
    const atJson = { ...pets, description: 'http://padron.test/openapi.json?v=1' }
    expect((await getOpenApi(serving(YAML), undefined, atJson)).code).toBe('server.serverproxy.internal_error')
    expect((await getOpenApi(serving('{"openapi":"3.1.0"}'), undefined, atJson)).text).toBe('{"openapi":"3.1.0"}')
  })
  test('is JSON when its server says so', async () => {
    expect((await getOpenApi(serving(YAML, 200, 'application/json'))).code).toBe('server.serverproxy.internal_error')
    const { type, text } = await getOpenApi(
      serving('{"openapi":"3.1.0","servers":[{"url":"//h/v1"}]}', 200, 'application/json; charset=utf-8'),
    )
    expect([type, text]).toEqual(['application/json; charset=utf-8', '{"openapi":"3.1.0","servers":[{"url":"/v1"}]}'])
  })
  test.each([
    ['', 'invalid_request'],
    ['?', 'invalid_request'],
    ['?serviceCode=', 'invalid_request'],
    ['?other=pets', 'invalid_request'],
    ['?serviceCode=nobody', 'internal_error'],
    ['?serviceCode=plain', 'internal_error'],
    ['?serviceCode=soap', 'internal_error'],
    ['?serviceCode=PETS', 'internal_error'],
  ])('with "%s" is refused: %s', async (query, code) => {
    const answer = await getOpenApi(serving(YAML), query)
    expect(answer.code).toBe(`server.serverproxy.${code}`)
    expect(answer.made.register.calls).toEqual([])
  })
  test.each<[string, Service]>([
    ['a redirect', serving('', 302)],
    ['another success', serving(YAML, 203)],
    ['an error', serving('no', 500)],
    ['no document', serving('<html/>')],
    ['version 2', serving('swagger: "2.0"')],
    ['a document that is too large', () => ok({ status: 200, reason: 'OK', headers: [], body: { size: 3e6, sha512: new Uint8Array(64) } })],
    ['no answer', () => refuse('network_error', '10.0.0.1:8080: ECONNREFUSED')],
  ])('that meets %s is refused, and only the operator hears why', async (_, answer) => {
    const { code, reason, made } = await getOpenApi(answer)
    expect(code).toBe('server.serverproxy.internal_error')
    expect(reason).toMatch(/description of the service could not be fetched/)
    expect(reason).not.toMatch(/10\.0\.0\.1|outcome/)
    expect(made.provider.log.map(({ event }) => event)).toContain('description_unavailable')
  })
})
