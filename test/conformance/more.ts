import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { type ClientId, parseClientId } from '../../src/protocol/identifiers.ts'
import { decode, faultText } from '../peer/message.ts'
import { writeMultipart } from '../peer/multipart.ts'
import { answerTo } from './messages.ts'
import { OWNER, PEERS, peerService, REGISTER } from './plan.ts'
import { answered, answering, hashOf, outcomeOf, questionOf, type Scenario, under } from './scenario.ts'
import { restAnswer } from './server-faults.ts'
import { answersWell } from './successes.ts'
import { type Ask, type Conformance, type Edge, headerIn, type Reply } from './world.ts'

const rest = (world: Conformance, edge: Edge, path: string, { headers = [], ...more }: Ask = {}): Promise<Reply> =>
  world.ask(edge, { method: 'GET', path: `/r1/${path}`, headers: ['X-Road-Client', world.clientOf(edge), ...headers], ...more })
const ECO = `${REGISTER}/eco`
const fine = answering(() => '{"bien":true}', 'application/json')

/** A REST call that goes through to the service, and what must hold then. */
const served =
  (
    path: string,
    ask: Ask,
    check: (reply: Reply, call: Conformance['dummy']['calls'][number], world: Conformance, edge: Edge) => void | Promise<void> = () => {},
  ): Scenario =>
  async (world, edge) => {
    world.dummy.react = fine
    const before = world.dummy.calls.length
    const reply = await rest(world, edge, path, ask)
    if (outcomeOf(reply) !== 'OK') return outcomeOf(reply)
    expect(world.dummy.calls.length).toBe(before + 1)
    const call = world.dummy.calls.at(-1)
    if (call) await check(reply, call, world, edge)
    return 'OK'
  }
const refused =
  (path: string, ask: (world: Conformance, edge: Edge) => Ask = () => ({}), check: (reply: Reply) => void = () => {}): Scenario =>
  async (world, edge) => {
    const before = world.dummy.calls.length
    const reply = await world.ask(edge, {
      method: 'GET',
      path: `/r1/${path}`,
      headers: ['X-Road-Client', world.clientOf(edge)],
      ...ask(world, edge),
    })
    expect(world.dummy.calls.length).toBe(before)
    expect(headerIn(reply.headers, 'x-road-error')).toBe(reply.code)
    check(reply)
    return outcomeOf(reply)
  }

const clientOf = (world: Conformance, edge: Edge): ClientId => {
  const id = parseClientId(world.clientOf(edge))
  if (!id.ok) throw new Error(id.fault.detail)
  return id.value
}

const metadata =
  (code: string, inside: string, look: RegExp, owner = REGISTER): Scenario =>
  async (world, edge) => {
    const question = questionOf(world, edge, { service: `${owner}/${code}`, body: `<xroad:${code}>${inside}</xroad:${code}>` })
    const reply = await world.ask(edge, { body: question })
    if (outcomeOf(reply) === 'OK') {
      expect(reply.text).toMatch(look)
      expect(reply.text).toContain(hashOf(question))
    }
    return outcomeOf(reply)
  }

/** A peer's answer as a decoder must take or refuse it. */
const decoded =
  (answer: (world: Conformance) => Conformance['answer']): Scenario =>
  async (world, edge) => {
    world.answer = answer(world)
    return outcomeOf(await world.ask(edge, { body: questionOf(world, edge, { service: peerService('par') }) }))
  }
const reworked =
  (change: (parts: readonly { type: string; body: Buffer }[]) => readonly { type: string; body: Buffer }[]) =>
  (world: Conformance): Conformance['answer'] =>
  async (arrived) => {
    const answer = await answersWell(world)(arrived)
    if (answer === 'reset') return answer
    const type = answer.headers.find(([name]) => name === 'Content-Type')?.[1] ?? ''
    const { message, evidence } = decode(type, answer.body)
    const parts = [
      { type: 'text/xml; charset=UTF-8', body: message },
      { type: 'signature/bdoc-1.0/ts', body: evidence?.signature ?? Buffer.alloc(0) },
    ]
    const made = writeMultipart(change(parts))
    return { headers: answer.headers.map(([name, value]) => [name, name === 'Content-Type' ? made.type : value] as const), body: made.body }
  }

const acceptVariants: Scenario = async (world, edge) => {
  const outcomes = new Set<string>()
  for (const [accept, type] of [
    ['application/json', 'application/json'],
    ['application/xml', 'application/xml;charset=utf-8'],
    ['text/xml;q=0.1, application/json', 'text/xml;charset=utf-8'],
    ['text/*', 'text/xml;charset=utf-8'],
    ['image/png', 'application/json'],
  ] as const) {
    const reply = await rest(world, edge, `${REGISTER}/nadie`, { headers: ['Accept', accept] })
    expect(headerIn(reply.headers, 'content-type')).toBe(type)
    expect(reply.text).toContain('server.serverproxy.unknown_service')
    outcomes.add(outcomeOf(reply))
  }
  return [...outcomes].join()
}

/** Thirteen million octets: a node that listens by itself lets them pass, an edge of the cloud says no by itself. */
const big: Scenario = async (world, edge) => {
  const octets = Buffer.alloc(13_000_000, 'x')
  world.dummy.react = fine
  const reply = await rest(world, edge, ECO, { method: 'POST', headers: ['Content-Type', 'application/octet-stream'], body: octets })
  if (outcomeOf(reply) === 'OK') expect(world.dummy.calls.at(-1)?.body.equals(octets)).toBe(true)
  return outcomeOf(reply)
}

/** An HTTP API hands the path over decoded: what an escape stood for is lost before any door sees it. */
const undecoded =
  (scenario: Scenario): Scenario =>
  async (world, edge) =>
    edge === 'http' ? 'n/a: an HTTP API decodes the path (payload 2.0, rawPath)' : scenario(world, edge)

export const MORE: Readonly<Record<string, Scenario>> = {
  ListMethodsMessage: metadata('listMethods', '', /listMethodsResponse.*<id:serviceCode>getstate</s),
  AllowedMethodsMessage: metadata('allowedMethods', '', /allowedMethodsResponse.*<id:serviceCode>getstate</s),
  GetWSDLMessage: metadata(
    'getWsdl',
    '<xroad:serviceCode>getstate</xroad:serviceCode>',
    /<definitions .*http:\/\/example\.org\/xroad-endpoint/s,
  ),
  GetListClientsMessage: async (world, edge) => {
    const reply = await world.ask(edge, { method: 'GET', path: '/listClients', headers: [] })
    for (const name of PEERS) expect(reply.text).toContain(`<id:memberCode>${name}</id:memberCode>`)
    return outcomeOf(reply)
  },
  SecurityServerMetricsMessage: under(
    (world, edge) => ({ trust: (_node, today) => ({ ...today, trust: { ...today.trust, monitoringClient: clientOf(world, edge) } }) }),
    metadata('getSecurityServerMetrics', '', /getSecurityServerMetricsResponse[\s\S]*proxyVersion/, OWNER),
  ),
  'RestProxyTest: missing client header': refused(
    ECO,
    () => ({ headers: [] }),
    ({ status }) => expect(status).toBe(500),
  ),
  'RestProxyTest: malformed URI': refused('EE/GOV', undefined, ({ status }) => expect(status).toBe(500)),
  'RestProxyTest: simple POST': served(
    ECO,
    { method: 'POST', headers: ['Content-Type', 'application/json'], body: '{"value":42}' },
    (_reply, call) => {
      expect([call.method, call.body.toString()]).toEqual(['POST', '{"value":42}'])
    },
  ),
  'RestProxyTest: header rules': served(ECO, { headers: ['X-Road-Id', 'mia-1'] }, async (reply, _call, world, edge) => {
    const again = await rest(world, edge, ECO, { headers: ['X-Road-Id', 'mia-1'] })
    for (const each of [reply, again]) {
      expect(headerIn(each.headers, 'x-road-id')).toBe('mia-1')
      expect(each.headers.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'date').length).toBe(1)
    }
    expect(headerIn(reply.headers, 'x-road-request-hash')).not.toBe(headerIn(again.headers, 'x-road-request-hash'))
  }),
  'RestProxyTest: the provider sees Content-Length': served(
    ECO,
    { method: 'POST', headers: ['Content-Type', 'text/plain'], body: 'doce octetos' },
    (_reply, call) => {
      expect([headerIn(call.headers, 'content-length'), headerIn(call.headers, 'transfer-encoding')]).toEqual(['12', undefined])
    },
  ),
  'RestProxyTest: percent-encoded identifiers': served(`${REGISTER}/%65co`, {}),
  'RestProxyTest: a slash inside an identifier': undecoded(served(`${REGISTER}/b%2Fs`, {})),
  'RestProxyTest: /path%3B/ arrives unchanged': undecoded(
    served(`${ECO}/path%3B/`, {}, (_reply, call) => expect(call.url).toBe('/soap/eco/path%3B/')),
  ),
  'RestProxyTest: an empty path': served(ECO, {}, (_reply, call) => expect(call.url).toBe('/soap/eco')),
  'RestProxyTest: 13 MB': big,
  'RestProxyTest: a redirect': async (world, edge) => {
    world.dummy.react = (_call, _body, response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/otra' }).end()
    const reply = await rest(world, edge, ECO)
    expect([reply.status, headerIn(reply.headers, 'location')]).toEqual([302, 'http://127.0.0.1:1/otra'])
    return reply.code ?? 'OK'
  },
  'RestProxyTest: a WSDL service over REST': refused(`${REGISTER}/getstate`, undefined, ({ status }) => expect(status).toBe(500)),
  'RestProxyTest: PATCH without a right': refused(`${REGISTER}/lectura/libro/1`, (world, edge) => ({
    method: 'PATCH',
    headers: ['X-Road-Client', world.clientOf(edge), 'Content-Type', 'text/plain'],
    body: 'x',
  })),
  'RestProxyTest: Accept': acceptVariants,
  'RestProxyTest: several addresses': async (world, edge) => {
    world.answer = restAnswer(world, Buffer.from('bien'))
    const reply = await rest(world, edge, peerService('doble', 'eco'))
    if (!reply.code) expect(reply.text).toBe('bien')
    return outcomeOf(reply)
  },
  'ProxyMessageDecoderTest: a fault in the place of the signature': decoded(
    reworked(([message]) => [
      message ?? { type: '', body: Buffer.alloc(0) },
      { type: 'text/xml; charset=UTF-8', body: faultText('server.serverproxy.algo') },
    ]),
  ),
  'ProxyMessageDecoderTest: a part too many': decoded(reworked((parts) => [...parts, ...parts.slice(-1)])),
  'ProxyMessageDecoderTest: OCSP that is none': decoded(
    reworked((parts) => [{ type: 'application/ocsp-response', body: Buffer.from('nada') }, ...parts]),
  ),
  'ProxyMessageDecoderTest: a SOAP part of another type': decoded(
    reworked(([message, ...others]) => [{ type: 'text/plain', body: message?.body ?? Buffer.alloc(0) }, ...others]),
  ),
  'ProxyMessageDecoderTest: a signature part of another type': decoded(
    reworked((parts) => parts.map((part) => (part.type.startsWith('signature') ? { ...part, type: 'application/xml' } : part))),
  ),
  'end to end: SOAP getRandom': answered({
    soap: (world, edge) => questionOf(world, edge, { id: randomUUID() }),
    react: answering((question) => answerTo(question, `<r:getstateResponse xmlns:r="x">50</r:getstateResponse>`)),
    check: ({ text }) => expect(text).toContain('>50<'),
  }),
  'end to end: REST POST': served(
    ECO,
    { method: 'POST', headers: ['Content-Type', 'application/json', 'X-Road-Id', 'e2e'], body: '{}' },
    (reply) => {
      expect(headerIn(reply.headers, 'x-road-service')).toBe(ECO)
      expect(JSON.parse(reply.text)).toEqual({ bien: true })
    },
  ),
  'end to end: a right on a path': async (world, edge) => {
    const open = await served(`${REGISTER}/lectura/libro/1`, {})(world, edge)
    expect(await refused(`${REGISTER}/lectura/otro/1`)(world, edge)).toBe('server.serverproxy.access_denied')
    return open
  },
}
