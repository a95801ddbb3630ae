import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { NodeConfiguration } from '../../src/exchange/node-configuration.ts'
import { withRequestHash } from '../peer/message.ts'
import { responseFor } from '../peer/stock-peer.ts'
import { answerTo, BOM, memberService, multipart, type Piece, soap, TEXT, XML } from './messages.ts'
import type { Member } from './peers.ts'
import { PEERS, peerService, REGISTER } from './plan.ts'
import { answered, answering, outcomeOf, questionOf, type Scenario, under } from './scenario.ts'
import { selfIssued } from './self-issued.ts'
import { type Conformance, headerIn } from './world.ts'

const plain = answering((question) => answerTo(question))
const memberOf = (client: string): string => client.split('/').slice(0, 3).join('/')
/** The first envelope in a body. */
const inBody = (body: Buffer): string => /<\?xml.*?<\/SOAP-ENV:Envelope>/s.exec(body.toString('utf8'))?.[0] ?? ''

const member: Scenario = (world, edge) => {
  const as = memberOf(world.clientOf(edge))
  return answered({ soap: () => soap({ client: as, service: memberService }), ask: { as }, react: plain })(world, edge)
}
const shaped = (change: (question: string) => string): Scenario =>
  answered({
    soap: (world, edge) => change(questionOf(world, edge)),
    react: plain,
    check: (_reply, call, asked) => expect(call.body.toString()).toBe(asked),
  })
const answeredWith = (inside: string, look: RegExp): Scenario =>
  answered({ react: answering((question) => answerTo(question, inside)), check: ({ text }) => expect(text).toMatch(look) })

const octets = Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 31) % 256))
const attached =
  (...more: readonly Piece[]) =>
  (question: string) =>
    multipart([{ lines: [XML], body: question }, ...more])
const blob = (id = 'uno'): Piece => ({
  lines: ['Content-Type: application/octet-stream', `Content-ID: <${id}>`, 'Client-Header: FooBar'],
  body: octets,
})
/** What was asked comes back, whole, with another body element. */
const echo: Conformance['dummy']['react'] = (call, body, response) => {
  const type = String(call.headers['content-type'])
  const text = body.toString('latin1').replace(/<(\/?)p:getstate/g, '<$1p:getstateResponse')
  response.writeHead(200, { 'Content-Type': type }).end(Buffer.from(text, 'latin1'))
}
const bothWays = (pieces: readonly Piece[], look: (body: Buffer) => void = () => {}): Scenario =>
  answered({
    wrapped: attached(...pieces),
    react: echo,
    check: ({ body, headers }, call) => {
      expect(headerIn(headers, 'content-type')).toMatch(/^multipart\/related;.*boundary="?frontera"?/)
      expect(call.body.includes(octets) || pieces.length === 0).toBe(true)
      expect(body.includes(octets) || pieces.length === 0).toBe(true)
      look(call.body)
      look(body)
    },
  })

/** Nested multiparts come flat: the leaf arrives, its container's headers do not. */
const nested: Scenario = answered({
  wrapped: (question) => {
    const inner = multipart([{ lines: [TEXT, 'Client-Header: FooBar'], body: 'blaah' }], 'adentro', 'mixed')
    return multipart([
      { lines: [XML], body: question },
      { lines: [`Content-Type: ${inner.type}`], body: inner.body },
    ])
  },
  react: (_call, body, response) => response.writeHead(200, { 'Content-Type': 'text/xml' }).end(answerTo(inBody(body))),
  check: ({ headers }, { body }) => {
    expect(headerIn(headers, 'content-type')).toMatch(/^text\/xml; ?charset=utf-8$/i)
    expect(body.toString()).toContain('Client-Header: FooBar\r\n\r\nblaah')
    expect(body.toString()).not.toContain('adentro')
  },
})

const mtom: Scenario = answered({
  wrapped: (question) =>
    multipart([
      { lines: ['Content-Type: application/xop+xml; type="application/soap+xml"; charset=utf-8', 'Content-ID: <foo>'], body: question },
      { lines: ['Content-Type: text/plain; charset=UTF-8; name=attachment.txt', 'Content-ID: <42a@example.org>'], body: 'foobar' },
    ]),
  react: echo,
  check: ({ body }, call) => {
    for (const each of [call.body, body])
      expect(each.toString('latin1')).toMatch(
        /content-type: ?application\/xop\+xml.*Content-ID: <foo>.*Content-ID: <42a@example\.org>\r\n\r\nfoobar/is,
      )
  },
})

/** Too big to hold, on either side, so that it goes through files: no octet of it is another than was sent. */
const big: Scenario = (world, edge) => {
  const large = randomBytes(11 * 1024 * 1024)
  return answered({
    wrapped: attached(blob(), { lines: ['Content-Type: application/octet-stream'], body: large }),
    react: echo,
    check: ({ body }, call) => {
      for (const each of [call.body, body]) expect([each.includes(octets), each.includes(large)]).toEqual([true, true])
    },
  })(world, edge)
}

export const secureService = (tls: (world: Conformance) => NodeConfiguration['services'][number]['tls']): Scenario =>
  under(
    (world) => ({
      configuration: (node, configuration) =>
        node === 'register'
          ? {
              ...configuration,
              services: configuration.services.map((each) => (each.id.serviceCode === 'seguro' ? { ...each, tls: tls(world) } : each)),
            }
          : configuration,
    }),
    answered({
      soap: (world, edge) => questionOf(world, edge, { service: `${REGISTER}/seguro`, body: '<seguro/>' }),
      react: answering((question) => answerTo(question, '<seguroResponse/>')),
    }),
  )
export const pinned = (...certificates: readonly string[]) => ({
  kind: 'pinned' as const,
  certificates: certificates.map((pem) => certificateDer(pem)),
})
const certificateDer = (pem: string): Uint8Array => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')

/** The member whose service a message names, in SOAP or in a REST block. */
export function providerIn(world: Conformance, message: string): Member {
  const name = PEERS.find((each) => message.includes(`<id:memberCode>${each}</id:memberCode>`) || message.includes(`/NGO/${each}/`))
  const member = name && world.members.get(name)
  if (!member) throw new Error('a message to nobody')
  return member
}
/** The stock-shaped server answers as it should. */
export const answersWell =
  (world: Conformance): Conformance['answer'] =>
  async ({ message }) => {
    const answer = withRequestHash(answerTo(message.message.toString('utf8')), message.message)
    return responseFor({
      kind: 'soap',
      message: Buffer.from(answer),
      originalType: 'text/xml; charset=utf-8',
      signer: providerIn(world, answer).signer,
    })
  }
const fromPeer =
  (service: string): Scenario =>
  async (world, edge) => {
    world.answer = answersWell(world)
    return outcomeOf(await world.ask(edge, { body: questionOf(world, edge, { service }) }))
  }

/** The registered certificate of an information system has run out; servers only look whether it is the registered one. */
const expired: Scenario = async (world, edge) => {
  const { certificate: cert, key, der } = await selfIssued('viejo', -1)
  const sha256 = createHash('sha256').update(der).digest('hex')
  const twist: Conformance['twist'] = {
    configuration: (_node, configuration) => ({
      ...configuration,
      clients: configuration.clients.map((each) => ({ ...each, certificates: [sha256] })),
    }),
  }
  return under(() => twist, answered({ react: plain, ask: { identity: { cert, key } } }))(world, edge)
}
const headers = (action: readonly string[], seen: string): Scenario =>
  answered({
    react: plain,
    ask: { headers: ['Content-Type', 'text/xml', ...action] },
    check: (_reply, call) => expect(headerIn(call.headers, 'soapaction')).toBe(seen),
  })

export const SUCCESSES: Readonly<Record<string, Scenario>> = {
  NormalMessage: member,
  NormalSubsystem: answered({
    react: plain,
    check: (reply, call, asked) => {
      expect(call.body.toString()).toBe(asked)
      expect(headerIn(call.headers, 'content-type')).toBe('text/xml; charset=UTF-8')
      expect(reply.text).toContain('bien')
    },
  }),
  DefaultNamespaceMessage: shaped((text) => text.replaceAll('SOAP-ENV:', '').replace('xmlns:SOAP-ENV=', 'xmlns=')),
  NoWhitespaceMessage: shaped((text) => text.replace('\n', '')),
  CommentMessage: answeredWith(
    '<!-- uno --><r:getstateResponse xmlns:r="x"><!-- dos -->ok</r:getstateResponse><!-- tres -->',
    /<!-- uno -->.*<!-- dos -->.*<!-- tres -->/,
  ),
  CDATAMessage: shaped((text) => text.replace('aä', '<![CDATA[<no> & ä]]>')),
  XmlEncodedMessage: shaped((text) => text.replace('aä', '&lt;a&gt;&#228;&amp;amp;&lt;/a&gt;')),
  SplitHeaderMessage: shaped((text) =>
    text.replace('>uno<', '>u<!-- corte -->n<![CDATA[o]]><').replace('EE37702211234', '\n  EE377\n  02211234\n'),
  ),
  MissingUserIdHeader: answered({ soap: (world, edge) => questionOf(world, edge, { userId: null }), react: plain }),
  NonUtf8ResponseContentType: answered({
    react: (_call, body, response) => {
      const text = answerTo(body.toString(), '<r:getstateResponse xmlns:r="x">año</r:getstateResponse>').replace(
        'encoding="utf-8"',
        'encoding="ISO-8859-1"',
      )
      response.writeHead(200, { 'Content-Type': 'text/xml; charset=ISO-8859-1' }).end(Buffer.from(text, 'latin1'))
    },
    check: ({ body }) => expect(body.toString('latin1')).toContain('año'),
  }),
  ResponseWithRequestHash: answered({
    react: answering((question) =>
      answerTo(question).replace('</xroad:id>', '</xroad:id><xroad:requestHash algorithmId="x">falso</xroad:requestHash>'),
    ),
    check: ({ text }) => expect(text).not.toContain('falso'),
  }),
  SoapActionHeader: headers(['SOAPAction', '""'], '""'),
  SoapActionEmptyHeader: headers(['SOAPAction', ''], ''),
  Utf8BomNormalSubsystem: answered({
    soap: (world, edge) => `${BOM}${questionOf(world, edge)}`,
    react: plain,
    check: (reply, call, asked) => {
      expect(call.body.toString('utf8')).toBe(asked)
      expect([...reply.body.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    },
  }),
  Attachment: nested,
  Attachment2: bothWays([blob()], (body) => expect(body.toString('latin1')).toContain('Client-Header: FooBar')),
  Utf8BomAttachment2: answered({
    soap: (world, edge) => `${BOM}${questionOf(world, edge)}`,
    wrapped: attached(blob()),
    react: echo,
    check: ({ body }) => expect(body.includes(octets)).toBe(true),
  }),
  AttachmentBig: big,
  AttachmentMTOM: mtom,
  AttachmentSmallMantis: answered({
    wrapped: (question) => {
      const { type, body } = multipart([
        { lines: ['Content-Type: application/xop+xml; charset=UTF-8; type="text/xml"', 'Content-ID: <raiz>'], body: question },
        blob(),
      ])
      return { type: type.replace('type="text/xml"', 'type="application/xop+xml"; start="<raiz>"; start-info="text/xml"'), body }
    },
    react: echo,
    check: ({ body, headers: said }) => {
      expect(headerIn(said, 'content-type')).toContain('start-info="text/xml"')
      expect(body.includes(octets)).toBe(true)
    },
  }),
  SeveralAttachments: answered({
    wrapped: attached(blob('uno'), blob('dos'), { lines: [TEXT], body: 'tres' }),
    react: (_call, body, response) => response.writeHead(200, { 'Content-Type': 'text/xml' }).end(answerTo(inBody(body))),
    check: (_reply, call) => expect(call.body.toString('latin1')).toMatch(/<uno>.*<dos>.*tres/s),
  }),
  SeveralAttachmentsResponse: bothWays([blob('uno'), blob('dos')], (body) => expect(body.toString('latin1')).toMatch(/<uno>.*<dos>/s)),
  MimeSoap: bothWays([]),
  SslNormalMessage: fromPeer(peerService('par')),
  SslSelectFastestProxy: fromPeer(peerService('doble')),
  SslClientAuth: answered({ react: plain }),
  SslClientAuthExpiredISCert: expired,
  SslToServiceAuth: secureService(({ dummy }) => pinned(dummy.identity.certificate)),
  SslToServiceNoAuth: secureService(() => ({ kind: 'none' })),
}
