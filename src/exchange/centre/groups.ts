import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, formatId } from '../../protocol/identifiers.ts'
import { OWNERS_GROUP } from '../../trust/registry/content.ts'
import { checkCode, checkName } from '../../trust/registry/names.ts'
import { type GroupMemberRecord, type GroupRecord, KEYS } from '../../trust/registry/records.ts'
import type { Work } from '../register/work.ts'
import { knows } from './members.ts'

/** Refused with 'conflict' for the group the centre keeps itself. */
export async function putGroup(work: Work, { code, description }: GroupRecord): Promise<Outcome<GroupRecord>> {
  for (const checked of [checkCode(code, 'code'), checkName(description, 'description')]) if (!checked.ok) return checked
  if (code === OWNERS_GROUP) return refuse('conflict', `${OWNERS_GROUP} is kept by the centre itself`)
  work.put(KEYS.group(code), { code, description })
  return ok({ code, description })
}

export async function removeGroup(work: Work, code: string): Promise<Outcome<true>> {
  if (!(await work.get(KEYS.group(code)))) return refuse('not_found', `group ${code}`)
  for (const { key } of await groupMembers(work, code)) work.put(key, null)
  work.put(KEYS.group(code), null)
  return ok(true)
}

export const groupMembers = (work: Work, code: string) => work.list<GroupMemberRecord>(KEYS.groupMembers(code))

export async function joinGroup(work: Work, code: string, id: ClientId): Promise<Outcome<GroupMemberRecord>> {
  if (!(await work.get(KEYS.group(code)))) return refuse('not_found', `group ${code}`)
  if (!(await knows(work, id))) return refuse('not_found', formatId(id))
  work.put(KEYS.groupMember(code, id), { code, id })
  return ok({ code, id })
}

export async function leaveGroup(work: Work, code: string, id: ClientId): Promise<Outcome<true>> {
  if (!(await work.get(KEYS.groupMember(code, id)))) return refuse('not_found', `${formatId(id)} in group ${code}`)
  work.put(KEYS.groupMember(code, id), null)
  return ok(true)
}
