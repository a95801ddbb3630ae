import type { Instant } from '../../base/clock.ts'
import { type ClientId, ownerOf, type ServiceId, sameClient } from '../../protocol/identifiers.ts'
import { type LogLine, stateAt } from '../register/change-log.ts'
import type { GroupsThen } from './groups-on.ts'
import { type LocalGroupRecord, NODE_KEYS, type RightRecord, type ServiceRecord } from './records.ts'

export type RightsQuestion = { readonly client?: ClientId; readonly service?: ServiceId; readonly at: Instant }
/**
 * One right that held at the instant: to whom, to what, by which act. `by` is the act that gave it as it stood; `through` the act by which the client
 * got into the group, where it was by a group of the agency's own; `configuration` names the one that says so of a global group. `member`: whether it
 * reached the client; null when no configuration of that day lies here. `members`: who was in the group, when no client is asked about.
 */
export type RightThen = {
  readonly right: RightRecord
  readonly by: LogLine
  readonly through?: LogLine
  readonly configuration?: string
  readonly member: boolean | null
  readonly members?: readonly ClientId[]
  /** The service was there and not disabled. */
  readonly served: boolean
}

/**
 * Who could call what at an instant, and why: by the node's own log of acts, whatever has changed since.
 * @param groups the instance's groups at that instant; undefined where they are not known
 */
export function rightsOn(lines: readonly LogLine[], { client, service, at }: RightsQuestion, groups?: GroupsThen): readonly RightThen[] {
  const state = stateAt(lines, at)
  const found: RightThen[] = []
  for (const [key, { value, by }] of state) {
    if (!key.startsWith(service ? NODE_KEYS.rightsOf(service) : 'admin/right/')) continue
    const right = value as RightRecord
    const offered = state.get(NODE_KEYS.service(right.service))?.value as ServiceRecord | undefined
    const served = offered !== undefined && offered.disabled === undefined
    const reach = reachOf(right, client, state, groups)
    if (reach.member !== false) found.push({ right, by, served, ...reach })
  }
  return found
}

type Reach = Pick<RightThen, 'member' | 'members' | 'through' | 'configuration'>

function reachOf(
  { service, subject }: RightRecord,
  client: ClientId | undefined,
  state: ReturnType<typeof stateAt>,
  groups: GroupsThen | undefined,
): Reach {
  if ('client' in subject) return { member: client === undefined || sameClient(subject.client, client) }
  if ('globalGroup' in subject)
    return groups
      ? { ...among(groups.membersOf(subject.globalGroup), client), configuration: groups.configuration }
      : { member: client === undefined ? true : null }
  const group = state.get(NODE_KEYS.group(ownerOf(service), subject.localGroup))
  const reach = among((group?.value as LocalGroupRecord | undefined)?.members ?? [], client)
  return group && reach.member && client !== undefined ? { ...reach, through: group.by } : reach
}

const among = (members: readonly ClientId[], client: ClientId | undefined): Pick<Reach, 'member' | 'members'> =>
  client === undefined ? { member: true, members } : { member: members.some((each) => sameClient(each, client)) }
