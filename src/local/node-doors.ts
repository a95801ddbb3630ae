import { consumeBug, consumeHandler } from '../../functions/consume/handler.ts'
import { withLocalServices } from '../../functions/consume/local-services.ts'
import type { DoorHandler } from '../../functions/door.ts'
import type { GatewayEvent, GatewayResult } from '../../functions/http.ts'
import { provideBug, provideHandler } from '../../functions/provide/handler.ts'
import type { Keys } from '../adapters/local/keys.ts'
import type { Spool } from '../adapters/local/spool.ts'
import { ok, type Result } from '../base/result.ts'
import type { LocalPorts } from '../exchange/local-services/local-services.ts'
import { knowing } from '../exchange/peer.ts'
import type { CurrentTrust, Log } from '../exchange/ports.ts'
import { serverOfCertificate } from '../trust/directory.ts'
import { writePem } from '../trust/pem.ts'
import type { Trust } from '../trust/trust.ts'
import { loadCertificate } from './certificate-files.ts'
import { type Door, type Gateway, gateway } from './gateway.ts'
import { listen } from './listen.ts'
import type { NodeFile } from './node-file.ts'
import type { NodePorts } from './node-ports.ts'
import type { OwnTerms } from './node-settings.ts'
import { ownConsumerDoor, ownProviderDoor } from './own-doors.ts'
import { ownListener } from './own-listener.ts'
import type { Trouble } from './troubles.ts'

export type Doors = {
  readonly consumerPort: number
  readonly providerPort: number
  /** Shows peers the certificate that is in the folder now. */
  readonly renew: () => Promise<void>
  readonly close: () => Promise<void>
}
export type DoorOptions = {
  readonly ports: NodePorts & LocalPorts
  readonly file: NodeFile
  readonly keys: Keys
  /** The TLS certificate in use (DER), and its key. */
  readonly identity: () => Promise<{ readonly key: string; readonly certificate: Uint8Array }>
  /** By what is signed: what goes out, and what is answered. */
  readonly gates: { readonly outgoing: CurrentTrust; readonly incoming: CurrentTrust }
  /** The folder of certificates. */
  readonly certificates: string
  readonly count: number
  /** Present: no gateway stands before the doors. */
  readonly own?: OwnTerms & { readonly spool: Spool }
}

/** Both doors of a node on loopback, each behind the gateway it has in the cloud. */
export async function openDoors(options: DoorOptions): Promise<Result<Doors, Trouble>> {
  const { file, count } = options
  const tls = await tlsIdentity(options)
  const { consumer, provider } = options.own ? ownDoors(options, options.own, tls) : doorsBehindGateways(options, tls)
  const consumerPort = await listen(consumer.server, file.consumerPort, count)
  if (!consumerPort.ok) return consumerPort
  const providerPort = await listen(provider.server, file.providerPort, count)
  if (!providerPort.ok) await consumer.close()
  if (!providerPort.ok) return providerPort
  const close = async () => void (await Promise.all([consumer.close(), provider.close()]))
  const renew = async () => provider.present(await tlsIdentity(options))
  return ok({ consumerPort: consumerPort.value, providerPort: providerPort.value, renew, close })
}

type Pair = { readonly consumer: Gateway; readonly provider: Gateway }

function doorsBehindGateways(options: DoorOptions, tls: Identity): Pair {
  const { ports, file } = options
  const consumer = edgeFor(
    options,
    file.edge,
    identityFrom(options, 'door', ['door', 'internal']),
    'requested',
    bounded(withLocalServices(ports, consumeHandler({ ...ports, trust: options.gates.outgoing })), consumeBug, ports.log),
  )
  const provider = edgeFor(
    options,
    'http',
    tls,
    'required',
    bounded(provideHandler({ ...ports, trust: options.gates.incoming }), provideBug, ports.log),
  )
  return { consumer, provider }
}

/** Peers that are registered for no server are not even heard: what they send would lie on our disk before anybody judged it. */
function ownDoors(options: DoorOptions, own: NonNullable<DoorOptions['own']>, tls: Identity): Pair {
  const { ports } = options
  const door = { ports, ...own }
  const outgoing = { ...door, outgoing: options.gates.outgoing }
  const incoming = { ...door, ports: { ...ports, trust: options.gates.incoming } }
  const onBug = (problem: unknown) => ports.log({ level: 'error', event: 'bug', why: describe(problem) })
  const common = { read: own.spool.read, onBug, patienceMs: own.patience.consumeMs }
  const admits = async (certificate: Uint8Array | null) => {
    const today = await ports.trust()
    if (!certificate || !today.ok) return certificate !== null
    const knows = (trust: Trust) => serverOfCertificate(trust, certificate) !== undefined
    return knows((await knowing(certificate, knows, today.value, ports)).trust)
  }
  return {
    consumer: ownListener(ownConsumerDoor(outgoing), {
      ...common,
      ...identityFrom(options, 'door', ['door', 'internal']),
      keepAlive: true,
    }),
    provider: ownListener(ownProviderDoor(incoming), {
      ...common,
      ...tls,
      admits,
      keepAlive: true,
    }),
  }
}

/** A key with its certificates, PEM. */
type Identity = { readonly certificate: string; readonly key: string }

async function tlsIdentity({ identity, keys }: DoorOptions): Promise<Identity> {
  const { key, certificate } = await identity()
  return {
    certificate: writePem('CERTIFICATE', certificate),
    key: keys.privateKey(key).export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

const identityFrom = ({ keys, certificates }: DoorOptions, key: string, chain: readonly string[]): Identity => ({
  certificate: chain.map((name) => writePem('CERTIFICATE', loadCertificate(certificates, name).der)).join(''),
  key: keys.privateKey(key).export({ type: 'pkcs8', format: 'pem' }).toString(),
})

function edgeFor(
  options: DoorOptions,
  edge: NodeFile['edge'],
  identity: Identity,
  clientCertificate: 'required' | 'requested',
  door: Door,
): Gateway {
  return gateway(door, {
    edge,
    ...identity,
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
