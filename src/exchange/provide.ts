import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { verifyMessage } from '../evidence/verify.ts'
import { type Octets, sizeOfOctets } from '../protocol/body.ts'
import { type Outcome, refuse, under } from '../protocol/faults.ts'
import { formatId, memberOf, ownerOf, sameMember } from '../protocol/identifiers.ts'
import { type Header, lastValue } from '../protocol/rest-headers.ts'
import { speaksFor } from '../trust/directory.ts'
import { boundaryFrom } from './between-nodes.ts'
import type { IncomingRequest, Reply } from './incoming.ts'
import { kept, type Seen } from './keeping.ts'
import { budget, EDGE_LIMITS, EDGE_PATIENCE } from './limits.ts'
import { partsOf } from './message.ts'
import type { JournalPorts } from './monitoring/kept-exchanges.ts'
import type { NodeClient, NodeConfiguration } from './node-configuration.ts'
import type { OcspPorts } from './ocsp-at-hand.ts'
import { afterSending, told } from './outcome.ts'
import { judgePeer, knowing } from './peer.ts'
import { newEnough } from './peer-version.ts'
import type { CallService, CurrentConfiguration, CurrentTrust, Keep, NewId, ServiceAnswer, Sign, TrustInForce } from './ports.ts'
import { readIncoming } from './read-incoming.ts'
import { rememberedSteps } from './remembered-steps.ts'
import { type Serving, servingOf } from './serving.ts'
import { type Material, signed, signingMaterial } from './signing.ts'
import { trustNow } from './trust-now.ts'
import type { Gossip } from './watch/gossip.ts'

export type { Reply } from './incoming.ts'

export type ProvidePorts = OcspPorts & {
  readonly configuration: CurrentConfiguration
  readonly trust: CurrentTrust
  readonly sign: Sign
  readonly keep: Keep
  readonly callService: CallService
  readonly newId: NewId
  /** Looks whether there is a newer configuration, when the one in force does not know who calls. Absent: it does not. */
  readonly newerTrust?: CurrentTrust
  /** Where this door may read what was kept. Absent: operational data are refused. */
  readonly journal?: JournalPorts
  /** Absent: nothing is said of the configuration in force. */
  readonly gossip?: Gossip
}

/** One message as a peer's node delivered it. `peer` is the TLS certificate it presented (DER). */
export type Delivery = Octets & {
  readonly method: string
  readonly headers: readonly Header[]
  readonly peer: Uint8Array | null
  readonly deadline: Instant
}

/**
 * A peer's call coming in, REST or SOAP, and our member's signed answer.
 *
 * Nothing is called, signed or kept before the peer's certificate, the client's right and its signature all hold. The request is kept before
 * the service is called, the response before it is given, delivered or not; a fault after the service was called says `outcome: 'unknown'`.
 * A SOAP fault of the service is passed on as it is, neither signed nor kept.
 * Refusals carry the codes of stock servers' server proxies. Source: X-Road PR-MESST, PR-REST, PR-MESS.
 */
export async function provide(delivery: Delivery, ports: ProvidePorts): Promise<Outcome<Reply>> {
  const reply = await replied(delivery, ports)
  return reply.ok ? reply : told('server.serverproxy', reply, lastValue(delivery.headers, 'x-road-request-id') ?? '')
}

async function replied(delivery: Delivery, ports: ProvidePorts): Promise<Outcome<Reply>> {
  if (delivery.method !== 'POST') return refuse('invalid_http_method', delivery.method.slice(0, 20))
  const inForce = await trustNow(ports)
  if (!inForce.ok) return inForce
  const node = await ports.configuration()
  const served = newEnough(delivery.headers, node.oldestPeer)
  if (!served.ok) return served
  const asked = readIncoming({ ...delivery, limits: node.limits ?? EDGE_LIMITS, newId: ports.newId })
  if (!asked.ok) return asked
  const today = await knowingPeer(delivery.peer, asked.value, inForce.value, ports)
  const ready = await prepare(asked.value, delivery, node, today, ports)
  if (!ready.ok) return ready
  const left = budget(delivery.deadline, ports.now(), Math.min(ready.value.serving.timeoutMs, (node.patience ?? EDGE_PATIENCE).serviceMs))
  if (left === null) return refuse('busy', 'no time is left to call the service')
  const inCustody = await kept('provider', 'request', ready.value.seen, today, ports)
  if (!inCustody.ok) return inCustody
  const answer = await ready.value.serving.answer(left)
  if (!answer.ok) return answer
  const reply = await answerWith(answer.value, asked.value, ready.value, today, ports)
  return reply.ok || reply.fault.relayed ? reply : afterSending(reply)
}

/** The configuration that knows the caller's node, if there is one. */
async function knowingPeer(
  peer: Uint8Array | null,
  { client }: IncomingRequest,
  inForce: TrustInForce,
  ports: ProvidePorts,
): Promise<TrustInForce> {
  if (!peer) return inForce
  return knowing(peer, (trust) => speaksFor(trust, peer, client), inForce, ports, client.instance)
}

type Ready = { readonly serving: Serving; readonly material: Material; readonly seen: Seen }

/** Everything that must hold before anything is done: who asks, that we can sign an answer, what they may, and that they signed it. */
async function prepare(
  request: IncomingRequest,
  { peer }: Delivery,
  node: NodeConfiguration,
  today: TrustInForce,
  ports: ProvidePorts,
): Promise<Outcome<Ready>> {
  const owner = ownerHere(request, node)
  if (!owner.ok) return under('service_failed', owner)
  const authentic = peer
    ? judgePeer(peer, request.ocsp, request.client, today, ports.now(), ports.memory)
    : refuse('ssl_authentication_failed', 'the peer presented no certificate')
  if (!authentic.ok) return under('service_failed', authentic)
  const material = await signingMaterial(owner.value.signing, today, ports)
  if (!material.ok) return under('service_failed', material)
  const serving = servingOf(request, node, today.trust, ports)
  if (!serving.ok) return serving
  const { documents, content } = request
  const at = ports.now()
  const steps = rememberedSteps(today, ports.memory)
  const verified = verifyMessage(documents, partsOf(content), memberOf(request.client), today.trust, at, 'strict', steps)
  if (!verified.ok) return under('signature_verification', verified)
  const { keepBodies } = serving.value
  return ok({ serving: serving.value, material: material.value, seen: { message: request, documents, at, keepBodies } })
}

/**
 * The request is meant for this server, and its service belongs to a client of ours: 'invalid_security_server', 'unknown_member'.
 * The member that owns the server is one always, if only with the key of its subsystem: it is asked about the server itself.
 */
function ownerHere({ targetServer, service }: IncomingRequest, { server, clients }: NodeConfiguration): Outcome<NodeClient> {
  if (targetServer && formatId(targetServer) !== formatId(server))
    return refuse('invalid_security_server', `the request is meant for ${formatId(targetServer)}`)
  const name = formatId(ownerOf(service))
  const isOwner = name === formatId(memberOf(server))
  const owner = clients.find(({ id }) => formatId(id) === name) ?? (isOwner ? clients.find(({ id }) => sameMember(id, server)) : undefined)
  return owner ? ok(owner) : refuse('unknown_member', `${name} is no client of this node`)
}

/** The service's answer, signed and kept, in the form it travels. */
async function answerWith(
  answer: ServiceAnswer,
  request: IncomingRequest,
  { serving, material }: Ready,
  today: TrustInForce,
  ports: ProvidePorts,
): Promise<Outcome<Reply>> {
  const response = request.answerWith(answer)
  if (!response.ok) return response
  const at = ports.now()
  const documents = await signed(partsOf(response.value.content), material, ports)
  if (!documents.ok) return documents
  const seen = { message: response.value, documents: documents.value, at, keepBodies: serving.keepBodies }
  const inCustody = await kept('provider', 'response', seen, today, ports)
  if (!inCustody.ok) return inCustody
  const reply = response.value.encode(documents.value, boundaryFrom(ports.newId()))
  const most = ((await ports.configuration()).limits ?? EDGE_LIMITS).message
  if (!reply.ok || sizeOfOctets(reply.value) <= most) return reply
  return refuse('message_too_large', `the signed answer has ${sizeOfOctets(reply.value)} octets`)
}
