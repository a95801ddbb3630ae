import { codeOf } from '../../protocol/faults.ts'
import { formatId, memberOf, parseClientId } from '../../protocol/identifiers.ts'
import { readCertificate } from '../../trust/certificates.ts'
import { authCertHash, serverNamed, serversOf } from '../../trust/directory.ts'
import type { ServerEntry } from '../../trust/shared-parameters.ts'
import { ownParameters, type Trust } from '../../trust/trust.ts'
import { derOf, type HeldCertificate, identityIn } from '../life/identity.ts'
import type { NodeConfiguration } from '../node-configuration.ts'
import { type OcspPorts, ocspAtHand } from '../ocsp-at-hand.ts'
import type { Store, TrustInForce } from '../ports.ts'
import { type AlarmKind, type AlarmPorts, raise } from './alarms.ts'
import { type Asked, askedIn, noteAsked } from './asked.ts'

export type WatchPorts = AlarmPorts & OcspPorts & { readonly store: Store }
export type Difference = { readonly kind: AlarmKind; readonly about: string; readonly detail: string }

/** What the configuration says of this node that it did not ask for. Pure: the same configuration and wishes give the same differences. */
export function differences(
  asked: Asked,
  { server, clients = [] }: Pick<NodeConfiguration, 'server'> & Partial<Pick<NodeConfiguration, 'clients'>>,
  trust: Trust,
  wasListed: readonly string[],
): readonly Difference[] {
  const entry = serverNamed(trust, server)
  const { version } = ownParameters(trust)
  const hashOf = (certificate: string) => authCertHash(version, Buffer.from(certificate, 'base64'))
  const known = new Set([...asked.certificates, ...asked.withdrawn].map(hashOf))
  const here = new Set(entry?.authCertHashes ?? [])
  const about = formatId(server)
  const unknown = [...here]
    .filter((each) => !known.has(each))
    .map((each): Difference => ({ kind: 'unknown_certificate', about: each, detail: `${about} has a certificate it did not ask for` }))
  const lost = asked.certificates
    .map(hashOf)
    .filter((each) => wasListed.includes(each) && !here.has(each))
    .map((each): Difference => ({ kind: 'lost_entry', about: each, detail: `${about} no longer has a certificate it did not withdraw` }))
  const moved = entry && asked.address !== undefined && entry.address !== asked.address
  const address: Difference[] = moved
    ? [{ kind: 'unknown_address', about: entry.address ?? '', detail: `${about} asked for ${asked.address}` }]
    : []
  const wanted = { ...asked, clients: [...asked.clients, ...clients.map(({ id }) => formatId(id))] }
  return [...unknown, ...lost, ...address, ...strangers(wanted, entry, server, trust)]
}

/** Servers that say they speak for us, and clients that are said to speak through us. */
function strangers(asked: Asked, entry: ServerEntry | undefined, server: NodeConfiguration['server'], trust: Trust): readonly Difference[] {
  const own = formatId(server)
  const ours = [formatId(memberOf(server)), ...asked.clients]
  const others = ours.flatMap((client) => {
    const id = parseClientId(client)
    const servers = id.ok ? serversOf(trust, id.value) : []
    return servers
      .filter((each) => formatId(each.id) !== own && !sameOwner(each, server))
      .map(
        (each): Difference => ({
          kind: 'unknown_server',
          about: `${formatId(each.id)} ${client}`,
          detail: `${formatId(each.id)} is said to speak for ${client}`,
        }),
      )
  })
  const clients = (entry?.clients ?? []).map(formatId).filter((each) => !asked.clients.includes(each))
  return [
    ...others,
    ...clients.map((each): Difference => ({ kind: 'unknown_client', about: each, detail: `${each} is said to speak through ${own}` })),
  ]
}

/** Another server of the same member is the member's own affair: it was registered with the member's signature. */
const sameOwner = ({ id }: ServerEntry, server: NodeConfiguration['server']): boolean =>
  formatId(memberOf(id)) === formatId(memberOf(server))

const LISTED = 'watch/listed'

/**
 * Compares what is published about this node with what it asked for, and asks whether its own certificates are still good; every difference is an alarm.
 * A node that was set up with others, by a plan, takes what is published at its first look for what it wants, and says so.
 */
export async function watchEntries(
  configuration: NodeConfiguration,
  today: TrustInForce,
  ports: WatchPorts,
): Promise<readonly Difference[]> {
  const asked = (await askedIn(ports.store)) ?? (await begin(configuration, today.trust, ports))
  const stored = await ports.store.get<readonly string[]>(LISTED)
  const found = [
    ...differences(asked, configuration, today.trust, stored?.value ?? []),
    ...(await revocations(configuration, today, ports)),
  ]
  for (const { kind, about, detail } of found) await raise(kind, about, detail, ports)
  const here = serverNamed(today.trust, configuration.server)?.authCertHashes ?? []
  if (JSON.stringify(stored?.value ?? []) !== JSON.stringify(here)) await ports.store.put(LISTED, here, stored?.version ?? 0)
  return found
}

async function begin(configuration: NodeConfiguration, trust: Trust, ports: WatchPorts): Promise<Asked> {
  const { server, clients, services } = configuration
  const own = formatId(memberOf(server))
  const owners = services.map(({ id: { serviceCode: _, serviceVersion: __, ...owner } }) => formatId(owner))
  const entry = serverNamed(trust, server)
  for (const client of new Set([...clients.map(({ id }) => formatId(id)), ...owners]))
    if (client !== own) await noteAsked(ports.store, { client })
  ports.log({ level: 'info', event: 'watch_begins', address: entry?.address, server: formatId(server) })
  const certificate = Buffer.from(configuration.authentication.certificate).toString('base64')
  return noteAsked(ports.store, { certificate, ...(entry?.address === undefined ? {} : { address: entry.address }) })
}

/** Our own certificates, which nobody but us should have revoked. */
async function revocations(configuration: NodeConfiguration, today: TrustInForce, ports: WatchPorts): Promise<readonly Difference[]> {
  const found: Difference[] = []
  for (const { certificate, use, state } of await heldBy(configuration, ports)) {
    const read = state === 'leaving' ? undefined : readCertificate(certificate)
    const good = read?.ok ? await ocspAtHand(read.value, today, ports) : undefined
    if (good?.ok === false && good.fault.path[0] === 'cert_validation' && read?.ok)
      found.push({
        kind: 'unasked_revocation',
        about: read.value.serial.toString(16),
        detail: `${use}: ${codeOf(good.fault)} ${good.fault.detail}`,
      })
  }
  return found
}

type Held = { readonly use: 'authentication' | 'signing'; readonly certificate: Uint8Array; readonly state?: HeldCertificate['state'] }

/** The certificates of the node: as its life has them, or, of a node whose certificates are kept elsewhere, those it acts with. */
async function heldBy({ authentication, clients }: NodeConfiguration, { store }: WatchPorts): Promise<readonly Held[]> {
  const { identity } = await identityIn(store)
  if (identity.held.length > 0) return identity.held.map((held) => ({ ...held, certificate: derOf(held) }))
  const signing = clients.flatMap(({ signing: own }) => (own ? [Buffer.from(own.certificate)] : []))
  const each = [...new Map(signing.map((der) => [der.toString('base64'), der])).values()]
  return [
    { use: 'authentication', certificate: authentication.certificate },
    ...each.map((certificate) => ({ use: 'signing', certificate }) as const),
  ]
}
