import type { Now } from '../../src/base/clock.ts'
import { type LocalPorts, localService } from '../../src/exchange/local-services/local-services.ts'
import type { Log } from '../../src/exchange/ports.ts'
import type { DoorContext, DoorHandler } from '../door.ts'
import { callFromEvent, clientCertificateOf, type GatewayEvent, type GatewayResult, isOverTls, resultFor } from '../http.ts'

/** What the consumer's door answers by itself, in front of what it sends on. */
export const withLocalServices =
  (
    ports: LocalPorts & { readonly now: Now; readonly log: Log },
    next: DoorHandler<GatewayEvent, GatewayResult>,
  ): DoorHandler<GatewayEvent, GatewayResult> =>
  async (event: GatewayEvent, context?: DoorContext): Promise<GatewayResult> => {
    const started = ports.now()
    const caller = { tls: isOverTls(event), certificate: clientCertificateOf(event) }
    const answer = await localService(callFromEvent(event), caller, ports)
    if (!answer) return next(event, context)
    ports.log({ level: 'info', event: 'answered_here', status: answer.status, ms: ports.now() - started, bytesOut: answer.body.length })
    return resultFor(event, answer)
  }
