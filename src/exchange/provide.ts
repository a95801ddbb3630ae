import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import type { SigningMaterial } from '../evidence/seal.ts'
import { verifyMessage } from '../evidence/verify.ts'
import { type Body, bytesBody } from '../protocol/body.ts'
import { type Outcome, refuse, under } from '../protocol/faults.ts'
import { formatId, memberOf, ownerOf } from '../protocol/identifiers.ts'
import { BLOCK_LIMITS, checkHeaders, type Header, lastValue } from '../protocol/rest-headers.ts'
import { type RestRequest, readRequestBlock, writeResponse } from '../protocol/rest-message.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import { decodeRest, encodeRest } from '../protocol/transport.ts'
import { boundaryFrom, checkDigest } from './between-nodes.ts'
import { type DigestedBody, digested, kept, partsOf } from './keeping.ts'
import { budget, MOST_BODY, MOST_MESSAGE, SERVICE_MS } from './limits.ts'
import type { NodeConfiguration } from './node-configuration.ts'
import type { OcspPorts } from './ocsp-at-hand.ts'
import { afterSending, told } from './outcome.ts'
import { judgePeer } from './peer.ts'
import type { CallService, CurrentConfiguration, CurrentTrust, Keep, NewId, ServiceAnswer, Sign, TrustInForce } from './ports.ts'
import { rememberedSteps } from './remembered-steps.ts'
import { type Serving, servingOf } from './serving.ts'
import { signed, signingMaterial } from './signing.ts'
import { trustNow } from './trust-now.ts'

export type ProvidePorts = OcspPorts & {
  readonly configuration: CurrentConfiguration
  readonly trust: CurrentTrust
  readonly sign: Sign
  readonly keep: Keep
  readonly callService: CallService
  readonly newId: NewId
}

/** One message as a peer's node delivered it. `peer` is the TLS certificate it presented (DER). */
export type Delivery = {
  readonly method: string
  readonly headers: readonly Header[]
  readonly body: Uint8Array
  readonly peer: Uint8Array | null
  readonly deadline: Instant
}
export type Reply = { readonly contentType: string; readonly body: Uint8Array }

/**
 * A peer's call coming in, and our member's signed answer.
 *
 * Nothing is called, signed or kept before the peer's certificate, the client's right and its signature all hold. The request is kept before
 * the service is called, the response before it is given, delivered or not; a fault after the service was called says `outcome: 'unknown'`.
 * Refusals carry the codes of stock servers' server proxies. Source: X-Road PR-MESST, PR-REST.
 */
export async function provide(delivery: Delivery, ports: ProvidePorts): Promise<Outcome<Reply>> {
  const reply = await replied(delivery, ports)
  return reply.ok ? reply : told('server.serverproxy', reply, lastValue(delivery.headers, 'x-road-request-id') ?? '')
}

async function replied(delivery: Delivery, ports: ProvidePorts): Promise<Outcome<Reply>> {
  if (delivery.method !== 'POST') return refuse('invalid_http_method', delivery.method.slice(0, 20))
  const today = await trustNow(ports)
  if (!today.ok) return today
  const asked = read(delivery)
  if (!asked.ok) return asked
  const ready = await prepare(asked.value, delivery, today.value, ports)
  if (!ready.ok) return ready
  const left = budget(delivery.deadline, ports.now(), Math.min(ready.value.serving.timeoutMs, SERVICE_MS))
  if (left === null) return refuse('busy', 'no time is left to call the service')
  const inCustody = await kept('provider', 'request', ready.value.seen, today.value, ports)
  if (!inCustody.ok) return inCustody
  const answer = await ready.value.serving.answer(left)
  if (!answer.ok) return answer
  const reply = await answerWith(answer.value, asked.value.request, ready.value, today.value, ports)
  return reply.ok ? reply : afterSending(reply)
}

type Asked = {
  readonly request: RestRequest
  readonly body: DigestedBody | null
  readonly documents: SignatureDocuments
  readonly ocsp: readonly Uint8Array[]
}

/** The message taken apart; nobody is believed yet. */
function read({ headers, body: bytes }: Delivery): Outcome<Asked> {
  const digest = checkDigest(headers)
  if (!digest.ok) return digest
  if (lastValue(headers, 'x-road-message-type') !== 'REST') return refuse('missing_soap', 'only REST messages are served here')
  const transport = decodeRest('request', lastValue(headers, 'content-type') ?? '', bytes)
  if (!transport.ok) return transport
  const request = readRequestBlock(transport.value.message, transport.value.body)
  if (!request.ok) return request
  if (lastValue(headers, 'x-road-request-id') !== request.value.requestId)
    return under('service_failed', refuse('inconsistent_headers', 'x-road-request-id differs from the signed message'))
  const { documents, ocsp } = transport.value
  return ok({ request: request.value, body: digested(request.value.body), documents, ocsp })
}

type Ready = {
  readonly serving: Serving
  readonly material: SigningMaterial
  readonly seen: Parameters<typeof kept>[2]
}

/** Everything that must hold before anything is done: who asks, that we can sign an answer, what they may, and that they signed it. */
async function prepare(
  { request, body, documents, ocsp }: Asked,
  { peer }: Delivery,
  today: TrustInForce,
  ports: ProvidePorts,
): Promise<Outcome<Ready>> {
  const node: NodeConfiguration = await ports.configuration()
  const owner = node.clients.find(({ id }) => formatId(id) === formatId(ownerOf(request.service)))
  if (!owner) return under('service_failed', refuse('unknown_member', `${formatId(ownerOf(request.service))} is no client of this node`))
  const authentic = peer
    ? judgePeer(peer, ocsp, request.client, today, ports.now(), ports.memory)
    : refuse('ssl_authentication_failed', 'the peer presented no certificate')
  if (!authentic.ok) return under('service_failed', authentic)
  const material = await signingMaterial(owner.signing, today, ports)
  if (!material.ok) return under('service_failed', material)
  const serving = servingOf(request, node, today.trust, ports)
  if (!serving.ok) return serving
  const at = ports.now()
  const steps = rememberedSteps(today, ports.memory)
  const verified = verifyMessage(documents, partsOf(request.block, body), memberOf(request.client), today.trust, at, 'strict', steps)
  if (!verified.ok) return under('signature_verification', verified)
  const { keepBodies } = serving.value
  return ok({ serving: serving.value, material: material.value, seen: { message: request, body, documents, at, keepBodies } })
}

/** The service's answer, signed and kept, in the form it travels. */
async function answerWith(
  answer: ServiceAnswer,
  request: RestRequest,
  { serving, material }: Ready,
  today: TrustInForce,
  ports: ProvidePorts,
): Promise<Outcome<Reply>> {
  const legal = checkHeaders(answer.headers, { count: BLOCK_LIMITS.count - 10, bytes: BLOCK_LIMITS.bytes / 2 })
  if (!legal.ok) return refuse('http_error', `the service's answer: ${legal.fault.detail}`)
  if (answer.status < 200 || answer.status > 599) return refuse('http_error', `the service answered ${answer.status}`)
  const tooLarge = answer.body instanceof Uint8Array ? null : answer.body
  const held: Body | null = answer.body instanceof Uint8Array ? bytesBody(answer.body) : null
  const response = writeResponse({ ...answer, body: held }, request, request.requestId)
  const body = digested(tooLarge ? { kind: 'digest', ...tooLarge } : response.body)
  const at = ports.now()
  const documents = await signed(partsOf(response.block, body), material, ports)
  if (!documents.ok) return documents
  const seen = { message: response, body, documents: documents.value, at, keepBodies: serving.keepBodies }
  const inCustody = await kept('provider', 'response', seen, today, ports)
  if (!inCustody.ok) return inCustody
  if (tooLarge) return refuse('message_too_large', `the answer of the service has ${tooLarge.size} octets; at most ${MOST_BODY}`)
  const transport = { ocsp: [], message: response.block, body: response.body, documents: documents.value }
  const reply = encodeRest('response', transport, boundaryFrom(ports.newId()))
  return reply.body.length <= MOST_MESSAGE ? ok(reply) : refuse('message_too_large', `the signed answer has ${reply.body.length} octets`)
}
