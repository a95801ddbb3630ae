import { describe, expect, test } from 'vitest'
import type { OpenApiDescription } from '../../../src/exchange/descriptions/openapi-description.ts'
import { openApiService, refreshed, withServices, wsdlServices } from '../../../src/exchange/descriptions/services.ts'
import type { NodeService } from '../../../src/exchange/node-configuration.ts'
import { PUBLIC_ONLY } from '../../../src/exchange/reach/reach.ts'
import { client } from '../../trust/example.ts'

const owner = client('SEDESOQ', 'PADRON')
const AT = 'https://padron.example/soap?wsdl'
const wsdl = (...codes: string[]) =>
  wsdlServices(owner, AT, { services: codes.map((code) => ({ code, version: 'v1', url: 'https://padron.example/soap' })), warnings: [] })
const openApi = (more: Partial<OpenApiDescription> = {}, address?: string) =>
  openApiService(
    owner,
    'rest',
    'https://padron.example/docs/openapi.yaml',
    { version: '3.0.3', url: '', endpoints: [], warnings: [], ...more },
    address,
  )
const verdict = (services: readonly NodeService[], added: readonly NodeService[]) => {
  const outcome = withServices(services, added, PUBLIC_ONLY)
  return outcome.ok ? outcome.value.length : `${outcome.fault.reason ?? outcome.fault.path[0]}: ${outcome.fault.detail}`
}

describe('a described service', () => {
  test('begins switched off, with the notice that stock servers give, and an https address verified', () =>
    expect(wsdl('consulta')[0]).toMatchObject({
      id: { ...owner, serviceCode: 'consulta', serviceVersion: 'v1' },
      type: 'WSDL',
      disabled: { notice: 'Out of order' },
      tls: { kind: 'verified' },
      description: AT,
    }))
  test.each([
    ['https://otro.example/api', undefined, 'https://otro.example/api'],
    ['/api', undefined, 'https://padron.example/api'],
    ['v1', undefined, 'https://padron.example/docs/v1'],
    ['', undefined, 'https://padron.example/docs/openapi.yaml'],
    ['https://{host}/api', undefined, 'https://{host}/api'],
    ['https://{host}/api', 'http://padron.example/v1', 'http://padron.example/v1'],
  ])('of the server "%s", given %s, lies at %s', (url, address, expected) => expect(openApi({ url }, address).url).toBe(expected))
})

describe('services are added', () => {
  test('to those there are', () => expect(verdict([openApi()], wsdl('a', 'b'))).toBe(3))
  test('not under a code and version that are there, in whatever letter case', () =>
    expect(verdict(wsdl('consulta'), wsdl('Consulta'))).toMatch(/^malformed_server_conf: there is a service .*Consulta\/v1 already/))
  test('not under a code that nodes answer by themselves', () =>
    expect(verdict([], wsdl('listMethods'))).toMatch(/nodes answer by themselves/))
  test('not at an address inside the house', () =>
    expect(verdict([], [openApi({ url: 'http://169.254.169.254/latest' })])).toMatch(/^address_not_allowed/))
  test('not at an address that holds a template', () =>
    expect(verdict([], [openApi({ url: 'https://{host}/api' })])).toMatch(/^service_malformed_url/))
})

describe('a document read anew', () => {
  const [a, b] = wsdl('a', 'b') as [NodeService, NodeService]
  const mine = { ...a, url: 'https://nuevo.example/', timeoutMs: 5, tls: { kind: 'none' } } as const
  const { disabled: _, ...on } = mine
  test('leaves a service that stays as its operator set it, drops what is gone, adds what is new as its neighbours are', () => {
    const other = openApi()
    const { services, added, removed } = refreshed([on, b, other], AT, wsdl('a', 'c'))
    expect(services.map(({ id }) => id.serviceCode)).toEqual(['a', 'rest', 'c'])
    expect(services[0]).toEqual(on)
    expect(services[2]).not.toHaveProperty('disabled')
    expect(added.map(({ id }) => id.serviceCode)).toEqual(['c'])
    expect(removed).toEqual([b])
  })
  test('a new service of a document that is switched off is switched off with the same notice', () =>
    expect(refreshed([{ ...a, disabled: { notice: 'Mantenimiento' } }], AT, wsdl('a', 'c')).services[1]).toMatchObject({
      disabled: { notice: 'Mantenimiento' },
    }))
  test('gives a REST service its new endpoints', () => {
    const before = openApi({ endpoints: [{ method: 'GET', path: '/a' }] })
    const now = openApi({ endpoints: [{ method: 'GET', path: '/b' }] })
    expect(refreshed([before], before.description ?? '', [now]).services[0]?.endpoints).toEqual([{ method: 'GET', path: '/b' }])
  })
})
