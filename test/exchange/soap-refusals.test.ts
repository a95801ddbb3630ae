import { describe, expect, test } from 'vitest'
import { later } from '../../src/base/clock.ts'
import { type Delivery, provide } from '../../src/exchange/provide.ts'
import { encodeFault } from '../../src/protocol/transport.ts'
import { BODY, CLIENT, envelope, FAULT, fault, HEADER, ID, SERVER, VERSION } from '../protocol/soap-examples.ts'
import { ANSWER, answeringXml, QUESTION, related, soapCall, soapNodes, TEXT_XML } from './soap-two-nodes.ts'
import { codeIn, faultIn, serviceOf, type TwoNodes } from './two-nodes.ts'

const C = 'client'
const CP = 'server.clientproxy'
const SP = 'server.serverproxy'
const directions = async (node: TwoNodes['consumer'] | TwoNodes['provider']) => (await node.kept()).map(({ direction }) => direction)
const part = (type: string, body: string) => related([[type, body]])

describe('a consumer’s SOAP call is refused before anything is signed, kept or sent', () => {
  type Case = readonly [name: string, code: string, call: ReturnType<typeof soapCall>, prepare?: (world: TwoNodes) => void]
  const multipart = (...parts: Parameters<typeof related>[0]) => {
    const { type, body } = related(parts)
    return soapCall(body, [type])
  }
  const cases: readonly Case[] = [
    ['by GET', `${C}.invalid_http_method`, { ...soapCall(), method: 'GET', body: null }],
    ['without a content type', `${C}.invalid_request`, soapCall(QUESTION, [])],
    ['with another content type', `${C}.invalid_content_type`, soapCall(QUESTION, [['Content-Type', 'blah']])],
    ['with two content types', `${C}.invalid_content_type`, soapCall(QUESTION, [TEXT_XML, ['content-type', 'multipart/related']])],
    ['with an unknown charset', `${C}.invalid_content_type`, soapCall(QUESTION, [['Content-Type', 'text/xml; charset=nada']])],
    ['empty', `${C}.invalid_soap`, soapCall('')],
    ['with a SOAPAction without quotes', `${C}.invalid_soap_action`, soapCall(QUESTION, [TEXT_XML, ['SOAPAction', 'http://x/']])],
    ['with two SOAPActions', `${C}.invalid_soap_action`, soapCall(QUESTION, [TEXT_XML, ['SOAPAction', '""'], ['soapaction', '""']])],
    ['a multipart without parts', `${C}.missing_soap`, multipart()],
    ['a multipart whose first part is no envelope', `${C}.invalid_content_type`, multipart(['image/png', 'x'], ['text/xml', QUESTION])],
    ['a multipart whose envelope lacks a field', `${C}.missing_header_field`, multipart(['text/xml', envelope(CLIENT + ID + VERSION)])],
    ['without a header', `${C}.missing_header`, soapCall(QUESTION.replace(/<soap:Header>.*<\/soap:Header>/, ''))],
    ['without a body', `${C}.missing_body`, soapCall(envelope(HEADER, ''))],
    ['with two clients', `${C}.duplicate_header_field`, soapCall(envelope(HEADER + CLIENT))],
    ['with a client of no type', `${C}.invalid_xml`, soapCall(QUESTION.replace(' i:objectType="SUBSYSTEM"', ''))],
    ['without a version', `${C}.missing_header_field`, soapCall(QUESTION.replace(VERSION, ''))],
    ['of version 3.5', `${C}.invalid_protocol_version`, soapCall(QUESTION.replace('>4.0<', '>3.5<'))],
    ['with two calls', `${C}.invalid_body`, soapCall(envelope(HEADER, BODY.replace('<consulta/>', '<consulta/><consulta/>')))],
    ['without a call', `${C}.invalid_body`, soapCall(envelope(HEADER, '<soap:Body/>'))],
    ['that calls something else', `${C}.inconsistent_headers`, soapCall(envelope(HEADER, '<soap:Body><otra/></soap:Body>'))],
    ['that is a fault', 'client.code', soapCall(fault('<faultcode>CODE</faultcode><faultstring>x</faultstring>'))],
    ['with a document type', `${C}.invalid_soap`, soapCall(`<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${QUESTION}`)],
    ['with a bomb of entities', `${C}.invalid_soap`, soapCall(`<!DOCTYPE a [<!ENTITY b "${'x'.repeat(999)}">]>${QUESTION}`)],
    [
      'with a bomb of attributes',
      `${C}.invalid_soap`,
      soapCall(QUESTION.replace('<consulta/>', `<consulta ${Array.from({ length: 5000 }, (_, n) => `a${n}="x"`).join(' ')}/>`)),
    ],
    [
      'with a bomb of namespaces',
      `${C}.invalid_soap`,
      soapCall(QUESTION.replace('<consulta/>', `<consulta ${Array.from({ length: 5000 }, (_, n) => `xmlns:a${n}="x"`).join(' ')}/>`)),
    ],
    ['nested too deep', `${C}.invalid_soap`, soapCall(envelope(HEADER + '<a>'.repeat(500) + '</a>'.repeat(500)))],
    ['larger than the limit', `${C}.message_too_large`, soapCall(Buffer.alloc(4_400_001, 0x20))],
    ['of an unknown client', `${CP}.unknown_member`, soapCall(QUESTION.replace('>APOYOS<', '>NADIE<'))],
    ['to an unknown member', `${CP}.unknown_member`, soapCall(QUESTION.replace('>SEDESOQ<', '>NADIE<'))],
    ['to a server that does not serve the member', `${CP}.invalid_security_server`, soapCall(envelope(HEADER + SERVER))],
    [
      'without the legal basis that a policy asks for',
      `${C}.legal_basis_missing`,
      soapCall(),
      ({ consumer: { configuration } }) => {
        const policies = [{ service: { ...serviceOf().id, serviceVersion: 'v1' }, requires: ['issue' as const] }]
        configuration.current = { ...configuration.current, policies }
      },
    ],
    [
      'over plain HTTP where TLS is asked for',
      `${CP}.ssl_authentication_failed`,
      soapCall(),
      ({ consumer: { configuration } }) => {
        const clients = configuration.current.clients.map((each) => ({ ...each, connection: 'SSLAUTH' as const }))
        configuration.current = { ...configuration.current, clients }
      },
    ],
  ]
  for (const [name, code, call, prepare] of cases)
    test(`${name}: ${code}`, async () => {
      const world = await soapNodes()
      prepare?.(world)
      const answer = await world.ask(call)
      expect(codeIn(answer)).toBe(code)
      expect(faultIn(answer).outcome).toBeUndefined()
      expect([world.wire.delivered, await directions(world.consumer)]).toEqual([[], []])
    })
})

/** What the consumer's node sent, held back. */
async function delivery(world: TwoNodes, call = soapCall()): Promise<Delivery> {
  let held: Delivery | undefined
  world.wire.callPeer = async (_addresses, message) => {
    held = { method: 'POST', ...message, peer: world.cast.dif.tls.certificate.der, deadline: later(world.clock.now, 24_000) }
    return { ok: false, fault: { path: ['network_error'], detail: '' } }
  }
  await world.ask(call)
  if (!held) throw new Error('nothing was sent')
  return held
}
const withHeader = (sent: Delivery, name: string, value: string | null): Delivery => ({
  ...sent,
  headers: [...sent.headers.filter(([each]) => each !== name), ...(value === null ? [] : [[name, value] as const])],
})
const edited = (sent: Delivery, from: string | RegExp, to: string): Delivery => ({
  ...sent,
  body: Buffer.from(Buffer.from(sent.body).toString('latin1').replace(from, to), 'latin1'),
})
const boundaryIn = ({ body }: Pick<Delivery, 'body'>): string => Buffer.from(body).toString('latin1').split('\r\n', 1)[0] ?? ''
/** Without the parts that a pattern in their head names. */
const withoutParts = (sent: Delivery, head: RegExp): Delivery => {
  const boundary = boundaryIn(sent)
  const [, ...parts] = Buffer.from(sent.body).toString('latin1').split(boundary)
  const kept = parts.filter((each) => !head.test(each.slice(0, 100)))
  return { ...sent, body: Buffer.from(boundary + kept.join(boundary), 'latin1') }
}
const setting = (world: TwoNodes, change: Partial<TwoNodes['provider']['configuration']['current']>): void => {
  const { configuration } = world.provider
  configuration.current = { ...configuration.current, ...change }
}

describe('a peer’s SOAP message is refused before anything is called, signed or kept', () => {
  type Case = readonly [name: string, code: string, change: (sent: Delivery, world: TwoNodes) => Delivery | undefined]
  const cases: readonly Case[] = [
    ['by GET', `${SP}.invalid_http_method`, (sent) => ({ ...sent, method: 'GET' })],
    ['from software too old', `${SP}.client_proxy_version_not_supported`, (_, world) => void setting(world, { oldestPeer: '7.8.1' })],
    [
      'from software without a version, where one is asked for',
      `${SP}.internal_error`,
      (sent, world) => {
        setting(world, { oldestPeer: '7.6.0' })
        return withHeader(sent, 'x-proxy-version', '')
      },
    ],
    ['with a SOAPAction without quotes', `${SP}.invalid_soap_action`, (sent) => withHeader(sent, 'x-original-soapaction', 'http://x')],
    ['without a digest', `${SP}.internal_error`, (sent) => withHeader(sent, 'x-hash-algorithm', null)],
    ['without the original content type', `${SP}.internal_error`, (sent) => withHeader(sent, 'x-original-content-type', null)],
    ['that is no multipart', `${SP}.service_failed.invalid_content_type`, (sent) => withHeader(sent, 'content-type', 'text/xml')],
    ['that says it is REST', `${SP}.service_failed.invalid_message`, (sent) => withHeader(sent, 'x-road-message-type', 'REST')],
    ['without parts', `${SP}.missing_soap`, (sent) => ({ ...sent, body: Buffer.from('nada') })],
    ['without an envelope', `${SP}.service_failed.invalid_content_type`, (sent) => withoutParts(sent, /text\/xml/)],
    ['whose envelope is none', `${SP}.service_failed.invalid_soap`, (sent) => edited(sent, /<soap:Envelope.*<\/soap:Envelope>/, '<a/>')],
    ['without a signature', `${SP}.missing_signature`, (sent) => withoutParts(sent, /signature\/bdoc/)],
    ['with a fault instead of a signature', `${SP}.missing_signature`, (sent) => instead(sent)],
    ['with a second signature', `${SP}.service_failed.invalid_message`, (sent) => twice(sent, /signature\/bdoc/)],
    ['with a second envelope', `${SP}.service_failed.invalid_message`, (sent) => twice(sent, /text\/xml/)],
    ['that is cut short', `${SP}.service_failed.io_error`, (sent) => ({ ...sent, body: sent.body.subarray(0, -30) })],
    ['for a member that is not here', `${SP}.service_failed.unknown_member`, (_, world) => void setting(world, { clients: [] })],
    ['without a TLS certificate', `${SP}.service_failed.ssl_authentication_failed`, (sent) => ({ ...sent, peer: null })],
    ['without OCSP', `${SP}.service_failed.ssl_authentication_failed`, (sent) => withoutParts(sent, /ocsp-response/)],
    ['for a service that is not there', `${SP}.unknown_service`, (_, world) => void setting(world, { services: [] })],
    [
      'for a REST service',
      `${SP}.service_type`,
      (_, world) =>
        void setting(world, { services: world.provider.configuration.current.services.map((each) => ({ ...each, type: 'REST' })) }),
    ],
    ['without a right', `${SP}.access_denied`, (_, world) => void setting(world, { rights: [] })],
    [
      'for a service that is switched off',
      `${SP}.service_disabled`,
      (_, world) =>
        void setting(world, {
          services: world.provider.configuration.current.services.map((each) => ({ ...each, disabled: { notice: 'mañana' } })),
        }),
    ],
    [
      'whose envelope was changed',
      `${SP}.signature_verification.invalid_signature_value`,
      (sent) => edited(sent, '>4894e35d<', '>4894e35e<'),
    ],
  ]
  test.each(cases)('%s: %s', async (_name, code, change) => {
    const world = await soapNodes()
    const sent = await delivery(world)
    const reply = await provide(change(sent, world) ?? sent, world.provider.ports)
    expect(codeIn(reply)).toBe(code)
    expect(faultIn(reply).outcome).toBeUndefined()
    expect([await directions(world.provider), world.register.calls]).toEqual([[], []])
  })
  test('meant for another server: service_failed.invalid_security_server', async () => {
    const world = await soapNodes()
    const server = world.provider.configuration.current.server
    const aimed = envelope(HEADER + SERVER.replace('>ss1<', `>${server.serverCode}<`))
    const sent = await delivery(world, soapCall(aimed))
    setting(world, { server: { ...server, serverCode: 'otro' } })
    expect(codeIn(await provide(sent, world.provider.ports))).toBe(`${SP}.service_failed.invalid_security_server`)
    setting(world, { server })
    expect(codeIn(await provide(sent, world.provider.ports))).toBe('ok')
  })
  test('with an attachment that nobody signed: signature_verification', async () => {
    const world = await soapNodes()
    const two = related([
      ['text/xml', QUESTION],
      ['text/plain', 'uno'],
    ])
    const sent = await delivery(world, soapCall(two.body, [two.type]))
    const more = edited(
      sent,
      /(--xatt[a-p]+)\r\ncontent-type: text\/plain\r\n\r\nuno\r\n/,
      '$1\r\ncontent-type: text/plain\r\n\r\nuno\r\n$1\r\ncontent-type: text/plain\r\n\r\ndos\r\n',
    )
    expect(codeIn(await provide(more, world.provider.ports))).toMatch(/^server\.serverproxy\.signature_verification\./)
    expect([await directions(world.provider), world.register.calls]).toEqual([[], []])
  })
})

function instead(sent: Delivery): Delivery {
  const text = Buffer.from(sent.body).toString('latin1')
  const boundary = text.slice(0, text.indexOf('\r\n'))
  return {
    ...withoutParts(sent, /signature\/bdoc/),
    body: Buffer.from(
      `${Buffer.from(withoutParts(sent, /signature\/bdoc/).body)
        .toString('latin1')
        .replace(`${boundary}--`, `${boundary}\r\ncontent-type: text/xml\r\n\r\n${FAULT}\r\n${boundary}--`)}`,
      'latin1',
    ),
  }
}

function twice(sent: Delivery, head: RegExp): Delivery {
  const boundary = boundaryIn(sent)
  const [, ...parts] = Buffer.from(sent.body).toString('latin1').split(boundary)
  const doubled = parts.flatMap((each) => (head.test(each.slice(0, 100)) ? [each, each] : [each]))
  return { ...sent, body: Buffer.from(boundary + doubled.join(boundary), 'latin1') }
}

describe('what a service answers', () => {
  type Case = readonly [name: string, code: string, answer: TwoNodes['register']['answer']]
  const SF = `${SP}.service_failed`
  const cases: readonly Case[] = [
    ['status 502', `${SF}.http_error`, answeringXml(ANSWER, 502)],
    ['another content type', `${SF}.invalid_content_type`, answeringXml(ANSWER, 200, ['Content-Type', 'blah'])],
    ['no content type', `${SF}.invalid_content_type`, answeringXml(ANSWER, 200, ['X', 'x'])],
    ['nothing', `${SF}.invalid_soap`, answeringXml('')],
    ['a multipart without parts', `${SF}.invalid_message`, answeringXml(related([]).body, 200, related([]).type)],
    [
      'a multipart that begins with something else',
      `${SF}.invalid_content_type`,
      answeringXml(part('image/png', 'x').body, 200, part('', '').type),
    ],
    ['an envelope without fields', `${SF}.missing_header_field`, answeringXml(ANSWER.replace(ID, ''))],
    ['an envelope without header', `${SF}.missing_header`, answeringXml(ANSWER.replace(/<soap:Header>.*<\/soap:Header>/, ''))],
    ['an envelope without body', `${SF}.missing_body`, answeringXml(envelope(HEADER, ''))],
    ['a body without an element', `${SF}.invalid_body`, answeringXml(envelope(HEADER, '<soap:Body/>'))],
    ['a document type', `${SF}.invalid_soap`, answeringXml(`<!DOCTYPE a>${ANSWER}`)],
    [
      'too much',
      `${SP}.message_too_large`,
      () => ({ ok: true, value: { status: 200, reason: '', headers: [TEXT_XML], body: { size: 5e6, sha512: Buffer.alloc(64) } } }),
    ],
  ]
  test.each(cases)('%s: %s, its outcome unknown; the request alone is kept', async (_name, code, answer) => {
    const world = await soapNodes()
    world.register.answer = answer
    const told = await world.ask(soapCall())
    expect(codeIn(told)).toBe(code)
    expect(faultIn(told).outcome).toBe('unknown')
    expect([await directions(world.provider), await directions(world.consumer)]).toEqual([['request'], ['request']])
  })
  test('cannot be reached: under service_failed, and never called', async () => {
    for (const code of ['unknown_host', 'network_error', 'ssl_authentication_failed'] as const) {
      const world = await soapNodes()
      world.register.answer = () => ({ ok: false, fault: { path: [code], detail: 'x' } })
      expect(codeIn(await world.ask(soapCall()))).toBe(`${SF}.${code}`)
    }
  })
  test.each([
    ['bare, with status 500', FAULT, answeringXml(FAULT, 500)],
    ['bare, with status 200', FAULT, answeringXml(FAULT)],
    ['in a multipart', FAULT, answeringXml(part('text/xml', FAULT).body, 200, part('', '').type)],
  ])('a fault %s is passed on octet by octet, neither signed nor kept', async (_name, sent, answer) => {
    const world = await soapNodes()
    world.register.answer = answer
    const told = faultIn(await world.ask(soapCall()))
    expect([told.relayed?.code, Buffer.from(encodeFault(told).body).toString()]).toEqual(['soap:Server', sent])
    expect([await directions(world.provider), await directions(world.consumer)]).toEqual([['request'], ['request']])
  })
})

describe('what a provider’s node answers', () => {
  const answeredWith = async (
    change: (headers: [string, string][], body: Buffer) => { status?: number; headers?: [string, string][]; body?: Buffer },
  ) => {
    const world = await soapNodes()
    const real = world.wire.callPeer
    world.wire.callPeer = async (...args) => {
      const answer = await real(...args)
      if (!answer.ok) return answer
      const headers = answer.value.headers.map(([name, value]): [string, string] => [name, value])
      return { ok: true, value: { ...answer.value, ...change(headers, Buffer.from(answer.value.body)) } }
    }
    return { world, answer: await world.ask(soapCall()) }
  }
  const only = (headers: [string, string][], name: string, value?: string): [string, string][] => [
    ...headers.filter(([each]) => each !== name),
    ...(value === undefined ? [] : [[name, value] as [string, string]]),
  ]
  type Change = Parameters<typeof answeredWith>[0]
  const bare =
    (text: string): Change =>
    () => ({ headers: [['content-type', 'text/xml;charset=utf-8']], body: Buffer.from(text) })
  const cases: readonly (readonly [name: string, code: string, change: Change])[] = [
    ['status 502', `${CP}.http_error`, () => ({ status: 502 })],
    ['no content type', `${CP}.invalid_content_type`, (headers) => ({ headers: only(headers, 'content-type') })],
    ['another content type', `${CP}.service_failed.invalid_content_type`, (headers) => ({ headers: only(headers, 'content-type', 'a/b') })],
    [
      'no boundary',
      `${CP}.service_failed.invalid_content_type`,
      (headers) => ({ headers: only(headers, 'content-type', 'multipart/mixed') }),
    ],
    ['no digest', `${CP}.service_failed.internal_error`, (headers) => ({ headers: only(headers, 'x-hash-algorithm') })],
    ['no original content type', `${CP}.internal_error`, (headers) => ({ headers: only(headers, 'x-original-content-type') })],
    ['an empty fault', `${CP}.service_failed.invalid_soap`, bare('')],
    ['a message in the place of a fault', `${CP}.service_failed.invalid_message`, bare(ANSWER)],
    ['an envelope without body', `${CP}.service_failed.missing_body`, bare(envelope(HEADER, ''))],
    ['a message cut short', `${CP}.service_failed.io_error`, (_, body) => ({ body: body.subarray(0, -40) })],
    [
      'no signature',
      `${CP}.missing_signature`,
      (_, body) => ({ body: Buffer.from(withoutParts({ body } as unknown as Delivery, /signature/).body) }),
    ],
    [
      'something that was changed on the way',
      `${CP}.signature_verification.invalid_signature_value`,
      (_, body) => ({ body: Buffer.from(body.toString('latin1').replace('>s\xc3\xad<', '>no<'), 'latin1') }),
    ],
    ['a fault of its own', `${SP}.access_denied`, bare(fault(`<faultcode>${SP}.access_denied</faultcode><faultstring>no</faultstring>`))],
    [
      'a fault in the older spelling',
      'Server.ServerProxy.AccessDenied',
      bare(fault('<faultcode>Server.ServerProxy.AccessDenied</faultcode><faultstring>no</faultstring>')),
    ],
  ]
  test.each(cases)('%s: %s, and no answer is kept or given', async (_name, code, change) => {
    const { world, answer } = await answeredWith(change)
    expect(codeIn(answer)).toBe(code)
    expect(await directions(world.consumer)).toEqual(['request'])
  })
  test('the answer to another request: inconsistent_response', async () => {
    const world = await soapNodes()
    const real = world.wire.callPeer
    let first: Awaited<ReturnType<typeof real>> | undefined
    world.wire.callPeer = async (...args) => {
      first ??= await real(...args)
      return first
    }
    expect(codeIn(await world.ask(soapCall()))).toBe('ok')
    expect(codeIn(await world.ask(soapCall(QUESTION.replace('<consulta/>', '<consulta> </consulta>'))))).toBe(`${CP}.inconsistent_response`)
    expect(codeIn(await world.ask(soapCall(QUESTION.replace('>4894e35d<', '>otra<'))))).toBe(`${CP}.service_failed.inconsistent_response`)
    expect(codeIn(await world.ask(soapCall(envelope(`${HEADER}<x:userId>EE1</x:userId>`))))).toBe(
      `${CP}.service_failed.inconsistent_response`,
    )
    expect((await directions(world.consumer)).filter((each) => each === 'response')).toHaveLength(1)
  })
})
