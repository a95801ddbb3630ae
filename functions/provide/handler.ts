import { PROVIDE_MS } from '../../src/exchange/limits.ts'
import { type Delivery, type ProvidePorts, provide, type Reply } from '../../src/exchange/provide.ts'
import { GOSSIP } from '../../src/exchange/watch/gossip.ts'
import { sizeOfOctets } from '../../src/protocol/body.ts'
import { codeOf, type Fault, refuse } from '../../src/protocol/faults.ts'
import { type Header, lastValue } from '../../src/protocol/rest-headers.ts'
import { encodeFault } from '../../src/protocol/transport.ts'
import { deadlineOf } from '../deadline.ts'
import type { DoorContext } from '../door.ts'
import { bodyOf, clientCertificateOf, type GatewayEvent, type GatewayResult, headersOf, isV2, resultFor } from '../http.ts'

/** A peer's message, from its gateway event to the reply. The status is 200 for faults too, and header names are in lower case: stock servers insist. */
export const provideHandler =
  (ports: ProvidePorts) =>
  async (event: GatewayEvent, context?: DoorContext): Promise<GatewayResult> => {
    const delivery = {
      method: isV2(event) ? event.requestContext.http.method : event.httpMethod,
      headers: headersOf(event),
      body: bodyOf(event),
      peer: clientCertificateOf(event),
      deadline: deadlineOf(ports.now(), PROVIDE_MS, context),
    }
    return resultFor(event, { status: 200, ...(await replyTo(delivery, ports)) })
  }

/** What a peer is answered, a message or a fault, whatever stands before the door. */
export async function replyTo(delivery: Delivery, ports: ProvidePorts): Promise<Reply> {
  const started = ports.now()
  const reply = await provide(delivery, ports)
  const requestId = lastValue(delivery.headers, 'x-road-request-id')?.slice(0, 100) ?? ''
  const words = await wordsWith(delivery, ports)
  const facts = { requestId, ms: ports.now() - started, bytesIn: sizeOfOctets(delivery) }
  if (!reply.ok) {
    ports.log({ level: 'warn', event: 'provide_refused', code: codeOf(reply.fault), why: reply.fault.detail, ...facts })
    return withWords(faultReply(reply.fault, requestId), words)
  }
  ports.log({ level: 'info', event: 'provided', bytesOut: sizeOfOctets(reply.value), ...facts })
  return withWords(reply.value, words)
}

/** Which configuration either side acts on, said outside the message: the answer's header, if there is anything to say. */
async function wordsWith({ headers, peer }: Delivery, { gossip }: ProvidePorts): Promise<readonly Header[]> {
  if (!gossip) return []
  const other = peer ? await gossip.hear(lastValue(headers, GOSSIP), 'a peer that called') : undefined
  const word = await gossip.word()
  const words = [word, other].filter((each) => each !== undefined)
  return words.length === 0 ? [] : [[GOSSIP, words.join(', ')]]
}
const withWords = (reply: Reply, words: readonly Header[]): Reply => ({ ...reply, headers: [...reply.headers, ...words] })

export function faultReply(fault: Fault, requestId: string): Reply {
  const { contentType, body } = encodeFault(fault, requestId)
  return { headers: [['content-type', contentType]], body }
}

/** After a bug: the code alone. */
export const provideBug = (event: GatewayEvent): GatewayResult => resultFor(event, { status: 200, ...bugReply() })

export const bugReply = (): Reply => faultReply({ ...refuse('internal_error').fault, by: 'server.serverproxy', outcome: 'unknown' }, '')
