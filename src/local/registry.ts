import type { Store } from '../exchange/ports.ts'
import type { ClientId, MemberId, ServerId } from '../protocol/identifiers.ts'
import type { GlobalGroup, Member, MemberClass } from '../trust/shared-parameters.ts'

/** What the centre knows of its members and their servers. Certificates are base64 of DER. */
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

const KEY = 'registry'
export const EMPTY_REGISTRY: Registry = { memberClasses: [], members: [], servers: [], groups: [] }

export async function readRegistry(store: Store): Promise<Registry> {
  return (await store.get<Registry>(KEY))?.value ?? EMPTY_REGISTRY
}

/**
 * Changes the registry as one step; whoever else changed it meanwhile is not overwritten, the change is made anew on theirs.
 * @returns true when something changed.
 */
export async function changeRegistry(store: Store, change: (registry: Registry) => Registry): Promise<boolean> {
  for (;;) {
    const stored = await store.get<Registry>(KEY)
    const before = stored?.value ?? EMPTY_REGISTRY
    const after = change(before)
    if (JSON.stringify(after) === JSON.stringify(before)) return false
    if (await store.put(KEY, after, stored?.version ?? 0)) return true
  }
}

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
