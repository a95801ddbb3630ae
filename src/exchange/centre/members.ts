import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, formatId, type MemberId, memberOf, sameMember } from '../../protocol/identifiers.ts'
import { checkCode, checkName } from '../../trust/registry/names.ts'
import {
  type GroupMemberRecord,
  type InstanceRecord,
  KEYS,
  type MemberClassRecord,
  type MemberRecord,
  type ServerRecord,
  type SubsystemRecord,
} from '../../trust/registry/records.ts'
import type { Work } from '../register/work.ts'

/** The centre as it was set up. Throws before that: nobody gets this far. */
export async function instanceOf(work: Pick<Work, 'get'>): Promise<InstanceRecord> {
  const instance = await work.get<InstanceRecord>(KEYS.instance)
  if (!instance) throw new Error('the centre is not set up')
  return instance
}

export async function putMemberClass(work: Work, { code, description }: MemberClassRecord): Promise<Outcome<MemberClassRecord>> {
  for (const checked of [checkCode(code, 'code'), checkName(description, 'description')]) if (!checked.ok) return checked
  work.put(KEYS.memberClass(code), { code, description })
  return ok({ code, description })
}

/** Refused with 'conflict' while a member is of it. */
export async function removeMemberClass(work: Work, code: string): Promise<Outcome<true>> {
  if (!(await work.get(KEYS.memberClass(code)))) return refuse('not_found', `member class ${code}`)
  const { instance } = await instanceOf(work)
  const used = await work.list(KEYS.membersOfClass(instance, code))
  if (used.length > 0) return refuse('conflict', `member class ${code} has ${used.length} members`)
  work.put(KEYS.memberClass(code), null)
  return ok(true)
}

/** Refused with 'not_found' without the class, 'conflict' when the member is there. */
export async function addMember(work: Work, { id, name }: MemberRecord): Promise<Outcome<MemberRecord>> {
  for (const checked of [checkCode(id.memberCode, 'memberCode'), checkName(name, 'name'), await isOurs(work, id)])
    if (!checked.ok) return checked
  if (!(await work.get(KEYS.memberClass(id.memberClass)))) return refuse('not_found', `member class ${id.memberClass}`)
  if (await work.get(KEYS.member(id))) return refuse('conflict', `${formatId(id)} is a member already`)
  work.put(KEYS.member(id), { id, name })
  return ok({ id, name })
}

export async function renameMember(work: Work, id: MemberId, name: string): Promise<Outcome<MemberRecord>> {
  const checked = checkName(name, 'name')
  if (!checked.ok) return checked
  if (!(await work.get(KEYS.member(id)))) return refuse('not_found', formatId(id))
  work.put(KEYS.member(id), { id, name })
  return ok({ id, name })
}

/** With its subsystems and its places in groups. Refused with 'conflict' while it owns a server or is a client of one. */
export async function removeMember(work: Work, id: MemberId): Promise<Outcome<true>> {
  if (!(await work.get(KEYS.member(id)))) return refuse('not_found', formatId(id))
  const servers = await serversWith(work, (client) => sameMember(client, id))
  if (servers.length > 0) return refuse('conflict', `${formatId(id)} is on the server ${formatId((servers[0] as ServerRecord).id)}`)
  for (const { key, value } of await subsystemsOf(work, id)) {
    await leaveGroups(work, value.id)
    work.put(key, null)
  }
  await leaveGroups(work, id)
  work.put(KEYS.member(id), null)
  return ok(true)
}

export const subsystemsOf = (work: Work, id: MemberId) => work.list<SubsystemRecord>(`${KEYS.subsystem(id)}/`)

export async function putSubsystem(work: Work, { id, name }: SubsystemRecord): Promise<Outcome<SubsystemRecord>> {
  const checks = [checkCode(id.subsystemCode ?? '', 'subsystemCode'), name === undefined ? ok(true as const) : checkName(name, 'name')]
  for (const checked of checks) if (!checked.ok) return checked
  if (!(await work.get(KEYS.member(memberOf(id))))) return refuse('not_found', formatId(memberOf(id)))
  const record: SubsystemRecord = { id, ...(name === undefined ? {} : { name }) }
  work.put(KEYS.subsystem(id), record)
  return ok(record)
}

/** Refused with 'conflict' while it is a client of a server, or offers the management services. */
export async function removeSubsystem(work: Work, id: ClientId): Promise<Outcome<true>> {
  if (!(await work.get(KEYS.subsystem(id)))) return refuse('not_found', formatId(id))
  const [server] = await serversWith(work, (client) => formatId(client) === formatId(id))
  if (server) return refuse('conflict', `${formatId(id)} is on the server ${formatId(server.id)}`)
  if (formatId((await instanceOf(work)).provider) === formatId(id))
    return refuse('conflict', `${formatId(id)} offers the management services`)
  await leaveGroups(work, id)
  work.put(KEYS.subsystem(id), null)
  return ok(true)
}

/** Is there such a member, or such a subsystem? */
export const knows = async (work: Work, id: ClientId): Promise<boolean> =>
  (await work.get(id.subsystemCode === undefined ? KEYS.member(id) : KEYS.subsystem(id))) !== undefined

async function isOurs(work: Work, { instance }: MemberId): Promise<Outcome<true>> {
  const ours = (await instanceOf(work)).instance
  return instance === ours ? ok(true) : refuse('bad_request', `${instance} is not this instance, ${ours}`)
}

async function serversWith(work: Work, is: (client: ClientId) => boolean): Promise<readonly ServerRecord[]> {
  const servers = (await work.list<ServerRecord>('registry/server/')).map(({ value }) => value)
  return servers.filter(({ id, clients }) => is(memberOf(id)) || clients.some((client) => is(client.id)))
}

async function leaveGroups(work: Work, id: ClientId): Promise<void> {
  for (const { key, value } of await work.list<GroupMemberRecord>('registry/groupmember/'))
    if (formatId(value.id) === formatId(id)) work.put(key, null)
}
