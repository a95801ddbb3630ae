import { ok } from '../../../base/result.ts'
import type { Outcome } from '../../../protocol/faults.ts'
import { formatId, memberOf } from '../../../protocol/identifiers.ts'
import type { GroupRecord, MemberClassRecord, MemberRecord, SubsystemRecord } from '../../../trust/registry/records.ts'
import type { Json } from '../../contract/json.ts'
import type { Work } from '../../register/work.ts'
import { groupMembers, joinGroup, leaveGroup, putGroup, removeGroup } from '../groups.ts'
import {
  addMember,
  instanceOf,
  putMemberClass,
  putSubsystem,
  removeMember,
  removeMemberClass,
  removeSubsystem,
  renameMember,
  subsystemsOf,
} from '../members.ts'
import { list, type Operation, object, READERS, ref, text } from './operation.ts'
import { clientFrom, maybe, memberAt, subsystemAt, textIn } from './read-given.ts'

export const subsystemView = ({ id, name }: SubsystemRecord) => ({ id: formatId(id), ...(name === undefined ? {} : { name }) })
const viewOf = ({ id, name }: MemberRecord, subsystems: readonly SubsystemRecord[]): Json => ({
  id: formatId(id),
  name,
  subsystems: subsystems.map(subsystemView),
})
const memberView = async (work: Work, member: MemberRecord): Promise<Json> =>
  viewOf(
    member,
    (await subsystemsOf(work, member.id)).map(({ value }) => value),
  )
const groupView = async (work: Work, { code, description }: GroupRecord): Promise<Json> => ({
  code,
  description,
  members: (await groupMembers(work, code)).map(({ value }) => formatId(value.id)),
})
export const done = (outcome: Outcome<unknown>): Outcome<Json> => (outcome.ok ? ok({ done: true }) : outcome)

/** Member classes, members, their subsystems, global groups. */
export const MEMBER_OPERATIONS: readonly Operation[] = [
  {
    id: 'listMemberClasses',
    method: 'GET',
    path: '/member-classes',
    es: 'Las clases de miembros',
    en: 'The member classes',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(ref('MemberClass'), 100_000),
    run: async (work) => ok((await work.list<MemberClassRecord>('registry/class/')).map(({ value }) => value)),
  },
  {
    id: 'putMemberClass',
    method: 'PUT',
    path: '/member-classes/{code}',
    es: 'Añade una clase de miembros o cambia su descripción',
    en: 'Adds a member class, or changes its description',
    roles: ['security'],
    people: 1,
    body: object({ description: text() }),
    status: 200,
    answer: ref('MemberClass'),
    run: (work, { parameters, body }) => putMemberClass(work, { code: parameters.code ?? '', description: textIn(body, 'description') }),
  },
  {
    id: 'removeMemberClass',
    method: 'DELETE',
    path: '/member-classes/{code}',
    es: 'Quita una clase que ningún miembro usa',
    en: 'Removes a class that no member is of',
    roles: ['security'],
    people: 2,
    status: 200,
    answer: ref('Done'),
    run: async (work, { parameters }) => done(await removeMemberClass(work, parameters.code ?? '')),
  },
  {
    id: 'listMembers',
    method: 'GET',
    path: '/members',
    es: 'Los miembros y sus subsistemas',
    en: 'The members and their subsystems',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(ref('Member'), 100_000),
    run: async (work) => {
      const members = await work.list<MemberRecord>('registry/member/')
      const subsystems = (await work.list<SubsystemRecord>('registry/subsystem/')).map(({ value }) => value)
      const byMember = Map.groupBy(subsystems, ({ id }) => formatId(memberOf(id)))
      return ok(members.map(({ value }) => viewOf(value, byMember.get(formatId(value.id)) ?? [])))
    },
  },
  {
    id: 'addMember',
    method: 'POST',
    path: '/members',
    es: 'Añade un miembro',
    en: 'Adds a member',
    roles: ['registration'],
    people: 1,
    body: object({ memberClass: text(), memberCode: text(), name: text() }),
    status: 201,
    answer: ref('Member'),
    run: async (work, { body }) => {
      const { instance } = await instanceOf(work)
      const id = { instance, memberClass: textIn(body, 'memberClass'), memberCode: textIn(body, 'memberCode') }
      const added = await addMember(work, { id, name: textIn(body, 'name') })
      return added.ok ? ok(await memberView(work, added.value)) : added
    },
  },
  {
    id: 'renameMember',
    method: 'PATCH',
    path: '/members/{memberClass}/{memberCode}',
    es: 'Cambia el nombre de un miembro',
    en: "Changes a member's name",
    roles: ['registration'],
    people: 1,
    body: object({ name: text() }),
    status: 200,
    answer: ref('Member'),
    run: async (work, given) => {
      const renamed = await renameMember(work, await memberAt(work, given), textIn(given.body, 'name'))
      return renamed.ok ? ok(await memberView(work, renamed.value)) : renamed
    },
  },
  {
    id: 'removeMember',
    method: 'DELETE',
    path: '/members/{memberClass}/{memberCode}',
    es: 'Quita un miembro que no está en ningún servidor',
    en: 'Removes a member that is on no server',
    roles: ['registration'],
    people: 2,
    status: 200,
    answer: ref('Done'),
    run: async (work, given) => done(await removeMember(work, await memberAt(work, given))),
  },
  {
    id: 'putSubsystem',
    method: 'PUT',
    path: '/members/{memberClass}/{memberCode}/subsystems/{subsystemCode}',
    es: 'Añade un subsistema o cambia su nombre',
    en: 'Adds a subsystem, or changes its name',
    roles: ['registration'],
    people: 1,
    body: object({ 'name?': text() }),
    status: 200,
    answer: ref('Subsystem'),
    run: async (work, given) => {
      const put = await putSubsystem(work, { id: await subsystemAt(work, given), ...maybe(given.body, 'name') })
      return put.ok ? ok(subsystemView(put.value)) : put
    },
  },
  {
    id: 'removeSubsystem',
    method: 'DELETE',
    path: '/members/{memberClass}/{memberCode}/subsystems/{subsystemCode}',
    es: 'Quita un subsistema que no está en ningún servidor',
    en: 'Removes a subsystem that is on no server',
    roles: ['registration'],
    people: 2,
    status: 200,
    answer: ref('Done'),
    run: async (work, given) => done(await removeSubsystem(work, await subsystemAt(work, given))),
  },
  {
    id: 'listGroups',
    method: 'GET',
    path: '/groups',
    es: 'Los grupos globales y quién está en ellos',
    en: 'The global groups and who is in them',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(ref('Group'), 100_000),
    run: async (work) => {
      const groups = await work.list<GroupRecord>('registry/group/')
      return ok(await Promise.all(groups.map(({ value }) => groupView(work, value))))
    },
  },
  {
    id: 'putGroup',
    method: 'PUT',
    path: '/groups/{code}',
    es: 'Añade un grupo global o cambia su descripción',
    en: 'Adds a global group, or changes its description',
    roles: ['registration'],
    people: 1,
    body: object({ description: text() }),
    status: 200,
    answer: ref('Group'),
    run: async (work, { parameters, body }) => {
      const put = await putGroup(work, { code: parameters.code ?? '', description: textIn(body, 'description') })
      return put.ok ? ok(await groupView(work, put.value)) : put
    },
  },
  {
    id: 'removeGroup',
    method: 'DELETE',
    path: '/groups/{code}',
    es: 'Quita un grupo global',
    en: 'Removes a global group',
    roles: ['registration'],
    people: 2,
    status: 200,
    answer: ref('Done'),
    run: async (work, { parameters }) => done(await removeGroup(work, parameters.code ?? '')),
  },
  {
    id: 'joinGroup',
    method: 'POST',
    path: '/groups/{code}/members',
    es: 'Pone a un miembro o subsistema en un grupo',
    en: 'Puts a member or subsystem into a group',
    roles: ['registration'],
    people: 1,
    body: object({ id: text(1024) }),
    status: 201,
    answer: ref('Done'),
    run: async (work, { parameters, body }) => {
      const id = clientFrom(textIn(body, 'id'))
      return id.ok ? done(await joinGroup(work, parameters.code ?? '', id.value)) : id
    },
  },
  {
    id: 'leaveGroup',
    method: 'POST',
    path: '/groups/{code}/departures',
    es: 'Saca a un miembro o subsistema de un grupo',
    en: 'Takes a member or subsystem out of a group',
    roles: ['registration'],
    people: 1,
    body: object({ id: text(1024) }),
    status: 200,
    answer: ref('Done'),
    run: async (work, { parameters, body }) => {
      const id = clientFrom(textIn(body, 'id'))
      return id.ok ? done(await leaveGroup(work, parameters.code ?? '', id.value)) : id
    },
  },
]
