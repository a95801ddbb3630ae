import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { block, encode, lastOf, readBlock, restHash, withRequestHash } from '../peer/message.ts'
import { type Part, writeMultipart } from '../peer/multipart.ts'
import { signMessage } from '../peer/signature.ts'
import { type Answer, callServer, requestFor, responseFor } from '../peer/stock-peer.ts'
import { answerTo, envelope, soap, XML } from './messages.ts'
import type { Member } from './peers.ts'
import { type PeerName, peerService } from './plan.ts'
import { outcomeOf, questionOf, type Scenario } from './scenario.ts'
import { providerIn } from './successes.ts'
import type { Conformance } from './world.ts'

export const par = (world: Conformance): Member => {
  const member = world.members.get('par')
  if (!member) throw new Error('par')
  return member
}
export const PAR = 'EE/NGO/par/par'
type Request = Awaited<ReturnType<typeof requestFor>> & { readonly method?: string }

/** A peer's message as it should be, changed on its way to our provider's door. */
const delivered =
  (change: (request: Request, world: Conformance) => Promise<Request> | Request): Scenario =>
  async (world, edge) => {
    if (edge === 'rest') return 'n/a: peers arrive at the HTTP API alone'
    const { signer, tls } = par(world)
    const message = Buffer.from(soap({ client: PAR }))
    const request = await requestFor({ kind: 'soap', message, originalType: 'text/xml; charset=utf-8', signer, tls })
    const before = world.dummy.calls.length
    const called = await callServer(world.provider, await change(request, world))
    expect(world.dummy.calls.length, 'nothing is forwarded').toBe(before)
    return called.message.fault ?? 'OK'
  }
const asType = (request: Request, type: string, body: Buffer): Request => ({
  ...request,
  headers: request.headers.map(([name, value]) => (name === 'Content-Type' ? ([name, type] as const) : ([name, value] as const))),
  body,
})
const asParts =
  (parts: readonly Part[]) =>
  (request: Request): Request => {
    const { type, body } = writeMultipart(parts)
    return asType(request, type, body)
  }
const question = Buffer.from(soap({ client: PAR }))

/** Our consumer's door calls a peer that answers so. */
const peerSays =
  (answer: (world: Conformance) => Conformance['answer'], rest = false): Scenario =>
  async (world, edge) => {
    world.answer = answer(world)
    const arrived = world.peer.arrived.length
    const reply = rest
      ? await world.ask(edge, { method: 'GET', path: `/r1/${peerService('par', 'eco')}`, headers: ['X-Road-Client', world.clientOf(edge)] })
      : await world.ask(edge, { body: questionOf(world, edge, { service: peerService('par') }) })
    expect(world.peer.arrived.length).toBe(arrived + 1)
    return outcomeOf(reply)
  }
const says = (answer: Answer) => () => async () => answer
const headersFor = (type: string): Answer['headers'] => [
  ['Content-Type', type],
  ['x-hash-algorithm', 'SHA-512'],
  ['x-original-content-type', 'text/xml'],
]
const saysXml = (body: string, more: Partial<Answer> = {}) => says({ headers: headersFor('text/xml'), body: Buffer.from(body), ...more })
const goodAnswer = (message: Buffer): Buffer => Buffer.from(withRequestHash(answerTo(message.toString('utf8')), message))

const unsigned: Conformance['answer'] = async ({ message }) => {
  const { type, body } = encode('response', {
    kind: 'soap',
    ocsp: [],
    message: goodAnswer(message.message),
    attachments: [],
    evidence: null,
  })
  return { headers: headersFor(type), body }
}
const cutMultipart =
  (world: Conformance): Conformance['answer'] =>
  async ({ message }) => {
    const answer = await responseFor({
      kind: 'soap',
      message: goodAnswer(message.message),
      originalType: 'text/xml',
      signer: par(world).signer,
    })
    return { ...answer, cut: answer.body.length >> 1 }
  }
const forAnother =
  (world: Conformance): Conformance['answer'] =>
  async ({ message }) => {
    const other = Buffer.from(message.message.toString('utf8').replace('>uno<', '>otro<'))
    return responseFor({ kind: 'soap', message: goodAnswer(other), originalType: 'text/xml', signer: par(world).signer })
  }
const faultyAttachment =
  (world: Conformance): Conformance['answer'] =>
  async ({ message }) => {
    const soapPart = goodAnswer(message.message)
    const { signature } = await signMessage(soapPart, [], par(world).signer)
    const parts = [XML.slice(14), 'text/plain', 'signature/bdoc-1.0/ts'].map(
      (type, at): Part => ({ type, body: [soapPart, Buffer.from('blaah'), signature][at] ?? soapPart }),
    )
    const { type, body } = writeMultipart(parts)
    return { headers: headersFor(type), body }
  }

/** What a REST answer must say, with `change` made to it. */
export const restAnswer =
  (
    world: Conformance,
    body: Buffer | undefined,
    change: (headers: readonly (readonly [string, string])[]) => readonly (readonly [string, string])[] = (same) => same,
  ): Conformance['answer'] =>
  async ({ message, headers }) => {
    const asked = readBlock(message.message)
    const id = headers[headers.findIndex((each, at) => at % 2 === 0 && each.toLowerCase() === 'x-road-request-id') + 1] ?? ''
    const said = change([
      ['Content-Type', 'text/plain'],
      ['x-road-id', lastOf(asked.headers, 'x-road-id') ?? ''],
      ['x-road-client', lastOf(asked.headers, 'x-road-client') ?? ''],
      ['x-road-service', asked.second.split('/').slice(2, 7).join('/').split('?')[0] ?? ''],
      ['x-road-request-id', id],
      ['x-road-request-hash', restHash(message.message, message.attachments[0]?.body)],
    ])
    const attachments = body ? [{ type: '', body }] : []
    return responseFor({
      kind: 'rest',
      message: block('200', 'OK', said),
      attachments,
      originalType: '',
      signer: providerIn(world, asked.second).signer,
    })
  }

/** A call to a member whose server is not as it should be. */
const calling =
  (name: PeerName): Scenario =>
  async (world, edge) =>
    outcomeOf(await world.ask(edge, { body: questionOf(world, edge, { service: peerService(name) }) }))

export const SERVER_FAULTS: Readonly<Record<string, Scenario>> = {
  WrongHttpMethodServerProxy: delivered((request) => ({ ...request, method: 'GET', body: Buffer.alloc(0) })),
  InvalidContentTypeFromClientProxy: delivered((request) => asType(request, 'text/xml', question)),
  ServerProxyProcessingError: delivered(asParts([])),
  NoSoapToServerProxy: delivered(asParts([{ type: 'text/xml', body: Buffer.from('blaah') }])),
  'NoSoapToServerProxy (text/plain)': delivered(asParts([{ type: 'text/plain', body: Buffer.from('blaah') }])),
  NoSignatureToServerProxy: delivered(async (request, world) =>
    asParts([
      { type: 'application/ocsp-response', body: await par(world).tls.ocsp() },
      { type: 'text/xml', body: question },
    ])(request),
  ),
  UnsignedMessageFromClientProxy: delivered(async (request, world) => {
    const ocsp = [await par(world).tls.ocsp()]
    const { type, body } = encode('request', {
      kind: 'soap',
      ocsp,
      message: question,
      attachments: [{ type: 'text/plain', body: Buffer.from('x') }],
      evidence: null,
    })
    return asType(request, type, body)
  }),
  InvalidContentTypeFromServerProxy: peerSays(says({ headers: headersFor('blah'), body: Buffer.from('x') })),
  ServerProxyNoBoundary: peerSays(says({ headers: headersFor('multipart/mixed'), body: Buffer.from('x') })),
  ServerProxyFaultyAttachment: peerSays(faultyAttachment),
  ServerProxyHttpError: peerSays(says({ status: 502, headers: headersFor('text/xml'), body: Buffer.from('x') })),
  ServerProxyEmptyFault: peerSays(saysXml('')),
  ServerProxyInvalidFault: peerSays(() => async ({ message }) => ({ headers: headersFor('text/xml'), body: goodAnswer(message.message) })),
  ServerProxyMissingBody: peerSays(() => async ({ message }) => {
    const text = message.message.toString('utf8').replace(/<SOAP-ENV:Body>.*<\/SOAP-ENV:Body>/s, '')
    return { headers: headersFor('text/xml'), body: Buffer.from(text) }
  }),
  ServerProxyConnectionAborted: peerSays(() => async () => 'reset'),
  'ServerProxyConnectionAborted (REST)': peerSays(() => async () => 'reset', true),
  ServerProxyConnectionAborted2: peerSays(saysXml(envelope(null, '<a/>'), { cut: 40 })),
  ServerProxyConnectionAborted3: peerSays(cutMultipart),
  UnsignedMessageFromServerProxy: peerSays(() => unsigned),
  ServerClientInconsistency: peerSays(forAnother),
  'ServerClientInconsistency (REST)': peerSays(
    (world) =>
      restAnswer(world, undefined, (headers) =>
        headers.map(([name, value]) => [name, name === 'x-road-id' ? randomUUID() : value] as const),
      ),
    true,
  ),
  SslAuthCertNotMatchesOrg: calling('ajena'),
  SslAuthTrustManagerError: calling('nadie'),
  SslClientCertVerificationError: calling('revocada'),
  SslClientCipherSuiteSetupError: calling('moderna'),
  SslSelectFastestProxyNoConnections: calling('cerrada'),
}
