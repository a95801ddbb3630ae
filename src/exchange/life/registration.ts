import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, formatId, memberOf, sameClient } from '../../protocol/identifiers.ts'
import { authCertHash, serverNamed } from '../../trust/directory.ts'
import type { Asked as Wanted } from '../../trust/registry/records.ts'
import { ownParameters } from '../../trust/trust.ts'
import type { NodeConfiguration } from '../node-configuration.ts'
import type { Store, TrustInForce } from '../ports.ts'
import { noteAsked } from '../watch/asked.ts'
import { askCentre } from './centre-client.ts'
import type { LifePorts } from './certificates.ts'
import { activeOf, derOf, identityIn } from './identity.ts'

/** What is not yet as the node's file wants it, in words of the register; empty when all is. */
export type Standing = { readonly waitsFor: readonly ('server' | 'address' | 'client')[]; readonly declined?: string }

const asking = (what: string): string => `life/request/${what}`
type Asked = { readonly requestId: number; readonly at: number }
/** A request that the centre knows and that shows no effect is asked about, not repeated, for so long. */
const PATIENCE = 3600_000

/**
 * Brings the register to what the node's file says: the server with its TLS certificate and address, then its clients. Each is asked for once; what waits
 * for approval is asked after. Nothing to do for a node whose file names no address: others registered it.
 */
export async function keepRegistration(
  configuration: NodeConfiguration,
  today: TrustInForce,
  ports: LifePorts,
): Promise<Outcome<Standing>> {
  const { address, server } = configuration
  if (address === undefined) return ok({ waitsFor: [] })
  const { identity } = await identityIn(ports.store)
  const held = activeOf(identity, 'authentication', '')
  if (!held) throw new Error('no TLS certificate is in use')
  const entry = serverNamed(today.trust, server)
  const hash = authCertHash(ownParameters(today.trust).version, derOf(held))
  if (!entry?.authCertHashes.includes(hash)) {
    await noteAsked(ports.store, { certificate: held.certificate, address })
    const possession = { key: held.key, algorithm: held.algorithm, certificate: derOf(held) }
    return ask(
      'server',
      held.certificate,
      { type: 'authCertReg', server, certificate: held.certificate, address },
      possession,
      configuration,
      today,
      ports,
    )
  }
  if (entry.address !== address) {
    await noteAsked(ports.store, { address })
    return ask('address', address, { type: 'addressChange', server, address }, undefined, configuration, today, ports)
  }
  for (const { id } of configuration.clients) {
    if (id.subsystemCode === undefined || entry.clients.some((each) => sameClient(each, id))) continue
    await noteAsked(ports.store, { client: formatId(id) })
    return ask('client', formatId(id), { type: 'clientReg', server, client: id }, undefined, configuration, today, ports)
  }
  return ok({ waitsFor: [] })
}

async function ask(
  what: Standing['waitsFor'][number],
  about: string,
  wanted: Wanted,
  possession: Parameters<typeof askCentre>[2],
  { clients, server }: NodeConfiguration,
  today: TrustInForce,
  ports: LifePorts,
): Promise<Outcome<Standing>> {
  const by = speakerFor(wanted.client ?? memberOf(server), clients)
  if (!by) return refuse('unknown_member', 'the node signs for nobody who could ask for this')
  const key = asking(`${what} ${about.slice(0, 64)}`)
  const stored = await ports.store.get<Asked | null>(key)
  const before = stored?.value ?? null
  if (before && Math.abs(ports.now() - before.at) < PATIENCE)
    return standingOf(what, before, key, stored?.version ?? 0, server, by, today, ports)
  const asked = await askCentre(wanted, by, possession, today, ports)
  if (!asked.ok && asked.fault.path[0] !== 'conflict') return asked
  if (asked.ok) await put(ports.store, key, { requestId: asked.value.requestId, at: ports.now() }, stored?.version ?? 0)
  return ok({ waitsFor: [what] })
}

async function standingOf(
  what: Standing['waitsFor'][number],
  { requestId }: Asked,
  key: string,
  version: number,
  server: NodeConfiguration['server'],
  by: NonNullable<ReturnType<typeof speakerFor>>,
  today: TrustInForce,
  ports: LifePorts,
): Promise<Outcome<Standing>> {
  const told = await askCentre({ type: 'requestStatus', server, requestId }, by, undefined, today, ports)
  if (!told.ok) return told
  const { status, reason = '' } = told.value
  if (status !== 'DECLINED' && status !== 'REVOKED') return ok({ waitsFor: [what] })
  await put(ports.store, key, null, version)
  ports.log({ level: 'error', event: 'registration_declined', what, why: reason })
  return ok({ waitsFor: [what], declined: reason })
}

const put = (store: Pick<Store, 'put'>, key: string, value: Asked | null, version: number) => store.put(key, value, version)

/** A member's own signing key, whichever of its clients it is known by. */
function speakerFor(id: ClientId, clients: NodeConfiguration['clients']) {
  const member = formatId(memberOf(id))
  const { key, algorithm, certificate } = clients.find((each) => formatId(memberOf(each.id)) === member)?.signing ?? {}
  return key !== undefined && algorithm !== undefined && certificate !== undefined ? { key, algorithm, certificate } : undefined
}
