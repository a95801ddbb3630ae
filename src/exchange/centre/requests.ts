import type { Instant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, formatId, memberOf, type ServerId, sameClient, sameMember } from '../../protocol/identifiers.ts'
import { checkAddress, checkIdentifier, checkName } from '../../trust/registry/names.ts'
import { type Asked, type InvitationRecord, KEYS, type RequestRecord, type ServerRecord } from '../../trust/registry/records.ts'
import type { Work } from '../register/work.ts'
import { instanceOf, knows } from './members.ts'
import { effectOf } from './request-effects.ts'
import { certificateName, hasClient, serverOf } from './servers.ts'

/** Who asked, from where, when. */
export type Asking = { readonly origin: RequestRecord['origin']; readonly askedBy: string; readonly at: Instant }

/** The three that change who speaks for whom wait for a person, unless a rule approves them; the others are done at once. Source: X-Road PR-MSERV. */
const WAITS = { authCertReg: true, clientReg: true, ownerChange: true } as const
type Waits = keyof typeof WAITS
const waits = (type: Asked['type']): type is Waits => Object.hasOwn(WAITS, type)

/**
 * Takes a management request in: kept for good with its number, done at once or waiting for approval.
 * Refused with 'conflict' (registered already, a pending duplicate, a state that forbids it), 'not_found', 'bad_request', 'invalid_client_identifier'.
 */
export async function submit(work: Work, asked: Asked, asking: Asking): Promise<Outcome<RequestRecord>> {
  const allowed = await checkAsked(work, asked)
  if (!allowed.ok) return allowed
  const { origin, askedBy, at } = asking
  const id = ((await work.get<number>(KEYS.requests)) ?? 0) + 1
  work.put(KEYS.requests, id)
  const request: RequestRecord = { ...asked, id, origin, status: 'WAITING', askedBy, askedAt: at }
  if (waits(asked.type) && !(await isAutomatic(work, asked, asked.type, origin))) return wait(work, request)
  await revokeWaiting(work, asked, at, askedBy)
  const done = await effectOf(work, asked)
  if (!done.ok) return done
  return settle(work, request, 'APPROVED', waits(asked.type) ? 'rule autoApprove' : askedBy, at)
}

/** Done only for a request that waits; whoever asked for it cannot approve it. */
export async function approve(work: Work, id: number, who: string, at: Instant): Promise<Outcome<RequestRecord>> {
  const request = await waitingRequest(work, id)
  if (!request.ok) return request
  if (request.value.askedBy === who) return refuse('access_denied', 'who asked cannot approve', 'second_person')
  work.put(pendingKey(request.value), null)
  const allowed = await checkAsked(work, request.value)
  if (!allowed.ok) return allowed
  const done = await effectOf(work, request.value)
  return done.ok ? settle(work, request.value, 'APPROVED', who, at) : done
}

export async function decline(work: Work, id: number, who: string, reason: string, at: Instant): Promise<Outcome<RequestRecord>> {
  const request = await waitingRequest(work, id)
  if (!request.ok) return request
  const checked = checkName(reason, 'reason')
  if (!checked.ok) return checked
  work.put(pendingKey(request.value), null)
  return settle(work, request.value, 'DECLINED', who, at, reason)
}

/** Taken back by whoever runs the centre, before it was decided. */
export async function revoke(work: Work, id: number, who: string, at: Instant): Promise<Outcome<RequestRecord>> {
  const request = await waitingRequest(work, id)
  if (!request.ok) return request
  work.put(pendingKey(request.value), null)
  return settle(work, request.value, 'REVOKED', who, at)
}

async function wait(work: Work, request: RequestRecord): Promise<Outcome<RequestRecord>> {
  const key = pendingKey(request)
  const other = await work.get<number>(key)
  if (other !== undefined) return refuse('conflict', `request ${other} asks for the same and waits`)
  work.put(key, request.id)
  work.put(KEYS.request(request.id), request)
  return ok(request)
}

async function waitingRequest(work: Work, id: number): Promise<Outcome<RequestRecord>> {
  const request = await work.get<RequestRecord>(KEYS.request(id))
  if (!request) return refuse('not_found', `request ${id}`)
  return request.status === 'WAITING' ? ok(request) : refuse('conflict', `request ${id} is ${request.status} already`)
}

function settle(
  work: Work,
  request: RequestRecord,
  status: RequestRecord['status'],
  decidedBy: string,
  at: Instant,
  reason?: string,
): Outcome<RequestRecord> {
  const settled: RequestRecord = { ...request, status, decidedBy, decidedAt: at, ...(reason === undefined ? {} : { reason }) }
  work.put(KEYS.request(request.id), settled)
  return ok(settled)
}

/** What a request is about: a certificate, a client at a server, a server. */
const aboutOf = ({ type, server, client, certificate }: Asked): string => {
  if (type === 'authCertReg' || type === 'authCertDeletion') return certificateName(certificate ?? '')
  return client && type !== 'ownerChange' ? `${formatId(server)}:${formatId(client)}` : formatId(server)
}
const pendingKey = (asked: Asked): string => KEYS.pending(asked.type, aboutOf(asked))

/** A deletion takes back the registration that still waits for the same. */
async function revokeWaiting(work: Work, asked: Asked, at: Instant, who: string): Promise<void> {
  const type = asked.type === 'authCertDeletion' ? 'authCertReg' : asked.type === 'clientDeletion' ? 'clientReg' : undefined
  const id = type && (await work.get<number>(pendingKey({ ...asked, type })))
  if (id !== undefined) await revoke(work, id, who, at)
}

/** Only what a node asked for itself, about members and servers that are there. */
async function isAutomatic(work: Work, { server, client }: Asked, type: Waits, origin: Asking['origin']): Promise<boolean> {
  const { autoApprove } = await instanceOf(work)
  if (origin !== 'SECURITY_SERVER') return false
  if (type === 'clientReg' && client && (await wasInvited(work, server, client))) return true
  if (type === 'authCertReg' && autoApprove.renewal && (await serverOf(work, server)).ok) return true
  if (!autoApprove[type]) return false
  return knows(work, memberOf(type === 'authCertReg' ? server : (client ?? server)))
}

/** Whoever invited a server may have named the subsystems that come with it. */
async function wasInvited(work: Work, server: ServerId, client: ClientId): Promise<boolean> {
  const invitations = (await work.list<InvitationRecord>('registry/invitation/')).map(({ value }) => value)
  const theirs = invitations.filter(
    ({ state, usedBy, member }) => state === 'used' && usedBy === formatId(server) && sameMember(member, client),
  )
  return theirs.some(({ subsystems = [] }) => client.subsystemCode !== undefined && subsystems.includes(client.subsystemCode))
}

/** What must hold before it is kept, and again when it is approved. */
async function checkAsked(work: Work, asked: Asked): Promise<Outcome<true>> {
  const { server, client, address, name, message } = asked
  const own = (await instanceOf(work)).instance
  for (const id of client ? [server, client] : [server]) {
    const checked = checkIdentifier(id)
    if (!checked.ok) return checked
    if (id.instance !== own) return refuse('bad_request', `${formatId(id)} is of another instance than ${own}`)
  }
  const texts = [
    address === undefined ? ok(true as const) : checkAddress(address),
    name === undefined ? ok(true as const) : checkName(name, 'subsystemName'),
    message === undefined ? ok(true as const) : checkName(message, 'message'),
  ]
  for (const checked of texts) if (!checked.ok) return checked
  return CHECKS[asked.type]?.(work, asked) ?? (await checkServer(work, asked))
}

async function checkServer(work: Work, { server }: Asked): Promise<Outcome<true>> {
  const found = await serverOf(work, server)
  return found.ok ? ok(true) : found
}

const CHECKS: { readonly [type in Asked['type']]?: (work: Work, asked: Asked) => Promise<Outcome<true>> } = {
  authCertReg: async (work, asked) => {
    const name = certificateName(asked.certificate ?? '')
    const there = await work.get<string>(KEYS.certificate(name))
    if (there !== undefined) return refuse('conflict', `the certificate is registered already, to ${there}`)
    return (await work.get(pendingKey(asked))) === undefined ? ok(true) : refuse('conflict', 'the certificate waits for approval already')
  },
  authCertDeletion: async (work, asked) => {
    if ((await work.get(pendingKey({ ...asked, type: 'authCertReg' }))) !== undefined) return ok(true)
    const found = await serverOf(work, asked.server)
    if (!found.ok) return found
    return found.value.certificates.includes(asked.certificate ?? '') ? ok(true) : refuse('not_found', 'that certificate at that server')
  },
  clientDeletion: async (work, asked) => {
    if ((await work.get(pendingKey({ ...asked, type: 'clientReg' }))) !== undefined) return ok(true)
    const found = await serverOf(work, asked.server)
    if (!found.ok) return found
    return asked.client && hasClient(found.value, asked.client) ? ok(true) : refuse('not_found', 'that client at that server')
  },
  clientReg: async (work, asked) => {
    const { server, client } = asked
    if (!client) return refuse('bad_request', 'no client')
    const found = await serverOf(work, server)
    if (!found.ok) return found
    if (sameClient(memberOf(server), client)) return refuse('conflict', 'the owner is a client of its server anyway')
    if (hasClient(found.value, client)) return refuse('conflict', `${formatId(client)} is registered there already`)
    return (await knows(work, memberOf(client))) ? ok(true) : refuse('not_found', formatId(memberOf(client)))
  },
  ownerChange: async (work, { server, client }) => {
    if (!client || client.subsystemCode !== undefined) return refuse('bad_request', 'the new owner must be a member')
    const found = await serverOf(work, server)
    if (!found.ok) return found
    if (sameMember(server, client)) return refuse('conflict', `${formatId(client)} owns the server already`)
    if (!hasClient(found.value, client)) return refuse('conflict', `${formatId(client)} is no client of the server`)
    const taken = await work.get<ServerRecord>(KEYS.server({ ...memberOf(client), serverCode: server.serverCode }))
    return taken ? refuse('conflict', `${formatId(client)} has a server ${server.serverCode} already`) : ok(true)
  },
}
