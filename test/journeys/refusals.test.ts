import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callAs } from '../../src/local/information-system.ts'
import type { ClientCall } from '../../src/local/world-view.ts'
import { type Exchange, expectRefusal, header, json, openExchange, requestIdOf, text } from './exchange.ts'
import { NOWHERE, OFF, PERSONS, REGISTER, SLOW, STRANGER } from './plan.ts'

let exchange: Exchange
beforeAll(async () => {
  exchange = await openExchange()
})
afterAll(() => exchange[Symbol.asyncDispose]())

const asked = (headers: Record<string, string>): Partial<ClientCall> => ({ headers })

/** What both nodes hold of a refused call. */
async function keptOf(requestId: string) {
  return {
    bank: await exchange.kept('bank', requestId),
    stranger: await exchange.kept('stranger', requestId),
    register: await exchange.kept('register', requestId),
  }
}
const NOTHING = { bank: [], stranger: [], register: [] }

describe('a call that is wrong in itself is refused at its own node, and nothing is kept anywhere', () => {
  test.each<[string, string, string, Partial<ClientCall>]>([
    ['a client this node does not serve', 'server.clientproxy.unknown_member', '', asked({ 'X-Road-Client': 'EE/COM/333/stranger' })],
    ['a client nobody registered', 'server.clientproxy.unknown_member', '', asked({ 'X-Road-Client': 'EE/COM/999/nobody' })],
    ['an empty client', 'server.clientproxy.invalid_client_identifier', '', asked({ 'X-Road-Client': '' })],
    ['a client of one part', 'server.clientproxy.internal_error', '', asked({ 'X-Road-Client': 'bank' })],
    ['a client with a broken escape', 'server.clientproxy.internal_error', '', asked({ 'X-Road-Client': 'EE/COM/222/%zz' })],
    ['a client with a hidden slash', 'server.clientproxy.unknown_member', '', asked({ 'X-Road-Client': 'EE/COM/222/a%2Fb' })],
    ['a server identifier of three parts', 'server.clientproxy.internal_error', '', asked({ 'X-Road-Security-Server': 'EE/GOV/111' })],
    [
      'a server that is not the provider’s',
      'server.clientproxy.invalid_security_server',
      '',
      asked({ 'X-Road-Security-Server': 'EE/COM/222/S1' }),
    ],
    ['a represented party of three parts', 'server.clientproxy.internal_error', '', asked({ 'X-Road-Represented-Party': 'a/b/c' })],
    ['a path without a service', 'server.clientproxy.internal_error', '', { service: 'EE/GOV' }],
    ['a service of a member nobody registered', 'server.clientproxy.unknown_member', '', { service: 'EE/GOV/999/none/x' }],
    ['a path that could be read two ways', 'server.clientproxy.internal_error', '/a/../b', {}],
  ])('%s: %s', async (_what, code, path, call) => {
    const before = exchange.world.serviceCalls(PERSONS)
    const answer = await exchange.get(path, call)
    expectRefusal(answer, code)
    expect(await keptOf(requestIdOf(answer))).toEqual(NOTHING)
    expect(exchange.world.serviceCalls(PERSONS)).toBe(before)
  })

  test('too many headers', async () => {
    const answer = await exchange.get('', asked(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`h${index}`, '1']))))
    expectRefusal(answer, 'server.clientproxy.internal_error')
    expect(await keptOf(requestIdOf(answer))).toEqual(NOTHING)
  })

  test('a flood of headers ends at the gateway, 431', async () => {
    expect((await exchange.get('', asked({ flood: 'x'.repeat(10_240) }))).status).toBe(431)
  })

  test('a body larger than may pass: message_too_large at the door, 413 where the gateway notices first', async () => {
    const answer = await exchange.get('/in', { method: 'POST', body: Buffer.alloc(4_400_001) })
    expectRefusal(answer, 'client.message_too_large', 400)
    expect(await keptOf(requestIdOf(answer))).toEqual(NOTHING)
    expect((await exchange.get('/in', { method: 'POST', body: Buffer.alloc(11 * 1024 * 1024) })).status).toBe(413)
  })
})

describe('a call that the provider refuses leaves the consumer’s own signed question, and nothing at the provider', () => {
  test('no right: access_denied', async () => {
    const answer = await exchange.get('', { as: STRANGER })
    expectRefusal(answer, 'server.serverproxy.access_denied')
    const kept = await keptOf(header(answer, 'x-road-request-id') ?? '')
    expect(kept).toEqual({ bank: [], stranger: ['consumer request'], register: [] })
  })
  test.each([
    ['a service there is not', 'server.serverproxy.unknown_service', `${REGISTER}/none`],
    ['a service switched off', 'server.serverproxy.service_disabled', OFF],
  ])('%s: %s', async (_what, code, service) => {
    const answer = await exchange.get('', { service })
    expectRefusal(answer, code)
    expect(await keptOf(requestIdOf(answer))).toEqual({ ...NOTHING, bank: ['consumer request'] })
  })
  test('a service switched off says why in its owner’s words', async () => {
    expect(json(await exchange.get('', { service: OFF })).message).toContain('cerrado por inventario')
  })
})

describe('a call that reached the service and went wrong leaves the question at both ends, and says that the outcome is unknown', () => {
  const UNKNOWN = /x-road-request-id [0-9a-f-]{36}/

  test.each([
    ['it breaks off in the middle of its answer', 'server.serverproxy.io_error', PERSONS, '/cut'],
    ['it is slower than it may be', 'server.serverproxy.network_error', SLOW, '/slow/3000'],
  ])('%s: %s', async (_what, code, service, path) => {
    const answer = await exchange.get(path, { service })
    expectRefusal(answer, code)
    expect(text(answer)).toMatch(UNKNOWN)
    expect(text(answer)).toContain(requestIdOf(answer))
    expect(await keptOf(requestIdOf(answer))).toEqual({ ...NOTHING, bank: ['consumer request'], register: ['provider request'] })
  })

  test('its program dies under the call: the outcome is unknown, and the next call finds it running again', async () => {
    const answer = await exchange.get('/die')
    expect(header(answer, 'x-road-error')).toMatch(/^server\.serverproxy\.(network_error|io_error)$/)
    expect(text(answer)).toMatch(UNKNOWN)
    await expect.poll(async () => (await exchange.get('/again')).status, { timeout: 60_000 }).toBe(200)
  })

  test('nothing listens there: network_error, and since nothing was called, nothing is unknown', async () => {
    const answer = await exchange.get('', { service: NOWHERE })
    expect(header(answer, 'x-road-error')).toMatch(/^server\.serverproxy\.(network_error|service_malformed_url)$/)
    expect(text(answer)).not.toMatch(UNKNOWN)
  })
})

describe('who may speak for whom', () => {
  test('a system that shows another’s certificate, or none, is refused', async () => {
    const { file } = exchange.world
    const [bank, stranger] = ['bank', 'stranger'].map((name) => file.clients.find(({ node }) => node === name))
    if (!bank || !stranger) throw new Error('no clients')
    const node = file.nodes.find(({ name }) => name === 'bank')
    if (!node) throw new Error('no node')
    const crossed = await callAs({ ...stranger, id: bank.id, authority: bank.authority }, node, {
      method: 'GET',
      service: PERSONS,
      path: '',
    })
    expectRefusal(crossed, 'server.clientproxy.ssl_authentication_failed')
    expect(await keptOf(requestIdOf(crossed))).toEqual(NOTHING)
  })
})

describe('errors are told as they are asked for', () => {
  test.each([
    ['application/xml', 'application/xml;charset=utf-8', /^<\?xml.*<error>.*<type>server\.clientproxy\.unknown_member<\/type>/s],
    ['text/*;q=0.1', 'text/xml;charset=utf-8', /<error>/],
    ['image/png', 'application/json', /^\{"type":"server\.clientproxy\.unknown_member"/],
  ])('Accept: %s → %s', async (accept, type, body) => {
    const answer = await exchange.get('', asked({ 'X-Road-Client': 'EE/COM/999/nobody', Accept: accept }))
    expect(header(answer, 'content-type')).toBe(type)
    expect(text(answer)).toMatch(body)
  })
})
