import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { verifyMessage } from '../evidence/verify.ts'
import { sizeOf } from '../protocol/body.ts'
import { type Outcome, raisedBy, refuse, under } from '../protocol/faults.ts'
import { memberOf, ownerOf } from '../protocol/identifiers.ts'
import { lastValue } from '../protocol/rest-headers.ts'
import { answers, type RestCall, type RestRequest, type RestResponse, readCall, readResponseBlock } from '../protocol/rest-message.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import { decodeRest, encodeRest } from '../protocol/transport.ts'
import { boundaryFrom, checkDigest, requestHeaders } from './between-nodes.ts'
import { type Caller, speaking, withinPolicy } from './client-rules.ts'
import { noteDate } from './clock-watch.ts'
import { type DigestedBody, digested, kept, partsOf, type Seen } from './keeping.ts'
import { budget, MOST_BODY, PEER_MS } from './limits.ts'
import { locate } from './locate.ts'
import type { NodeConfiguration, SigningKey } from './node-configuration.ts'
import type { OcspPorts } from './ocsp-at-hand.ts'
import { afterSending, told } from './outcome.ts'
import { judgeServer } from './peer.ts'
import type { CallPeer, CurrentConfiguration, CurrentTrust, HttpAnswer, Keep, NewId, Sign, TrustInForce } from './ports.ts'
import { rememberedSteps } from './remembered-steps.ts'
import { ocspOfChain, ownChain, signed, signingMaterial } from './signing.ts'
import { trustNow } from './trust-now.ts'

export type { Caller } from './client-rules.ts'

export type ConsumePorts = OcspPorts & {
  readonly configuration: CurrentConfiguration
  readonly trust: CurrentTrust
  readonly sign: Sign
  readonly keep: Keep
  readonly callPeer: CallPeer
  readonly newId: NewId
}

/** What the door knows of the exchange: its fresh x-road-request-id, and when the answer must be whole. */
export type Exchange = { readonly requestId: string; readonly deadline: Instant }

/**
 * A member's call going out, and the answer to it.
 *
 * The request is kept before it leaves, the response before it is given; a fault after the request left says `outcome: 'unknown'`.
 * Refusals carry the codes of stock servers' client proxies. Source: X-Road PR-REST, PR-MESST.
 */
export async function consume(call: RestCall, caller: Caller, exchange: Exchange, ports: ConsumePorts): Promise<Outcome<RestResponse>> {
  const answer = await answered(call, caller, exchange, ports)
  return answer.ok ? answer : told('server.clientproxy', answer, exchange.requestId)
}

async function answered(call: RestCall, caller: Caller, exchange: Exchange, ports: ConsumePorts): Promise<Outcome<RestResponse>> {
  const node = await ports.configuration()
  const asked = askedOf(call, caller, exchange, node, ports)
  if (!asked.ok) return asked
  const today = await trustNow(ports)
  if (!today.ok) return today
  const { request } = asked.value
  const addresses = locate(request, ownerOf(request.service), today.value.trust)
  if (!addresses.ok) return addresses
  const sealed = await seal(asked.value, node, today.value, ports)
  if (!sealed.ok) return sealed
  const { transport, ...seen } = sealed.value
  const inCustody = await kept('consumer', 'request', seen, today.value, ports)
  if (!inCustody.ok) return inCustody
  const answer = await send(transport, addresses.value, asked.value, exchange, today.value, ports)
  if (!answer.ok) return answer
  const opened = open(answer.value, request, today.value, ports)
  if (!opened.ok) return afterSending(opened)
  const answerKept = await kept('consumer', 'response', { ...opened.value, at: ports.now(), keepBodies: 'full' }, today.value, ports)
  return answerKept.ok ? ok(opened.value.message) : afterSending(answerKept)
}

type Asked = { readonly request: RestRequest; readonly body: DigestedBody | null; readonly signing: SigningKey }

/** Everything that can be judged without asking anybody. */
function askedOf(
  call: RestCall,
  caller: Caller,
  { requestId }: Exchange,
  node: NodeConfiguration,
  { newId }: ConsumePorts,
): Outcome<Asked> {
  if (call.body && sizeOf(call.body) > MOST_BODY)
    return raisedBy('client', refuse('message_too_large', `the body has ${sizeOf(call.body)} octets; at most ${MOST_BODY}`))
  const request = readCall(call, requestId, () => `${node.server.instance}-${newId()}`)
  if (!request.ok) return request
  const client = speaking(request.value, caller, node)
  if (!client.ok) return client
  const allowed = withinPolicy(request.value, node)
  if (!allowed.ok) return allowed
  return ok({ request: request.value, body: digested(request.value.body), signing: client.value.signing })
}

type Transport = Parameters<CallPeer>[1]

/** The request signed and in the form it travels; nothing has left yet. */
async function seal(
  { request, body, signing }: Asked,
  node: NodeConfiguration,
  today: TrustInForce,
  ports: ConsumePorts,
): Promise<Outcome<Seen & { readonly transport: Transport }>> {
  const ours = ownChain([node.authentication.certificate, ...node.authentication.intermediates], today, ports)
  if (!ours.ok) return under('ssl_authentication_failed', ours)
  const ocsp = await ocspOfChain(ours.value, today, ports)
  if (!ocsp.ok) return under('ssl_authentication_failed', ocsp)
  const material = await signingMaterial(signing, today, ports)
  if (!material.ok) return material
  const at = ports.now()
  const documents = await signed(partsOf(request.block, body), material.value, ports)
  if (!documents.ok) return documents
  const parts = { ocsp: ocsp.value, message: request.block, body: request.body, documents: documents.value }
  const encoded = encodeRest('request', parts, boundaryFrom(ports.newId()))
  const original = lastValue(request.headers, 'content-type') ?? ''
  const transport = { headers: requestHeaders(encoded.contentType, original, request.requestId), body: encoded.body }
  return ok({ transport, message: request, body, documents: documents.value, at, keepBodies: 'full' })
}

async function send(
  transport: Transport,
  addresses: readonly string[],
  { request }: Asked,
  { deadline }: Exchange,
  today: TrustInForce,
  ports: ConsumePorts,
): Promise<Outcome<HttpAnswer>> {
  const owner = ownerOf(request.service)
  const sent = ports.now()
  const left = budget(deadline, sent, PEER_MS)
  if (left === null) return refuse('busy', 'no time is left to call the provider')
  const answer = await ports.callPeer(addresses, transport, (certificate) => judgeServer(certificate, owner, today, ports), left)
  if (answer.ok)
    noteDate({ source: addresses.join(' '), headers: answer.value.headers, sent, received: ports.now() }, ports.memory, ports.log)
  return answer
}

type Opened = { readonly message: RestResponse; readonly body: DigestedBody | null; readonly documents: SignatureDocuments }

/** The provider's answer: its form, its signature by the member that owns the service, and that it answers this very request. */
function open(
  { status, headers, body: bytes }: HttpAnswer,
  request: RestRequest,
  today: TrustInForce,
  { now, memory }: ConsumePorts,
): Outcome<Opened> {
  if (status !== 200 && status !== 500) return refuse('http_error', `the provider's node answered ${status}`)
  const transport = decodeRest('response', lastValue(headers, 'content-type') ?? '', bytes)
  if (!transport.ok) return transport
  const digest = checkDigest(headers)
  if (!digest.ok) return under('service_failed', digest)
  const { message: block, documents } = transport.value
  const body = digested(transport.value.body)
  const steps = rememberedSteps(today, memory)
  const verified = verifyMessage(documents, partsOf(block, body), memberOf(request.service), today.trust, now(), 'strict', steps)
  if (!verified.ok) return under('signature_verification', verified)
  const response = readResponseBlock(block, transport.value.body)
  if (!response.ok) return response
  const fits = answers(response.value, request)
  return fits.ok ? ok({ message: response.value, body, documents }) : fits
}
