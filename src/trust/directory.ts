import { base64, type Digest, digestNamed, hash } from '../protocol/digests.ts'
import { type ClientId, formatId, type MemberId, memberOf, type ServerId, sameClient } from '../protocol/identifiers.ts'
import type { Member, ServerEntry, SharedParameters } from './shared-parameters.ts'
import { parametersOf, type Trust } from './trust.ts'

/** What the configurations say of members, servers and groups, looked up in constant time. Source: X-Road PR-GCONF. */

/** Every server where the client is the owner or registered. Clients are listed by their own instance only. */
export const serversOf = (trust: Trust, client: ClientId): readonly ServerEntry[] =>
  indexFor(trust, client)?.serversOfClient().get(formatId(client)) ?? []

/** Where peers reach the client, each address once; servers without an address are left out. */
export const addressesOf = (trust: Trust, client: ClientId): readonly string[] => [
  ...new Set(serversOf(trust, client).flatMap(({ address }) => address ?? [])),
]

export const serverNamed = (trust: Trust, id: ServerId): ServerEntry | undefined => indexFor(trust, id)?.servers().get(formatId(id))

/**
 * The server that presents this TLS certificate, the own instance first.
 * Each instance's entries are compared in that instance's own digest: SHA-1 in version 2, SHA-256 from 3 on.
 */
export function serverOfCertificate(trust: Trust, der: Uint8Array): ServerEntry | undefined {
  for (const parameters of parametersOf(trust)) {
    const server = indexOf(parameters).serverOfHash().get(certificateHash(parameters, der))
    if (server) return server
  }
  return undefined
}

/** Does the holder of this authentication certificate speak for the client? Only a server of the client's own instance can. */
export function speaksFor(trust: Trust, der: Uint8Array, client: ClientId): boolean {
  const parameters = trust.instances.get(client.instance)
  const hashed = parameters && certificateHash(parameters, der)
  return hashed !== undefined && serversOf(trust, client).some(({ authCertHashes }) => authCertHashes.includes(hashed))
}

/** Is the client the server's owner or registered on it? */
export const isClientOf = (server: ServerEntry, client: ClientId): boolean => clientsOf(server).some((each) => sameClient(each, client))
/** The owner first. */
export const clientsOf = (server: ServerEntry): readonly ClientId[] => [memberOf(server.id), ...server.clients]

/** Is there such a member, or such a subsystem? Being registered on a server is another question. */
export const knowsClient = (trust: Trust, client: ClientId): boolean => indexFor(trust, client)?.names().has(formatId(client)) ?? false
/** The name of the member, or of the subsystem where it has one of its own (version 5 and up). */
export const nameOf = (trust: Trust, client: ClientId): string | undefined =>
  indexFor(trust, client)?.names().get(formatId(client)) ??
  indexFor(trust, client)
    ?.names()
    .get(formatId(memberOf(client)))

/** Exactly this client, in a group of that instance. A member's place is not inherited by its subsystems. */
export function isInGroup(trust: Trust, instance: string, group: string, client: ClientId): boolean {
  const parameters = trust.instances.get(instance)
  return parameters !== undefined && (indexOf(parameters).groups().get(group)?.has(formatId(client)) ?? false)
}

/** All servers registered at an address, of any instance. */
export const serversAt = (trust: Trust, address: string): readonly ServerEntry[] =>
  parametersOf(trust).flatMap((parameters) => indexOf(parameters).serversAt().get(address) ?? [])
export const knownAddresses = (trust: Trust): readonly string[] => [
  ...new Set(parametersOf(trust).flatMap(({ servers }) => servers.flatMap(({ address }) => address ?? []))),
]

const SHA1 = digestNamed('SHA-1') as Digest
const SHA256 = digestNamed('SHA-256') as Digest
/** Base64 of the certificate's digest, as authCertHash holds it in that version. */
export const authCertHash = (version: SharedParameters['version'], der: Uint8Array): string =>
  base64(hash(version === 2 ? SHA1 : SHA256, der))

/** One buffer holds a connection's certificate for as long as it lasts: its digest is counted once. */
const hashes = new WeakMap<Uint8Array, string>()
function certificateHash({ version }: SharedParameters, der: Uint8Array): string {
  const known = version === 2 ? undefined : hashes.get(der)
  if (known !== undefined) return known
  const hashed = authCertHash(version, der)
  if (version !== 2) hashes.set(der, hashed)
  return hashed
}

/** Each part is built at the first question that needs it. */
type Index = {
  readonly servers: () => ReadonlyMap<string, ServerEntry>
  readonly serversOfClient: () => ReadonlyMap<string, readonly ServerEntry[]>
  readonly serverOfHash: () => ReadonlyMap<string, ServerEntry>
  readonly serversAt: () => ReadonlyMap<string, readonly ServerEntry[]>
  readonly names: () => ReadonlyMap<string, string | undefined>
  readonly groups: () => ReadonlyMap<string, ReadonlySet<string>>
}
/** Kept as long as the configuration is. */
const indexes = new WeakMap<SharedParameters, Index>()
const indexFor = (trust: Trust, { instance }: MemberId): Index | undefined => {
  const parameters = trust.instances.get(instance)
  return parameters && indexOf(parameters)
}

function indexOf(parameters: SharedParameters): Index {
  const known = indexes.get(parameters)
  if (known) return known
  const index = indexFrom(parameters)
  indexes.set(parameters, index)
  return index
}

const indexFrom = ({ servers, members, globalGroups }: SharedParameters): Index => ({
  servers: once(() => new Map(servers.map((server) => [formatId(server.id), server]))),
  serversOfClient: once(() => gather(servers, (server) => [...new Set(clientsOf(server).map(formatId))])),
  serverOfHash: once(() => new Map(servers.toReversed().flatMap((server) => server.authCertHashes.map((each) => [each, server] as const)))),
  serversAt: once(() => gather(servers, ({ address }) => (address === undefined ? [] : [address]))),
  names: once(() => new Map(members.flatMap(namesOf))),
  groups: once(() => new Map(globalGroups.map(({ code, members: clients }) => [code, new Set(clients.map(formatId))]))),
})

const namesOf = ({ id, name, subsystems }: Member) => [
  [formatId(id), name] as const,
  ...subsystems.map((subsystem) => [formatId(subsystem.id), subsystem.name] as const),
]

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function gather(servers: readonly ServerEntry[], keysOf: (server: ServerEntry) => readonly string[]): Map<string, ServerEntry[]> {
  const gathered = new Map<string, ServerEntry[]>()
  for (const server of servers)
    for (const key of keysOf(server)) {
      const there = gathered.get(key)
      if (there) there.push(server)
      else gathered.set(key, [server])
    }
  return gathered
}
