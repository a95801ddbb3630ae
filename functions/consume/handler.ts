import type { Instant } from '../../src/base/clock.ts'
import { type Caller, type ConsumePorts, consume, type Given } from '../../src/exchange/consume.ts'
import { CONSUME_MS } from '../../src/exchange/limits.ts'
import { speaksRest } from '../../src/exchange/read-outgoing.ts'
import { bytesBody, sizeOf } from '../../src/protocol/body.ts'
import { faultAnswer } from '../../src/protocol/fault-body.ts'
import { codeOf, type Fault, refuse } from '../../src/protocol/faults.ts'
import type { Header, RestCall } from '../../src/protocol/rest-message.ts'
import { soapFaultAnswer } from '../../src/protocol/soap-message.ts'
import { deadlineOf } from '../deadline.ts'
import type { DoorContext } from '../door.ts'
import { type Answer, callFromEvent, clientCertificateOf, type GatewayEvent, type GatewayResult, isOverTls, resultFor } from '../http.ts'

/** A member's call, from its gateway event to the result the gateway sends back. */
export const consumeHandler =
  (ports: ConsumePorts) =>
  async (event: GatewayEvent, context?: DoorContext): Promise<GatewayResult> => {
    const deadline = deadlineOf(ports.now(), CONSUME_MS, context)
    const caller = { tls: isOverTls(event), certificate: clientCertificateOf(event) }
    const { body, ...head } = await answerCall(callFromEvent(event), caller, deadline, ports)
    return resultFor(event, { ...head, body: body?.kind === 'bytes' ? body.bytes : Buffer.alloc(0) })
  }

/** What the information system is answered, an answer or a fault, whatever stands before the door. */
export async function answerCall(call: RestCall, caller: Caller, deadline: Instant, ports: ConsumePorts): Promise<CallAnswer> {
  const started = ports.now()
  const requestId = ports.newId()
  const answer = await consume(call, caller, { requestId, deadline }, ports)
  const facts = { requestId, ms: ports.now() - started, bytesIn: sizeOfCall(call) }
  if (!answer.ok) {
    ports.log({ level: 'warn', event: 'consume_refused', code: codeOf(answer.fault), why: answer.fault.detail, ...facts })
    return faultFor(answer.fault, call, requestId)
  }
  const { status, headers, body, leftOut, messageId } = answer.value
  ports.log({ level: 'info', event: 'consumed', status, messageId, ...facts })
  return { status, headers, body, ...(leftOut && { leftOut }) }
}
const sizeOfCall = ({ body, leftOut = [] }: RestCall): number =>
  leftOut.reduce((sum, each) => sum + each.body.size, body ? sizeOf(body) : 0)

export type CallAnswer = Pick<Given, 'status' | 'headers' | 'body' | 'leftOut'>

/** In the form of the protocol that was spoken. A machine reads from X-Sacbe-Outcome that the service may have been called; a person from the sentence. */
export function faultFor(fault: Fault, call: Pick<RestCall, 'target' | 'headers'>, requestId: string): CallAnswer {
  const { body, ...head } = speaksRest(call) ? restFaultFor(fault, call.headers, requestId) : soapFaultAnswer(fault, requestId)
  return { ...head, body: bytesBody(body) }
}

function restFaultFor(fault: Fault, headers: readonly Header[], requestId: string): Answer {
  const accept = headers.filter(([name]) => name.toLowerCase() === 'accept').map(([, value]) => value)
  const answer = faultAnswer(fault, accept, requestId)
  const outcome: readonly Header[] = fault.outcome ? [['X-Sacbe-Outcome', fault.outcome]] : []
  return { ...answer, headers: [...answer.headers, ['X-Road-Request-Id', requestId], ...outcome] }
}

/** After a bug: the code alone. Whether the service was called cannot be told any more. */
export function consumeBug(event: GatewayEvent): GatewayResult {
  const { body, ...head } = bugAnswer(callFromEvent(event))
  return resultFor(event, { ...head, body: body?.kind === 'bytes' ? body.bytes : Buffer.alloc(0) })
}

export function bugAnswer(call: RestCall): CallAnswer {
  const { fault } = refuse('internal_error')
  return faultFor({ ...fault, by: 'server.clientproxy', outcome: 'unknown' }, call, '')
}
