import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WorldPlan } from '../../src/local/plan.ts'
import { clientNamed, nodeNamed } from '../../src/local/world-file.ts'
import { type Exchange, openExchange } from '../journeys/exchange.ts'
import { askSoap } from '../journeys/soap-world.ts'
import { vector, vectors } from '../vectors.ts'
import { type Dummy, openDummy } from './dummy.ts'
import { hashOf } from './scenario.ts'

const [CONSUMER, PRODUCER] = ['EE/BUSINESS/consumer', 'EE/BUSINESS/producer']
/** The members of the public messages, each with a node. */
function planWith(url: string): WorldPlan {
  const node = (name: string, edge: 'rest' | 'http') => ({ name, owner: `EE/BUSINESS/${name}`, serverCode: 'S1', edge, policies: [] })
  const services = [`${PRODUCER}/getState`, `${PRODUCER}/test`, `${PRODUCER}/subsys2/getState`].map((id) => ({
    id,
    type: 'WSDL' as const,
    at: { url },
  }))
  const clients = [CONSUMER, `${CONSUMER}/subsys1`].map((id) => ({ id, connection: 'SSLNOAUTH' as const }))
  const rights = services.flatMap(({ id }) => clients.map((client) => ({ service: id, subject: { client: client.id } })))
  return {
    instance: 'EE',
    memberClasses: [{ code: 'BUSINESS', description: 'Business' }],
    members: [
      { id: CONSUMER, name: 'Consumer', subsystems: [{ code: 'subsys1' }] },
      { id: PRODUCER, name: 'Producer', subsystems: [{ code: 'subsys2' }] },
    ],
    nodes: [
      { ...node('consumer', 'rest'), clients, services: [], rights: [] },
      { ...node('producer', 'http'), clients: [], services, rights, reach: ['127.0.0.1'] },
    ],
    programs: [],
  }
}

const related = (file: string): string => `multipart/related; boundary=${vector(file).toString('latin1').split(/\r?\n/)[0]?.slice(2)}`
const typeOf = (file: string): string => {
  if (vector(file).toString('latin1', 0, 2) === '--') return related(file)
  return file.includes('iso88591') ? 'text/xml; charset=ISO-8859-1' : 'text/xml; charset=utf-8'
}

describe.skipIf(vectors() === null)('the public messages of the reference, through two whole nodes', () => {
  let exchange: Exchange
  let dummy: Dummy
  beforeAll(async () => {
    dummy = await openDummy()
    exchange = await openExchange({ plan: planWith(dummy.url) })
    expect([clientNamed(exchange.world.file, CONSUMER).ok, nodeNamed(exchange.world.file, 'producer').ok]).toEqual([true, true])
  })
  afterAll(async () => {
    await exchange[Symbol.asyncDispose]()
    await dummy[Symbol.asyncDispose]()
  })
  /** The answer is of the question's own id, as the reference's driver gives both a fresh one. */
  const ask = (query: string, answer = 'getstate.answer') => {
    const [id = ''] = /<xroad:id>[^<]*<\/xroad:id>/.exec(vector(`soap/${query}`).toString('latin1')) ?? []
    const said = vector(`soap/${answer}`)
      .toString('latin1')
      .replace(/<xroad:id>[^<]*<\/xroad:id>/, id)
    dummy.react = (_call, _body, response) => response.writeHead(200, { 'Content-Type': typeOf(`soap/${answer}`) }).end(said, 'latin1')
    return askSoap(exchange, { as: CONSUMER, headers: ['Content-Type', typeOf(`soap/${query}`)], body: vector(`soap/${query}`) })
  }

  test.each([
    ['getstate.query', 'getstate.answer'],
    ['getstate-subsystem.query', 'getstate-subsystem.answer'],
    ['getstate-defaultnamespace.query', 'getstate.answer'],
    ['cdata.query', 'cdata.answer'],
    ['nowhitespace.query', 'nowhitespace.answer'],
    ['getstate.query', 'getstate-iso88591.answer'],
    ['attachm.query', 'attachm.answer'],
    ['attachm2.query', 'attachm2.answer'],
    ['attachm-mtom.query', 'attachm-mtom.answer'],
    ['mimesoap.query', 'mimesoap.answer'],
  ])('%s is answered with %s, and its hash', async (query, answer) => {
    const reply = await ask(query, answer)
    const sent = vector(`soap/${query}`).toString('latin1')
    const soap = sent.startsWith('--') ? (/\r?\n\r?\n(<\?xml[\s\S]*?)\r?\n--/.exec(sent)?.[1] ?? '') : sent
    expect([reply.status, reply.code]).toEqual([200, null])
    expect(reply.body.toString('latin1')).toContain(`>${hashOf(Buffer.from(soap, 'latin1'))}</`)
  })

  test.each([
    ['no-header.query', 'client.missing_header'],
    ['missing-body.query', 'client.missing_body'],
    ['malformed-body1.query', 'client.invalid_body'],
    ['malformed-body3.query', 'client.inconsistent_headers'],
    ['faulty-header.query', 'client.missing_header_field'],
    ['faulty-header2.query', 'client.duplicate_header_field'],
    ['malformed-protocolVersion.query', 'client.invalid_protocol_version'],
    ['wrong-version.query', 'client.invalid_protocol_version'],
    ['attach-error-withsoap.query', 'client.inconsistent_headers'],
    ['attachm-no-soap.query', 'client.invalid_content_type'],
    ['attachm-error.query', 'client.invalid_content_type'],
    ['fault.query', 'client.code'],
    ['missing-org.query', 'server.clientproxy.unknown_member'],
  ])('%s is refused with %s', async (query, code) => {
    const before = dummy.calls.length
    expect((await ask(query)).code).toBe(code)
    expect(dummy.calls.length).toBe(before)
  })

  test.each([
    ['no-header.query', 'server.serverproxy.service_failed.missing_header'],
    ['missing-body.query', 'server.serverproxy.service_failed.missing_body'],
    ['faulty-header.query', 'server.serverproxy.service_failed.missing_header_field'],
    ['attachm-no-soap.query', 'server.serverproxy.service_failed.invalid_content_type'],
    ['attachm-error.query', 'server.serverproxy.service_failed.invalid_content_type'],
    ['faulty-fault.answer', 'soap:Server'],
    ['fault.query', 'CODE'],
    ['xml.query', 'server.clientproxy.service_failed.inconsistent_response'],
  ])('a service that answers %s: %s', async (answer, code) => {
    expect((await ask('getstate.query', answer)).code).toBe(code)
  })
})
