import { ok } from '../../base/result.ts'
import { type Digest, digestNamed, hash, hex } from '../../protocol/digests.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, formatId, type MemberId, memberOf, type ServerId, sameClient, sameMember } from '../../protocol/identifiers.ts'
import { checkAddress, checkCode } from '../../trust/registry/names.ts'
import { KEYS, type MemberRecord, type ServerRecord } from '../../trust/registry/records.ts'
import type { Work } from '../register/work.ts'
import { addMember, instanceOf, knows, putSubsystem } from './members.ts'

/** Servers come and go by management requests alone; these are what an approved one does. Source: X-Road PR-MSERV, UC-CS. */

export async function serverOf(work: Work, id: ServerId): Promise<Outcome<ServerRecord>> {
  const server = await work.get<ServerRecord>(KEYS.server(id))
  return server ? ok(server) : refuse('not_found', `server ${formatId(id)}`)
}

/** SHA-256 (hex) of a certificate in base64 of DER: its name in the register. */
export const certificateName = (certificate: string): string =>
  hex(hash(digestNamed('SHA-256') as Digest, Buffer.from(certificate, 'base64')))

/** The server made or found, with one more certificate; its owner made a member when it is none, by its code for a name. */
export async function registerCertificate(
  work: Work,
  id: ServerId,
  certificate: string,
  address: string | undefined,
): Promise<Outcome<ServerRecord>> {
  const owner = memberOf(id)
  const there = await work.get<ServerRecord>(KEYS.server(id))
  const checks = [
    there ? ok(true as const) : checkCode(id.serverCode, 'serverCode'),
    address === undefined ? ok(true as const) : checkAddress(address),
  ]
  for (const checked of checks) if (!checked.ok) return checked
  if (!(await work.get<MemberRecord>(KEYS.member(owner)))) {
    const made = await addMember(work, { id: owner, name: owner.memberCode })
    if (!made.ok) return made
  }
  const where = address ?? there?.address
  const server: ServerRecord = {
    ...(there ?? { id, clients: [] }),
    id,
    ...(where === undefined ? {} : { address: where }),
    certificates: [...(there?.certificates ?? []), certificate],
    clients: there?.clients ?? [],
  }
  work.put(KEYS.server(id), server)
  work.put(KEYS.certificate(certificateName(certificate)), formatId(id))
  return ok(server)
}

export const withdrawCertificate = async (work: Work, id: ServerId, certificate: string): Promise<Outcome<ServerRecord>> =>
  changeServer(work, id, (server) => {
    if (!server.certificates.includes(certificate)) return refuse('not_found', `that certificate at ${formatId(id)}`)
    work.put(KEYS.certificate(certificateName(certificate)), null)
    return ok({ ...server, certificates: server.certificates.filter((each) => each !== certificate) })
  })

export async function registerClient(work: Work, id: ServerId, client: ClientId, name: string | undefined): Promise<Outcome<ServerRecord>> {
  if (!(await knows(work, client))) {
    if (client.subsystemCode === undefined) return refuse('not_found', formatId(client))
    const made = await putSubsystem(work, { id: client, ...(name === undefined ? {} : { name }) })
    if (!made.ok) return made
  }
  return changeServer(work, id, (server) => ok({ ...server, clients: [...server.clients, { id: client }] }))
}

export const removeClient = (work: Work, id: ServerId, client: ClientId): Promise<Outcome<ServerRecord>> =>
  changeServer(work, id, (server) =>
    hasClient(server, client)
      ? ok({ ...server, clients: server.clients.filter((each) => !sameClient(each.id, client)) })
      : refuse('not_found', `${formatId(client)} at ${formatId(id)}`),
  )

/** The client that offers the management services cannot be disabled: nobody could enable it again. */
export async function setClientEnabled(work: Work, id: ServerId, client: ClientId, enabled: boolean): Promise<Outcome<ServerRecord>> {
  if (!enabled && sameClient((await instanceOf(work)).provider, client))
    return refuse('conflict', `${formatId(client)} offers the management services`)
  return changeServer(work, id, (server) =>
    hasClient(server, client)
      ? ok({
          ...server,
          clients: server.clients.map((each) =>
            sameClient(each.id, client) ? { id: client, ...(enabled ? {} : { disabled: true as const }) } : each,
          ),
        })
      : refuse('not_found', `${formatId(client)} at ${formatId(id)}`),
  )
}

export async function setAddress(work: Work, id: ServerId, address: string): Promise<Outcome<ServerRecord>> {
  const checked = checkAddress(address)
  return checked.ok ? changeServer(work, id, (server) => ok({ ...server, address })) : checked
}

/** Not for the server that hosts the management services: nobody could end it. */
export async function setMaintenance(
  work: Work,
  id: ServerId,
  maintenance: { readonly message?: string } | undefined,
): Promise<Outcome<ServerRecord>> {
  const { provider } = await instanceOf(work)
  return changeServer(work, id, ({ maintenance: _, ...server }) => {
    if (maintenance && (sameMember(server.id, provider) || hasClient(server, provider)))
      return refuse('conflict', `${formatId(id)} hosts the management services`)
    return ok({ ...server, ...(maintenance ? { maintenance } : {}) })
  })
}

/** The owner goes among the clients, the new one from among them; the server's identifier is its new owner's. */
export async function changeOwner(work: Work, id: ServerId, owner: MemberId): Promise<Outcome<ServerRecord>> {
  const old = await serverOf(work, id)
  if (!old.ok) return old
  const moved: ServerId = { ...owner, serverCode: id.serverCode }
  const clients = old.value.clients.filter((each) => !sameClient(each.id, owner))
  const server: ServerRecord = { ...old.value, id: moved, clients: [...clients, { id: memberOf(id) }] }
  work.put(KEYS.server(id), null)
  work.put(KEYS.server(moved), server)
  for (const certificate of server.certificates) work.put(KEYS.certificate(certificateName(certificate)), formatId(moved))
  return ok(server)
}

export async function removeServer(work: Work, id: ServerId): Promise<Outcome<true>> {
  const server = await serverOf(work, id)
  if (!server.ok) return server
  const { provider } = await instanceOf(work)
  if (hasClient(server.value, provider)) return refuse('conflict', `${formatId(id)} hosts the management services`)
  for (const certificate of server.value.certificates) work.put(KEYS.certificate(certificateName(certificate)), null)
  work.put(KEYS.server(id), null)
  return ok(true)
}

export const hasClient = ({ clients }: ServerRecord, client: ClientId): boolean => clients.some((each) => sameClient(each.id, client))

async function changeServer(
  work: Work,
  id: ServerId,
  change: (server: ServerRecord) => Outcome<ServerRecord>,
): Promise<Outcome<ServerRecord>> {
  const server = await serverOf(work, id)
  const changed = server.ok ? change(server.value) : server
  if (changed.ok) work.put(KEYS.server(id), changed.value)
  return changed
}
