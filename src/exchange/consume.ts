import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { verifyMessage } from '../evidence/verify.ts'
import { sizeOf } from '../protocol/body.ts'
import { type Outcome, raisedBy, refuse, under } from '../protocol/faults.ts'
import { memberOf, ownerOf } from '../protocol/identifiers.ts'
import type { RestCall } from '../protocol/rest-message.ts'
import { boundaryFrom } from './between-nodes.ts'
import { type Caller, speaking, withinPolicy } from './client-rules.ts'
import { noteDate } from './clock-watch.ts'
import { kept, type Seen } from './keeping.ts'
import { budget, EDGE_LIMITS, EDGE_PATIENCE } from './limits.ts'
import { locate } from './locate.ts'
import { partsOf } from './message.ts'
import type { NodeConfiguration, SigningKey } from './node-configuration.ts'
import type { OcspPorts } from './ocsp-at-hand.ts'
import { afterSending, told } from './outcome.ts'
import type { Answered, Given, OpenedAnswer, OutgoingRequest } from './outgoing.ts'
import { judgeServer } from './peer.ts'
import { PEER_RESPONDERS } from './peer-responder.ts'
import type { CallPeer, CurrentConfiguration, CurrentTrust, Keep, NewId, PeerAnswer, PeerMessage, Sign, TrustInForce } from './ports.ts'
import { readOutgoing } from './read-outgoing.ts'
import { rememberedSteps } from './remembered-steps.ts'
import { ocspOfChain, ownChain, signed, signingMaterial } from './signing.ts'
import { trustNow } from './trust-now.ts'
import { withinBudget } from './within-budget.ts'

export type { Caller } from './client-rules.ts'
export type { Given } from './outgoing.ts'

export type ConsumePorts = OcspPorts & {
  readonly configuration: CurrentConfiguration
  readonly trust: CurrentTrust
  readonly sign: Sign
  readonly keep: Keep
  readonly callPeer: CallPeer
  readonly newId: NewId
  /** Looks whether there is a newer configuration, when the one in force does not know whom a call is for. Absent: it does not. */
  readonly newerTrust?: CurrentTrust
}

/** What the door knows of the exchange: its fresh x-road-request-id, and when the answer must be whole. */
export type Exchange = { readonly requestId: string; readonly deadline: Instant }

/**
 * A member's call going out, REST or SOAP, and the answer to it.
 *
 * The request is kept before it leaves, the response before it is given; a fault after the request left says `outcome: 'unknown'`.
 * Refusals carry the codes of stock servers' client proxies. Source: X-Road PR-REST, PR-MESS, PR-MESST.
 */
export async function consume(call: RestCall, caller: Caller, exchange: Exchange, ports: ConsumePorts): Promise<Outcome<Given>> {
  const answer = await answered(call, caller, exchange, ports)
  return answer.ok ? answer : told('server.clientproxy', answer, exchange.requestId)
}

async function answered(call: RestCall, caller: Caller, exchange: Exchange, ports: ConsumePorts): Promise<Outcome<Given>> {
  const node = await ports.configuration()
  const asked = askedOf(call, caller, exchange, node, ports)
  if (!asked.ok) return asked
  const today = await trustNow(ports)
  if (!today.ok) return today
  const { request } = asked.value
  const found = await located(request, today.value, ports)
  if (!found.ok) return found
  const { addresses, today: acted } = found.value
  const paid = withinBudget(request, node, ports)
  if (!paid.ok) return paid
  const sealed = await seal(asked.value, node, acted, ports)
  if (!sealed.ok) return sealed
  const { transport, ...seen } = sealed.value
  const inCustody = await kept('consumer', 'request', seen, acted, ports)
  if (!inCustody.ok) return inCustody
  const answer = await send(transport, addresses, request, exchange, node, acted, ports)
  if (!answer.ok) return answer
  const opened = open(answer.value, request, acted, ports)
  if (!opened.ok) return afterSending(opened)
  const { documents, message } = opened.value
  const answerKept = await kept('consumer', 'response', { message, documents, at: ports.now(), keepBodies: 'full' }, acted, ports)
  return answerKept.ok ? ok(message.given) : afterSending(answerKept)
}

type Asked = { readonly request: OutgoingRequest; readonly signing: SigningKey }

/** Where the provider is; a member who joined a minute ago is found by one more look. */
async function located(request: OutgoingRequest, today: TrustInForce, { newerTrust }: ConsumePorts) {
  const addresses = locate(request, today.trust)
  if (addresses.ok || !newerTrust || addresses.fault.path[0] !== 'unknown_member')
    return addresses.ok ? ok({ addresses: addresses.value, today }) : addresses
  const newer = await newerTrust()
  if (!newer.ok || newer.value.configuration === today.configuration) return addresses
  const again = locate(request, newer.value.trust)
  return again.ok ? ok({ addresses: again.value, today: newer.value }) : again
}

/** Everything that can be judged without asking anybody. */
function askedOf(
  call: RestCall,
  caller: Caller,
  { requestId }: Exchange,
  node: NodeConfiguration,
  { newId }: ConsumePorts,
): Outcome<Asked> {
  const limits = node.limits ?? EDGE_LIMITS
  if (call.body && sizeOf(call.body) > limits.body)
    return raisedBy('client', refuse('message_too_large', `the body has ${sizeOf(call.body)} octets; at most ${limits.body}`))
  const request = readOutgoing(call, { requestId, newMessageId: () => `${node.server.instance}-${newId()}`, limits })
  if (!request.ok) return request
  const client = speaking(request.value, caller, node)
  if (!client.ok) return client
  const allowed = withinPolicy(request.value, node)
  return allowed.ok ? ok({ request: request.value, signing: client.value.signing }) : allowed
}

/** The request signed and in the form it travels; nothing has left yet. */
async function seal(
  { request, signing }: Asked,
  node: NodeConfiguration,
  today: TrustInForce,
  ports: ConsumePorts,
): Promise<Outcome<Seen & { readonly transport: PeerMessage }>> {
  const ours = ownChain([node.authentication.certificate, ...node.authentication.intermediates], today, ports)
  if (!ours.ok) return under('ssl_authentication_failed', ours)
  const ocsp = await ocspOfChain(ours.value, today, ports)
  if (!ocsp.ok) return under('ssl_authentication_failed', ocsp)
  const material = await signingMaterial(signing, today, ports)
  if (!material.ok) return material
  const at = ports.now()
  const documents = await signed(partsOf(request.content), material.value, ports)
  if (!documents.ok) return documents
  const transport = request.encode({ ocsp: ocsp.value, documents: documents.value }, boundaryFrom(ports.newId()))
  return ok({ transport, message: request, documents: documents.value, at, keepBodies: 'full' })
}

async function send(
  transport: PeerMessage,
  addresses: readonly string[],
  request: OutgoingRequest,
  { deadline }: Exchange,
  { peerResponders = PEER_RESPONDERS, patience = EDGE_PATIENCE }: NodeConfiguration,
  today: TrustInForce,
  ports: ConsumePorts,
): Promise<Outcome<PeerAnswer>> {
  const owner = ownerOf(request.service)
  const accepts: Parameters<CallPeer>[2] = (certificate, address) => judgeServer(certificate, address, owner, peerResponders, today, ports)
  const sent = ports.now()
  const left = budget(deadline, sent, patience.peerMs)
  if (left === null) return refuse('busy', 'no time is left to call the provider')
  const answer = await ports.callPeer(addresses, transport, accepts, left)
  if (answer.ok)
    noteDate({ source: addresses.join(' '), headers: answer.value.headers, sent, received: ports.now() }, ports.memory, ports.log)
  const brokeOff = !answer.ok && answer.fault.path[0] === 'io_error'
  return brokeOff ? under('service_failed', answer) : answer
}

type Opened = { readonly message: Answered; readonly documents: OpenedAnswer['documents'] }

/** The provider's answer: its form, its signature by the member that owns the service, and that it answers this very request. */
function open(answer: PeerAnswer, request: OutgoingRequest, today: TrustInForce, { now, memory }: ConsumePorts): Outcome<Opened> {
  if (answer.status !== 200 && answer.status !== 500) return refuse('http_error', `the provider's node answered ${answer.status}`)
  const opened = request.open(answer)
  if (!opened.ok) return opened
  const { content, documents, read } = opened.value
  const steps = rememberedSteps(today, memory)
  const verified = verifyMessage(documents, partsOf(content), memberOf(request.service), today.trust, now(), 'strict', steps)
  if (!verified.ok) return under('signature_verification', verified)
  const message = read()
  return message.ok ? ok({ message: message.value, documents }) : message
}
