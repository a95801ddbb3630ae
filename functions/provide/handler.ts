import { PROVIDE_MS } from '../../src/exchange/limits.ts'
import { type ProvidePorts, provide } from '../../src/exchange/provide.ts'
import { codeOf, type Fault, refuse } from '../../src/protocol/faults.ts'
import { lastValue } from '../../src/protocol/rest-headers.ts'
import { encodeFault } from '../../src/protocol/transport.ts'
import { deadlineOf } from '../deadline.ts'
import type { DoorContext } from '../door.ts'
import { type Answer, bodyOf, clientCertificateOf, type GatewayEvent, type GatewayResult, headersOf, isV2, resultFor } from '../http.ts'

/** A peer's message, from its gateway event to the reply. The status is 200 for faults too, and header names are in lower case: stock servers insist. */
export const provideHandler =
  (ports: ProvidePorts) =>
  async (event: GatewayEvent, context?: DoorContext): Promise<GatewayResult> => {
    const started = ports.now()
    const headers = headersOf(event)
    const method = isV2(event) ? event.requestContext.http.method : event.httpMethod
    const delivery = {
      method,
      headers,
      body: bodyOf(event),
      peer: clientCertificateOf(event),
      deadline: deadlineOf(started, PROVIDE_MS, context),
    }
    const reply = await provide(delivery, ports)
    const requestId = lastValue(headers, 'x-road-request-id')?.slice(0, 100) ?? ''
    const facts = { requestId, ms: ports.now() - started, bytesIn: delivery.body.length }
    if (!reply.ok) {
      ports.log({ level: 'warn', event: 'provide_refused', code: codeOf(reply.fault), why: reply.fault.detail, ...facts })
      return resultFor(event, faultReply(reply.fault, requestId))
    }
    ports.log({ level: 'info', event: 'provided', bytesOut: reply.value.body.length, ...facts })
    return resultFor(event, { status: 200, ...reply.value })
  }

function faultReply(fault: Fault, requestId: string): Answer {
  const { contentType, body } = encodeFault(fault, requestId)
  return { status: 200, headers: [['content-type', contentType]], body }
}

/** After a bug: the code alone. */
export function provideBug(event: GatewayEvent): GatewayResult {
  const { fault } = refuse('internal_error')
  return resultFor(event, faultReply({ ...fault, by: 'server.serverproxy', outcome: 'unknown' }, ''))
}
