import type { Instant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { type Digest, digestNamed, hash, hex } from '../../protocol/digests.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId, type MemberId, sameMember } from '../../protocol/identifiers.ts'
import { checkCode } from '../../trust/registry/names.ts'
import { type InvitationRecord, KEYS } from '../../trust/registry/records.ts'
import type { Work } from '../register/work.ts'

/** What is remembered of an invitation's secret: its SHA-256 (hex). The secret has 256 random bits, so that this opens nothing. */
export const secretDigest = (secret: string): string => hex(hash(digestNamed('SHA-256') as Digest, Buffer.from(secret)))

export type NewInvitation = {
  readonly id: string
  readonly secret: string
  readonly member: MemberId
  /** Only for a server of this code; without one for any. */
  readonly serverCode?: string
  readonly expires: Instant
  readonly askedBy: string
  /** Subsystems that come with it; else they are asked for one by one. */
  readonly subsystems?: readonly string[]
}

/** Invites one member to register one node. The secret goes to whoever is invited and is kept nowhere. Refused with 'not_found', 'bad_request'. */
export async function invite(work: Work, { secret, ...invitation }: NewInvitation): Promise<Outcome<InvitationRecord>> {
  const code = invitation.serverCode === undefined ? ok(true as const) : checkCode(invitation.serverCode, 'serverCode')
  if (!code.ok) return code
  if (!(await work.get(KEYS.member(invitation.member)))) return refuse('not_found', formatId(invitation.member))
  const record: InvitationRecord = { ...invitation, digest: secretDigest(secret), state: 'open' }
  work.put(KEYS.invitation(record.digest), record)
  return ok(record)
}

/**
 * Uses an invitation up: once, in time, by the member it is for. Whoever has none, a wrong or an old one is told the same: 'invalid_invitation'; the
 * log knows which.
 */
export async function useInvitation(
  work: Work,
  secret: string,
  { member, serverCode }: { readonly member: MemberId; readonly serverCode: string },
  at: Instant,
): Promise<Outcome<InvitationRecord>> {
  const key = KEYS.invitation(secretDigest(secret))
  const found = await work.get<InvitationRecord>(key)
  const why = objectionTo(found, member, serverCode, at)
  if (!found || why) return refuse('invalid_invitation', why)
  const used: InvitationRecord = { ...found, state: 'used', usedBy: `${formatId(member)}/${serverCode}` }
  work.put(key, used)
  return ok(used)
}

function objectionTo(found: InvitationRecord | undefined, member: MemberId, serverCode: string, at: Instant): string {
  if (!found) return 'there is no such invitation'
  if (found.state !== 'open') return `invitation ${found.id} is ${found.state}`
  if (found.expires <= at) return `invitation ${found.id} has expired`
  if (!sameMember(found.member, member)) return `invitation ${found.id} is for another member than ${formatId(member)}`
  return found.serverCode !== undefined && found.serverCode !== serverCode ? `invitation ${found.id} is for another server` : ''
}

export async function withdrawInvitation(work: Work, id: string): Promise<Outcome<InvitationRecord>> {
  const found = (await work.list<InvitationRecord>('registry/invitation/')).find(({ value }) => value.id === id)
  if (!found) return refuse('not_found', `invitation ${id}`)
  if (found.value.state !== 'open') return refuse('conflict', `invitation ${id} is ${found.value.state}`)
  const withdrawn: InvitationRecord = { ...found.value, state: 'withdrawn' }
  work.put(found.key, withdrawn)
  return ok(withdrawn)
}
