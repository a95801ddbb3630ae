import { randomInt, randomUUID, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PeerResponders } from '../../src/exchange/peer-responder.ts'
import { block, hashIn, lastOf, readBlock, restHash, withRequestHash } from '../peer/message.ts'
import { type Part, readMultipart } from '../peer/multipart.ts'
import { faultIn, type Signer, sha512, signBatch, signMessage } from '../peer/signature.ts'
import { type Answer, type Arrived, callServer, fetchOcsp, openStockPeer, requestFor, responseFor } from '../peer/stock-peer.ts'
import { absent } from '../tools.ts'
import { answerTo, multipart, soap, TEXT, XML } from './messages.ts'
import { type Member, register } from './peers.ts'
import { peerService, REGISTER } from './plan.ts'
import { type Conformance, clientIn, type Edge, headerIn, openConformance, type Reply } from './world.ts'

const SUITES = ['ECDHE-RSA-AES256-SHA384', 'DHE-RSA-AES256-SHA256']
const PAR = 'EE/NGO/par/par'
const octets = Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 7) % 256))

let worlds: Readonly<Record<Edge, Conformance>>
/** The world of the edge at hand, and the stock-shaped server in it. */
let world: Conformance
let par: Member
beforeAll(async () => {
  const cloud = await openConformance()
  worlds = { local: await openConformance({ ownListener: true }), rest: cloud, http: cloud }
  at('rest')
})
afterAll(async () => {
  for (const each of new Set(Object.values(worlds))) await each[Symbol.asyncDispose]()
})
function at(edge: Edge): void {
  world = worlds[edge]
  par = world.members.get('par') as Member
}

/** What one of our nodes signs with for its member. */
const certificateOf = ([node, member]: readonly [node: string, member: string]): Buffer =>
  new X509Certificate(readFileSync(join(world.exchange.folder, 'nodes', node, 'certificates', `sign-${member.replaceAll('/', '-')}.pem`)))
    .raw
const bodiesOf = ({ message }: Pick<Arrived, 'message'>) => message.attachments.map(({ body }) => body)

describe.each(['local', 'rest', 'http'] as const)('our node asks a stock-shaped server, from the edge %s', (edge) => {
  beforeAll(() => at(edge))
  const member = edge === 'http' ? (['stranger', 'EE/COM/333'] as const) : (['bank', 'EE/COM/222'] as const)
  /** What the peer must find in anything we send it. */
  const expectSound = (arrived: Arrived) => {
    expect(SUITES).toContain(arrived.suite)
    expect(arrived.message.ocsp.length).toBe(1)
    expect(
      arrived.message.evidence && faultIn(arrived.message.message, bodiesOf(arrived), arrived.message.evidence, certificateOf(member)),
    ).toBeNull()
    for (const name of ['x-hash-algorithm', 'x-original-content-type', 'x-proxy-version', 'x-road-request-id'])
      expect(headerIn(arrived.headers, name)).toBeDefined()
  }
  const soapAnswer: Conformance['answer'] = async (arrived) => {
    expectSound(arrived)
    const answer = Buffer.from(withRequestHash(answerTo(arrived.message.message.toString('utf8')), arrived.message.message))
    const { attachments } = arrived.message
    const originalType = attachments.length > 0 ? 'multipart/related; boundary=suya' : 'text/xml; charset=utf-8'
    return responseFor({ kind: 'soap', message: answer, attachments, originalType, signer: par.signer })
  }
  const asked = async (answer: Conformance['answer'], ask: Parameters<Conformance['ask']>[1]): Promise<Reply> => {
    let trouble: unknown
    world.answer = async (arrived) =>
      answer(arrived).catch((problem: unknown) => {
        trouble = problem
        return 'reset' as const
      })
    const reply = await world.ask(edge, ask)
    if (trouble) throw trouble
    return reply
  }

  test('SOAP', async () => {
    const question = soap({ client: world.clientOf(edge), service: peerService('par'), id: randomUUID() })
    const reply = await asked(soapAnswer, { body: question })
    expect([reply.code, hashIn(reply.body)]).toEqual([null, sha512(Buffer.from(question)).toString('base64')])
  })
  test('SOAP with attachments', async () => {
    const question = soap({ client: world.clientOf(edge), service: peerService('par') })
    const { type, body } = multipart([
      { lines: [XML], body: question },
      { lines: ['Content-Type: application/octet-stream', 'Content-ID: <uno>'], body: octets },
      { lines: [TEXT], body: 'dos' },
    ])
    const reply = await asked(soapAnswer, { headers: ['Content-Type', type], body })
    expect(reply.code).toBeNull()
    const parts = readMultipart(headerIn(reply.headers, 'content-type') ?? '', reply.body)
    expect(parts.slice(1).map(({ body: each }) => each)).toEqual([octets, Buffer.from('dos')])
  })
  test.each([
    ['GET', null],
    ['POST', octets],
  ])('REST %s', async (method, sent) => {
    const headers = ['X-Road-Client', world.clientOf(edge), 'X-Road-Id', 'recado-1', 'Content-Type', 'application/octet-stream']
    const reply = await asked(
      async (arrived) => {
        expectSound(arrived)
        expect(bodiesOf(arrived)).toEqual(sent ? [sent] : [])
        return restAnswerTo(arrived, octets)
      },
      { method, path: `/r1/${peerService('par', 'eco')}/a/b?x=1`, headers, body: sent },
    )
    expect([reply.status, reply.code, headerIn(reply.headers, 'x-road-id')]).toEqual([200, null, 'recado-1'])
    expect(reply.body).toEqual(octets)
  })
})

function restAnswerTo({ message, headers }: Arrived, body: Buffer): Promise<Answer> {
  const asked = readBlock(message.message)
  const said = [
    ['Content-Type', 'application/octet-stream'],
    ['x-road-id', lastOf(asked.headers, 'x-road-id') ?? ''],
    ['x-road-client', lastOf(asked.headers, 'x-road-client') ?? ''],
    ['x-road-service', peerService('par', 'eco')],
    ['x-road-request-id', headerIn(headers, 'x-road-request-id') ?? ''],
    ['x-road-request-hash', restHash(message.message, message.attachments[0]?.body)],
  ] as const
  return responseFor({
    kind: 'rest',
    message: block('200', 'OK', said),
    attachments: [{ type: '', body }],
    originalType: '',
    signer: par.signer,
  })
}

describe.each(['local', 'http'] as const)('a stock-shaped server asks our node, at the edge %s', (edge) => {
  beforeAll(() => at(edge))
  const deliver = async (
    options: Pick<Parameters<typeof requestFor>[0], 'kind' | 'message' | 'attachments' | 'originalType' | 'requestId'>,
  ) => {
    const called = await callServer(world.provider, await requestFor({ ...options, signer: par.signer, tls: par.tls }))
    expect([called.status, called.message.fault, SUITES.includes(called.suite)]).toEqual([200, null, true])
    const names = called.headers.filter((_, at) => at % 2 === 0)
    expect(names).toContain('x-hash-algorithm') // in exactly this spelling
    const { message, attachments, evidence } = called.message
    expect(
      evidence &&
        faultIn(
          message,
          attachments.map(({ body }) => body),
          evidence,
          certificateOf(['register', 'EE/GOV/111']),
        ),
    ).toBeNull()
    return called
  }

  test('SOAP', async () => {
    world.dummy.react = (_call, body, response) =>
      response.writeHead(200, { 'Content-Type': 'text/xml' }).end(answerTo(body.toString('utf8')))
    const message = Buffer.from(soap({ client: PAR, id: randomUUID() }))
    const called = await deliver({ kind: 'soap', message, originalType: 'text/xml; charset=UTF-8' })
    expect(hashIn(called.message.message)).toBe(sha512(message).toString('base64'))
    expect(called.headers.filter((_, at) => at % 2 === 0)).toContain('x-original-content-type')
    expect(world.dummy.calls.at(-1)?.body).toEqual(message)
  })
  test('SOAP with attachments', async () => {
    world.dummy.react = (call, body, response) =>
      response
        .writeHead(200, { 'Content-Type': String(call.headers['content-type']) })
        .end(body.toString('latin1').replace(/<(\/?)p:getstate/g, '<$1p:getstateResponse'), 'latin1')
    const called = await deliver({
      kind: 'soap',
      message: Buffer.from(soap({ client: PAR })),
      attachments: [
        { type: 'application/octet-stream', headers: ['Content-ID: <uno>'], body: octets },
        { type: 'text/plain', body: Buffer.from('dos') },
      ],
      originalType: 'multipart/related; type="text/xml"; boundary=suya',
    })
    expect(called.message.attachments.map(({ body }) => body)).toEqual([octets, Buffer.from('dos')])
    expect(world.dummy.calls.at(-1)?.body.includes(octets)).toBe(true)
  })
  test.each([
    ['GET', undefined],
    ['POST', octets],
  ])('REST %s', async (method, body) => {
    world.dummy.react = (_call, _body, response) => response.writeHead(200, { 'Content-Type': 'application/octet-stream' }).end(octets)
    const requestId = randomUUID()
    const headers = [
      ['X-Road-Client', PAR],
      ['x-road-request-id', requestId],
      ['x-road-id', 'recado-2'],
    ] as const
    const message = block(method, `/r1/${REGISTER}/eco/a?x=1`, headers)
    const called = await deliver({ kind: 'rest', message, attachments: body ? [{ type: '', body }] : [], originalType: '', requestId })
    const answer = readBlock(called.message.message)
    expect([answer.first, lastOf(answer.headers, 'x-road-request-hash'), lastOf(answer.headers, 'x-road-request-id')]).toEqual([
      '200',
      restHash(message, body),
      requestId,
    ])
    expect(called.message.attachments.map((each) => each.body)).toEqual([octets])
    expect(world.dummy.calls.at(-1)?.url).toBe('/soap/eco/a?x=1')
  })
  test('without a client certificate nothing is answered; on TLS 1.2 without the suites of stock servers neither', async () => {
    const { headers, body } = await requestFor({
      kind: 'soap',
      message: Buffer.from(soap({ client: PAR })),
      originalType: 'text/xml',
      signer: par.signer,
      tls: par.tls,
    })
    await expect(callServer(world.provider, { headers, body, identity: par.tls, settings: { ciphers: 'AES128-SHA' } })).rejects.toThrow()
    const alone = await callServer(world.provider, { headers, body }).catch(() => null)
    expect(alone?.message.fault ?? 'ended').toMatch(/ended|ssl_authentication_failed/)
  })
})

describe('what stock servers may send besides', () => {
  const served = async (
    options: Omit<Parameters<typeof requestFor>[0], 'signer' | 'tls'>,
    change: (sent: Sent) => Sent = (same) => same,
  ) => {
    world.dummy.react = (_call, body, response) => {
      const [text] = /<\?xml.*<\/SOAP-ENV:Envelope>/s.exec(body.toString('utf8')) ?? ['']
      response.writeHead(200, { 'Content-Type': text === '' ? 'text/plain' : 'text/xml' }).end(answerTo(text))
    }
    const sent = await requestFor({ ...options, signer: par.signer, tls: par.tls })
    return (await callServer(world.provider, { ...sent, ...change(sent) })).message.fault
  }

  test('one signature for three messages, REST with a body and two SOAP, each with its chain', async () => {
    const requestId = randomUUID()
    const headers = [['X-Road-Client', PAR] as const, ['x-road-request-id', requestId] as const, ['x-road-id', 'tanda'] as const]
    const messages = [
      { kind: 'rest' as const, message: block('POST', `/r1/${REGISTER}/eco`, headers), attachments: [octets], requestId },
      { kind: 'soap' as const, message: Buffer.from(soap({ client: PAR, id: 'dos' })), attachments: [] },
      { kind: 'soap' as const, message: Buffer.from(soap({ client: PAR, id: 'tres' })), attachments: [octets] },
    ]
    const proofs = await signBatch(messages, par.signer)
    const faults = []
    for (const [at, { attachments, ...message }] of messages.entries()) {
      const parts = attachments.map((body) => ({ type: 'application/octet-stream', body }))
      const originalType = parts.length > 0 && message.kind === 'soap' ? 'multipart/related; boundary=suya' : 'text/xml'
      const own = { ...message, attachments: parts, originalType }
      faults.push(await served({ ...own, ...(proofs[at] ? { evidence: proofs[at] } : {}) }))
      const another = proofs[(at + 1) % 3]
      expect(await served({ ...own, ...(another ? { evidence: another } : {}) }), 'the chain of another').toMatch(
        /signature_verification\.malformed_signature/,
      )
    }
    expect(faults).toEqual([null, null, null])
  })

  const boundary = 'xtopabc'
  const written = (parts: readonly Part[], eol: string, pad = ''): Buffer =>
    Buffer.concat([
      ...parts.map(({ type, headers = [], body }) =>
        Buffer.concat([
          Buffer.from(`--${boundary}${pad}${eol}${[`content-type: ${type}`, ...headers].join(eol)}${eol}${eol}`),
          body,
          Buffer.from(eol),
        ]),
      ),
      Buffer.from(`--${boundary}--${eol}`),
    ])
  test.each<[string, (parts: readonly Part[]) => { readonly type?: string; readonly body: Buffer }]>([
    ['lines that end in LF alone', (parts) => ({ body: written(parts, '\n') })],
    [
      'a preamble and an epilogue',
      (parts) => ({ body: Buffer.concat([Buffer.from('antes\r\n'), written(parts, '\r\n'), Buffer.from('después')]) }),
    ],
    ['blanks after the boundary', (parts) => ({ body: written(parts, '\r\n', ' \t') })],
    ['a quoted boundary and other letters', (parts) => ({ type: `Multipart/Mixed; BOUNDARY="${boundary}"`, body: written(parts, '\r\n') })],
    [
      'a part header that is none',
      (parts) => ({
        body: written(
          parts.map((part) => ({ ...part, headers: ['sin dos puntos'] })),
          '\r\n',
        ),
      }),
    ],
    [
      'a folded part header',
      (parts) => ({
        body: written(
          parts.map((part) => ({ ...part, headers: ['x-nota: uno', ' dos'] })),
          '\r\n',
        ),
      }),
    ],
    [
      'types in capitals',
      (parts) => ({
        body: written(
          parts.map((part) => ({ ...part, type: part.type.toUpperCase() })),
          '\r\n',
        ),
      }),
    ],
  ])('%s', async (_what, dialect) => {
    const options = { kind: 'soap' as const, message: Buffer.from(soap({ client: PAR })), originalType: 'text/xml; charset=UTF-8' }
    const fault = await served(options, (sent) => {
      const type = sent.headers.find(([name]) => name === 'Content-Type')?.[1] ?? ''
      const said = dialect(readMultipart(type, sent.body))
      const headers = sent.headers.map(
        ([name, value]) => [name, name === 'Content-Type' ? (said.type ?? `multipart/mixed; boundary=${boundary}`) : value] as const,
      )
      return { ...sent, headers, body: said.body }
    })
    expect(fault).toBeNull()
  })
  test('header names in any letters, a version that is none, and no request id in SOAP', async () => {
    const options = { kind: 'soap' as const, message: Buffer.from(soap({ client: PAR })), originalType: 'text/xml; charset=UTF-8' }
    const change = (sent: Sent): Sent => ({
      ...sent,
      headers: sent.headers
        .filter(([name]) => name !== 'x-road-request-id')
        .map(([name, value]) => [name.toUpperCase(), name === 'x-proxy-version' ? 'ayer' : value] as const),
    })
    expect(await served(options, change)).toBeNull()
  })
})
type Sent = Awaited<ReturnType<typeof requestFor>>

describe('OCSP between servers', () => {
  test('the peer asks our node by SHA-1 and gets one response for its certificate; for another certificate it gets none', async () => {
    const port = world.exchange.world.nodes.get('register')?.sides.ocspPort
    const ours = new X509Certificate(readFileSync(join(world.exchange.folder, 'nodes/register/certificates/authentication.pem'))).raw
    const said = await fetchOcsp(`127.0.0.1:${port}`, [ours])
    expect([said.status, /^multipart\/related/i.test(said.type), readMultipart(said.type, said.body).map(({ type }) => type)]).toEqual([
      200,
      true,
      ['application/ocsp-response'],
    ])
    expect((await fetchOcsp(`127.0.0.1:${port}`, [Buffer.from('otro')])).status).toBe(500)
  })
  test('our node asks the peer at its own port, by SHA-1', async () => {
    const responders: PeerResponders = { port: Number(world.peer.ocspAddress.split(':')[1]), first: true }
    world.twist = { configuration: (_node, configuration) => ({ ...configuration, peerResponders: responders }) }
    world.answer = async ({ message }) =>
      responseFor({
        kind: 'soap',
        message: Buffer.from(withRequestHash(answerTo(message.message.toString('utf8')), message.message)),
        originalType: 'text/xml',
        signer: par.signer,
      })
    world.exchange.wait(25 * 60_000) // what is at hand is old enough to ask again
    const before = world.peer.ocspAsked.length
    const reply = await world.ask('rest', { body: soap({ service: peerService('par') }) })
    world.twist = {}
    expect(reply.code).toBeNull()
    expect(world.peer.ocspAsked.slice(before)).toEqual([
      new X509Certificate(par.tls.certificate).fingerprint.replaceAll(':', '').toLowerCase(),
    ])
  })
})

test('the peer looks for itself: a changed message, attachment or signature is not sound', async () => {
  const [message, attachment] = [Buffer.from('mensaje'), Buffer.from('anexo')]
  for (const attachments of [[], [attachment]]) {
    const evidence = await signMessage(message, attachments, par.signer)
    const sound = (changed: Buffer, others: readonly Buffer[] = attachments, proof = evidence) =>
      faultIn(changed, others, proof, par.signer.certificate)
    expect(sound(message)).toBeNull()
    expect(sound(Buffer.from('Mensaje'))).not.toBeNull()
    expect(sound(message, [...attachments, attachment])).not.toBeNull()
    const text = evidence.signature.toString('utf8')
    const other = Buffer.from(text.replace(/(<ds:SignatureValue[^>]*>)(.)/, (_, tag, first) => `${tag}${first === 'A' ? 'B' : 'A'}`))
    expect(sound(message, attachments, { ...evidence, signature: other })).toBe('the signature')
  }
})

const STOCK_PORTS = await free([5500, 5577])
describe('on the ports of the protocol', () => {
  test('a registered address without a port is called at 5500, and its OCSP is asked at 5577', async () => {
    // a loopback address of its own, so that nobody else has these ports there
    const host = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(2, 255)}`
    const doble = world.members.get('doble') as Member
    const answer: Conformance['answer'] = async ({ message }) =>
      responseFor({
        kind: 'soap',
        message: Buffer.from(withRequestHash(answerTo(message.message.toString('utf8')), message.message)),
        originalType: 'text/xml',
        signer: doble.signer as Signer,
      })
    await using peer = await openStockPeer({ tls: doble.tls, host, port: 5500, ocspPort: 5577, answer })
    await register(world.exchange, [{ member: doble, address: host, clients: [clientIn('doble')] }])
    world.twist = { configuration: (_node, configuration) => ({ ...configuration, peerResponders: { port: 5577, first: true } }) }
    const reply = await world.ask('rest', { body: soap({ service: peerService('doble') }) })
    world.twist = {}
    expect([reply.code, peer.arrived.length, peer.ocspAsked.length]).toEqual([null, 1, 1])
  })

  test.runIf(STOCK_PORTS)('our node at 5500 is called by the peer, and asked for OCSP at 5577', async () => {
    await using whole = await openConformance({ messagePort: 5500, ocspPort: 5577 })
    whole.dummy.react = (_call, body, response) =>
      response.writeHead(200, { 'Content-Type': 'text/xml' }).end(answerTo(body.toString('utf8')))
    const { tls, signer } = whole.members.get('par') as Member
    const message = Buffer.from(soap({ client: PAR }))
    const called = await callServer('127.0.0.1:5500', await requestFor({ kind: 'soap', message, originalType: 'text/xml', signer, tls }))
    expect([called.message.fault, hashIn(called.message.message)]).toEqual([null, sha512(message).toString('base64')])
    const ours = new X509Certificate(readFileSync(join(whole.exchange.folder, 'nodes/register/certificates/authentication.pem'))).raw
    expect((await fetchOcsp('127.0.0.1:5577', [ours])).status).toBe(200)
  })
})

/** Whether nobody else on this machine has the ports; said by name when somebody has. */
async function free(ports: readonly number[]): Promise<boolean> {
  for (const port of ports) {
    const server = createServer()
    const open = await new Promise<boolean>((resolve) =>
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)),
    )
    await new Promise((resolve) => server.close(resolve))
    if (!open) return absent(`port ${port} of 127.0.0.1`, 'Another program listens there.')
  }
  return true
}
