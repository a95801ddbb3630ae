import { ok } from '../base/result.ts'
import { certificateName } from '../exchange/centre/servers.ts'
import type { Work } from '../exchange/register/work.ts'
import type { Outcome } from '../protocol/faults.ts'
import { type ClientId, formatId, type MemberId, memberOf, type ServerId } from '../protocol/identifiers.ts'
import type { Records } from '../trust/registry/content.ts'
import { KEYS, type ServerRecord } from '../trust/registry/records.ts'
import type { GlobalGroup, Member, MemberClass } from '../trust/shared-parameters.ts'

/** What the centre knows of its members and their servers, seen as one: how a plan writes it. Certificates are base64 of DER. */
export type Registry = {
  readonly memberClasses: readonly MemberClass[]
  readonly members: readonly Member[]
  readonly servers: readonly RegisteredServer[]
  readonly groups: readonly GlobalGroup[]
}
export type RegisteredServer = {
  readonly id: ServerId
  readonly address: string
  readonly authenticationCertificates: readonly string[]
  readonly clients: readonly ClientId[]
}

/** The records as a plan would write them. */
export function registryOf({ memberClasses, members, subsystems, servers, groups, groupMembers }: Records): Registry {
  const byMember = Map.groupBy(subsystems, ({ id }) => formatId(memberOf(id)))
  const descriptions = new Map(memberClasses.map(({ code, description }) => [code, description]))
  return {
    memberClasses,
    members: members.map(({ id, name }) => ({
      id,
      name,
      classDescription: descriptions.get(id.memberClass) ?? id.memberClass,
      subsystems: byMember.get(formatId(id)) ?? [],
    })),
    servers: servers.map(({ id, address = '', certificates, clients }) => ({
      id,
      address,
      authenticationCertificates: certificates,
      clients: clients.map((client) => client.id),
    })),
    groups: groups.map((group) => ({ ...group, members: groupMembers.filter(({ code }) => code === group.code).map(({ id }) => id) })),
  }
}

/** Puts a registry in the place of another, record by record; what is not in it goes. */
export function replaceRegistry(work: Work, before: Registry, after: Registry): Outcome<true> {
  const old = recordsOf(before)
  const next = recordsOf(after)
  for (const key of old.keys()) if (!next.has(key)) work.put(key, null)
  for (const [key, value] of next) if (JSON.stringify(old.get(key)) !== JSON.stringify(value)) work.put(key, value)
  return ok(true)
}

function recordsOf({ memberClasses, members, servers, groups }: Registry): ReadonlyMap<string, unknown> {
  return new Map<string, unknown>([
    ...memberClasses.map((each): Row => [KEYS.memberClass(each.code), each]),
    ...members.map(({ id, name }): Row => [KEYS.member(id), { id, name }]),
    ...members.flatMap(({ subsystems }) => subsystems.map((each): Row => [KEYS.subsystem(each.id), each])),
    ...servers.map((each): Row => [KEYS.server(each.id), recordOf(each)]),
    ...servers.flatMap(({ id, authenticationCertificates }) =>
      authenticationCertificates.map((each): Row => [KEYS.certificate(certificateName(each)), formatId(id)]),
    ),
    ...groups.map(({ code, description }): Row => [KEYS.group(code), { code, description }]),
    ...groups.flatMap(({ code, members: clients }) => clients.map((id): Row => [KEYS.groupMember(code, id), { code, id }])),
  ])
}
type Row = readonly [key: string, value: unknown]

const recordOf = ({ id, address, authenticationCertificates, clients }: RegisteredServer): ServerRecord => ({
  id,
  address,
  certificates: authenticationCertificates,
  clients: clients.map((client) => ({ id: client })),
})

const sameId = (a: MemberId, b: MemberId): boolean => JSON.stringify(a) === JSON.stringify(b)
/** The server with its address and clients of today, added when it is new. A certificate that was withdrawn does not come back by itself. */
export const withServer = (registry: Registry, server: RegisteredServer): Registry => ({
  ...registry,
  servers: registry.servers.some(({ id }) => sameId(id, server.id))
    ? registry.servers.map((each) => (sameId(each.id, server.id) ? { ...each, address: server.address, clients: server.clients } : each))
    : [...registry.servers, server],
})
/** Withdraws one authentication certificate: the urgent way to shut a node out. */
export const withoutCertificate = (registry: Registry, certificate: string): Registry => ({
  ...registry,
  servers: registry.servers.map((server) => ({
    ...server,
    authenticationCertificates: server.authenticationCertificates.filter((each) => each !== certificate),
  })),
})
