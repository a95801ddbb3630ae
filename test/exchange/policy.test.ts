import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readOpenApiFile } from '../../src/adapters/local/openapi-file.ts'
import { type OpenApiDocument, readOpenApi } from '../../src/exchange/contract/openapi.ts'
import type { ContractedRequest } from '../../src/exchange/contract/openapi-request.ts'
import { checkPolicy, type Policy } from '../../src/exchange/policy.ts'
import { bytesBody } from '../../src/protocol/body.ts'
import { httpStatus, type Outcome } from '../../src/protocol/faults.ts'

const SERVICE = {
  instance: 'QRO',
  memberClass: 'GOB',
  memberCode: 'SEDESOQ',
  subsystemCode: 'PADRON',
  serviceCode: 'beneficiario.consulta.v1',
}
const REGISTER = join(import.meta.dirname, '../../scenarios/queretaro/openapi.yaml')
const ISSUE = ['X-Road-Issue', 'EXP-2025-0042'] as const

const value = <T>(outcome: Outcome<T>): T => {
  if (!outcome.ok) throw new Error(`${outcome.fault.path.join('.')}: ${outcome.fault.detail}`)
  return outcome.value
}
const verdict = (outcome: Outcome<unknown>) => (outcome.ok ? 'ok' : `${outcome.fault.path.join('.')} | ${outcome.fault.detail}`)
const request = (given: Partial<ContractedRequest>): ContractedRequest => ({
  method: 'GET',
  servicePath: '/beneficiarios/ZELM850314MQTPNRZ9',
  query: null,
  headers: [ISSUE],
  body: null,
  ...given,
})
const register = value(await readOpenApiFile(REGISTER))
const policy = (given: Partial<Policy> = {}): Policy => ({ service: SERVICE, requires: ['issue'], openapi: register, ...given })

describe('the policy of the Querétaro look-up', () => {
  test('a call with its legal basis and a sound CURP may go', () => expect(verdict(checkPolicy(policy(), request({})))).toBe('ok'))

  for (const headers of [[], [['X-Road-Issue', '']], [['X-Road-Issue', ' \t']], [['X-Issue', 'EXP']]] as const)
    test(`a call with headers ${JSON.stringify(headers)} lacks its legal basis, 400`, () => {
      const outcome = checkPolicy(policy(), request({ headers }))
      expect(verdict(outcome)).toBe('legal_basis_missing | X-Road-Issue')
      expect(!outcome.ok && httpStatus({ ...outcome.fault, by: 'client' })).toBe(400)
    })

  test('the header’s name may be written in any case', () =>
    expect(verdict(checkPolicy(policy(), request({ headers: [['x-road-issue', 'EXP']] })))).toBe('ok'))

  test('a CURP with a wrong digit is 422 and says what the digit should be', () => {
    const outcome = checkPolicy(policy(), request({ servicePath: '/beneficiarios/MOTR930411HJCRMG73' }))
    expect(verdict(outcome)).toBe(
      'openapi_violation | curp: dígito verificador: dice 3, debe ser 0 / curp: check digit: it says 3, it should be 0',
    )
    expect(!outcome.ok && httpStatus({ ...outcome.fault, by: 'client' })).toBe(422)
    expect(!outcome.ok && httpStatus({ ...outcome.fault, by: 'server.clientproxy' })).toBe(422)
    expect(verdict(outcome)).not.toContain('MOTR')
  })

  test('without a policy for it nothing is asked', () =>
    expect(verdict(checkPolicy({ service: SERVICE, requires: [] }, request({ headers: [], servicePath: '/anything' })))).toBe('ok'))

  test('the legal basis comes before the contract', () =>
    expect(verdict(checkPolicy(policy(), request({ headers: [], servicePath: '/beneficiarios/X' })))).toMatch(/^legal_basis_missing/))

  for (const [name, given, says] of [
    ['a path of another service', { servicePath: '/otra' }, 'ruta: el contrato del servicio no la tiene'],
    ['a path with a step more', { servicePath: '/beneficiarios/ZELM850314MQTPNRZ9/x' }, 'ruta: el contrato del servicio no la tiene'],
    ['a path with an empty step', { servicePath: '/beneficiarios/' }, 'ruta: el contrato del servicio no la tiene'],
    ['no path', { servicePath: '' }, 'ruta: el contrato del servicio no la tiene'],
    ['a path that is no UTF-8', { servicePath: '/beneficiarios/%FF' }, 'ruta: el contrato del servicio no la tiene'],
    ['another method', { method: 'DELETE' }, 'DELETE: el contrato no admite este método en esta ruta'],
    ['a method that is no method', { method: 'parameters' }, 'parameters: el contrato no admite este método en esta ruta'],
    ['a case number that is too long', { headers: [['X-Road-Issue', 'E'.repeat(65)]] }, 'X-Road-Issue: debe tener a lo más 64 caracteres'],
    ['two case numbers', { headers: [ISSUE, ISSUE] }, 'X-Road-Issue: está repetido'],
    ['a body where none belongs', { body: bytesBody(new Uint8Array([1])) }, 'cuerpo: esta operación no lleva cuerpo'],
    ['a CURP in lower case', { servicePath: '/beneficiarios/zelm850314mqtpnrz9' }, 'curp: posición 1-4'],
    ['a percent-encoded slash in the CURP', { servicePath: '/beneficiarios/ZELM850314MQTPNRZ9%2F..' }, 'curp: tiene 21 caracteres'],
  ] as const)
    test(`${name} breaks the contract`, () =>
      expect(verdict(checkPolicy(policy(), request(given)))).toContain(`openapi_violation | ${says}`))

  test('a percent-encoded CURP is the same CURP', () =>
    expect(verdict(checkPolicy(policy(), request({ servicePath: '/beneficiarios/%5AELM850314MQTPNRZ9' })))).toBe('ok'))
})

const NAME = { type: 'string', minLength: 1 }
const CONTRACT = {
  openapi: '3.1.0',
  paths: {
    '/things/mine': { get: {} },
    '/things/{id}': { get: { parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer' } }] } },
    '/files/{name}.{kind}': { get: { parameters: [{ name: 'kind', in: 'path', required: true, schema: { enum: ['csv'] } }] } },
    '/search': {
      parameters: [{ name: 'q', in: 'query', required: true, schema: NAME }],
      get: {
        parameters: [
          { name: 'page', in: 'query', schema: { type: 'integer', minimum: 1 } },
          { name: 'tag', in: 'query', schema: { type: 'array', items: NAME, maxItems: 2 } },
          { name: 'ids', in: 'query', explode: false, schema: { type: 'array', items: { type: 'integer' } } },
          { name: 'X-Flag', in: 'header', schema: { type: 'boolean' } },
          { name: 'Accept', in: 'header', required: true, schema: NAME },
        ],
      },
      head: { parameters: [{ name: 'q', in: 'query', schema: NAME }] },
    },
    '/people': {
      post: {
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: { type: 'object', required: ['curp'], properties: { curp: { 'x-curp': true } }, additionalProperties: false },
            },
            'text/csv': {},
          },
        },
      },
      put: { requestBody: { content: { '*/*': {} } } },
    },
  },
}
const contract = value(readOpenApi(CONTRACT))
const json = (text: string, type = 'application/json') =>
  ({ headers: [['Content-Type', type]], body: bytesBody(Buffer.from(text)) }) as const

describe('a contract', () => {
  for (const [name, given, says] of [
    ['a literal step wins over a name', { servicePath: '/things/mine' }, 'ok'],
    ['a number in the path', { servicePath: '/things/5' }, 'ok'],
    ['no number in the path', { servicePath: '/things/five' }, 'id: debe ser de tipo integer'],
    ['a name within a step', { servicePath: '/files/padron.csv' }, 'ok'],
    ['a wrong name within a step', { servicePath: '/files/padron.exe' }, 'kind: no es uno de los valores admitidos'],
    ['a query', { servicePath: '/search', query: 'q=a&page=2&other=1' }, 'ok'],
    ['a query without what it needs', { servicePath: '/search', query: 'page=2' }, 'q: falta'],
    ['no query', { servicePath: '/search' }, 'q: falta'],
    ['the operation restates the path’s parameter', { servicePath: '/search', method: 'HEAD' }, 'ok'],
    ['a query value of the wrong type', { servicePath: '/search', query: 'q=a&page=x' }, 'page: debe ser de tipo integer'],
    ['a query value out of bounds', { servicePath: '/search', query: 'q=a&page=0' }, 'page: debe ser 1 o más'],
    ['a repeated query value', { servicePath: '/search', query: 'q=a&q=b' }, 'q: está repetido'],
    ['a list by repetition', { servicePath: '/search', query: 'q=a&tag=x&tag=y' }, 'ok'],
    ['a list that is too long', { servicePath: '/search', query: 'q=a&tag=x&tag=y&tag=z' }, 'tag: debe tener a lo más 2 elementos'],
    ['a list by commas', { servicePath: '/search', query: 'q=a&ids=1,2,3' }, 'ok'],
    ['a list by commas of the wrong type', { servicePath: '/search', query: 'q=a&ids=1,b' }, 'ids[1]: debe ser de tipo integer'],
    [
      'a header of the wrong type',
      { servicePath: '/search', query: 'q=a', headers: [['x-flag', 'yes']] },
      'X-Flag: debe ser de tipo boolean',
    ],
    [
      'a body',
      { servicePath: '/people', method: 'POST', ...json('{"curp":"ZELM850314MQTPNRZ9"}', 'application/json; charset=utf-8') },
      'ok',
    ],
    [
      'a body with a bad CURP',
      { servicePath: '/people', method: 'POST', ...json('{"curp":"MOTR930411HJCRMG73"}') },
      'curp: dígito verificador: dice 3, debe ser 0',
    ],
    [
      'a body with a field too many',
      { servicePath: '/people', method: 'POST', ...json('{"curp":"ZELM850314MQTPNRZ9","x":1}') },
      'x: no se admite',
    ],
    ['a body without its field', { servicePath: '/people', method: 'POST', ...json('{}') }, 'curp: falta'],
    ['a body that is no JSON', { servicePath: '/people', method: 'POST', ...json('{') }, 'cuerpo: no es JSON'],
    [
      'a body that is no UTF-8',
      {
        servicePath: '/people',
        method: 'POST',
        headers: [['Content-Type', 'application/json']],
        body: bytesBody(new Uint8Array([0x22, 0xff, 0x22])),
      },
      'cuerpo: no es JSON',
    ],
    [
      'a body nested too deeply',
      { servicePath: '/people', method: 'POST', ...json('['.repeat(100_000) + ']'.repeat(100_000)) },
      'cuerpo: no es JSON, o está anidado',
    ],
    ['no body', { servicePath: '/people', method: 'POST' }, 'cuerpo: falta'],
    [
      'a body of another type',
      { servicePath: '/people', method: 'POST', ...json('x', 'text/xml') },
      'Content-Type: el contrato no admite este tipo',
    ],
    [
      'a body without a type',
      { servicePath: '/people', method: 'POST', body: bytesBody(new Uint8Array([1])) },
      'Content-Type: el contrato no admite este tipo',
    ],
    ['a body of a type without a schema', { servicePath: '/people', method: 'POST', ...json('a;b', 'text/csv') }, 'ok'],
    ['a body of any type', { servicePath: '/people', method: 'PUT', ...json('a;b', 'image/png') }, 'ok'],
    [
      'a body that is not in hand',
      { servicePath: '/people', method: 'POST', body: { kind: 'stored', at: 'x', size: 1e9, sha512: new Uint8Array() } },
      'cuerpo: es demasiado grande para revisarlo',
    ],
  ] as const)
    test(`${name}: ${says}`, () => {
      const found = verdict(checkPolicy(policy({ requires: [], openapi: contract }), request(given as Partial<ContractedRequest>)))
      expect(found).toContain(says === 'ok' ? 'ok' : `openapi_violation | ${says}`)
    })
})

describe('a document that could not be enforced is refused when it is loaded', () => {
  const get = (operation: object) => ({ openapi: '3.0.3', paths: { '/a': { get: operation } } })
  const parameter = (given: object) => get({ parameters: [{ name: 'p', in: 'query', schema: {}, ...given }] })
  for (const [name, document, why] of [
    ['no object', [], 'the document is not an object'],
    ['no version', { paths: {} }, 'only versions 3.0 and 3.1'],
    ['Swagger 2', { openapi: '2.0', paths: {} }, 'only versions 3.0 and 3.1'],
    ['no paths', { openapi: '3.0.3' }, 'it has no paths'],
    ['a reference to a file', get({ parameters: [{ $ref: 'file:///etc/passwd' }] }), 'points outside the document'],
    ['a reference to the network', get({ responses: { 200: { $ref: 'https://example.org/x.yaml#/a' } } }), 'points outside the document'],
    [
      'a reference to a neighbour',
      { openapi: '3.0.3', paths: {}, components: { schemas: { A: { $ref: 'b.yaml' } } } },
      'points outside the document',
    ],
    ['a reference to nothing', get({ parameters: [{ $ref: '#/components/parameters/none' }] }), 'leads nowhere'],
    ['a reference to a prototype', get({ parameters: [{ $ref: '#/constructor' }] }), 'leads nowhere'],
    ['a reference to itself', { openapi: '3.0.3', paths: {}, components: { a: { $ref: '#/components/a' } } }, 'leads nowhere'],
    ['a path without a slash', { openapi: '3.0.3', paths: { a: {} } }, 'path "a" is malformed'],
    ['a path with a loose brace', { openapi: '3.0.3', paths: { '/a{': {} } }, 'is malformed'],
    ['two paths that mean the same', { openapi: '3.0.3', paths: { '/a/{x}': {}, '/a/{y}': {} } }, 'means the same as another'],
    ['a style of parameters we do not read', parameter({ style: 'deepObject' }), 'style deepObject is not supported'],
    ['a parameter by content', parameter({ content: {} }), '"content" is not supported'],
    ['a cookie', parameter({ in: 'cookie' }), 'cookies do not cross the exchange'],
    ['a parameter without a place', parameter({ in: 'body' }), 'lacks its name or place'],
    ['a schema keyword we do not enforce', parameter({ schema: { contains: {} } }), '"contains" is not supported'],
    [
      'a schema for a body that is no JSON',
      get({ requestBody: { content: { 'application/xml': { schema: {} } } } }),
      'application/xml with a schema',
    ],
    ['something that is no JSON', { openapi: '3.0.3', paths: { '/a': { x: new Date(0) } } }, 'not JSON'],
  ] as const)
    test(`${name}: ${why}`, () =>
      expect(verdict(readOpenApi(document))).toMatch(
        new RegExp(`^malformed_server_conf \\| OpenAPI: .*${why.replaceAll(/[()$.]/g, '\\$&')}`),
      ))

  test('nested or large beyond reason', () => {
    let deep: object = {}
    for (let at = 0; at < 70; at++) deep = { deep }
    expect(verdict(readOpenApi({ openapi: '3.0.3', paths: {}, 'x-deep': deep }))).toContain('nested deeper than 64')
    expect(verdict(readOpenApi({ openapi: '3.0.3', paths: {}, 'x-wide': Array(100_001).fill(0) }))).toContain('more than 100000 values')
  })

  test('what is taken in is the document itself', () => expect(contract).toBe(CONTRACT as unknown as OpenApiDocument))
})
