import { consumeBug, consumeHandler } from '../../functions/consume/handler.ts'
import { withLocalServices } from '../../functions/consume/local-services.ts'
import type { DoorHandler } from '../../functions/door.ts'
import type { GatewayEvent, GatewayResult } from '../../functions/http.ts'
import { provideBug, provideHandler } from '../../functions/provide/handler.ts'
import type { Keys } from '../adapters/local/keys.ts'
import { ok, type Result } from '../base/result.ts'
import type { LocalPorts } from '../exchange/local-services/local-services.ts'
import type { Log } from '../exchange/ports.ts'
import { writePem } from '../trust/pem.ts'
import { loadCertificate } from './certificate-files.ts'
import { type Door, type Gateway, gateway } from './gateway.ts'
import { listen } from './listen.ts'
import type { NodeFile } from './node-file.ts'
import type { NodePorts } from './node-ports.ts'
import type { Trouble } from './troubles.ts'

export type Doors = {
  readonly consumerPort: number
  readonly providerPort: number
  /** Shows peers the certificate that is in the folder now. */
  readonly renew: () => void
  readonly close: () => Promise<void>
}
export type DoorOptions = {
  readonly ports: NodePorts & LocalPorts
  readonly file: NodeFile
  readonly keys: Keys
  /** The folder of certificates. */
  readonly certificates: string
  readonly count: number
}

/** Both doors of a node on loopback, each behind the gateway it has in the cloud. */
export async function openDoors(options: DoorOptions): Promise<Result<Doors, Trouble>> {
  const { ports, file, count } = options
  const consumer = edgeFor(
    options,
    file.edge,
    'door',
    ['door', 'internal'],
    'requested',
    bounded(withLocalServices(ports, consumeHandler(ports)), consumeBug, ports.log),
  )
  const provider = edgeFor(
    options,
    'http',
    'authentication',
    ['authentication'],
    'required',
    bounded(provideHandler(ports), provideBug, ports.log),
  )
  const consumerPort = await listen(consumer.server, file.consumerPort, count)
  if (!consumerPort.ok) return consumerPort
  const providerPort = await listen(provider.server, file.providerPort, count)
  if (!providerPort.ok) await consumer.close()
  if (!providerPort.ok) return providerPort
  const close = async () => void (await Promise.all([consumer.close(), provider.close()]))
  const renew = () => provider.present(identityFrom(options, 'authentication', ['authentication']))
  return ok({ consumerPort: consumerPort.value, providerPort: providerPort.value, renew, close })
}

/** A key with its certificates, PEM. */
const identityFrom = ({ keys, certificates }: DoorOptions, key: string, chain: readonly string[]) => ({
  certificate: chain.map((name) => writePem('CERTIFICATE', loadCertificate(certificates, name).der)).join(''),
  key: keys.privateKey(key).export({ type: 'pkcs8', format: 'pem' }).toString(),
})

function edgeFor(
  options: DoorOptions,
  edge: NodeFile['edge'],
  key: string,
  chain: readonly string[],
  clientCertificate: 'required' | 'requested',
  door: Door,
): Gateway {
  return gateway(door, {
    edge,
    ...identityFrom(options, key, chain),
    clientCertificate,
    now: options.ports.now,
    onBug: (problem, requestId) => options.ports.log({ level: 'error', event: 'gateway_bug', requestId, why: describe(problem) }),
  })
}

/** What the stack round every door does in the cloud: a bug is logged, and answered with its code alone. */
function bounded(handler: DoorHandler<GatewayEvent, GatewayResult>, answerBug: (event: GatewayEvent) => GatewayResult, log: Log): Door {
  return async (event) => {
    try {
      return await handler(event)
    } catch (problem) {
      log({ level: 'error', event: 'bug', why: describe(problem) })
      return answerBug(event)
    }
  }
}

const describe = (problem: unknown): string => (problem instanceof Error ? (problem.stack ?? problem.message) : String(problem))
