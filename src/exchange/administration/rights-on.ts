import type { Instant } from '../../base/clock.ts'
import { type ClientId, ownerOf, type ServiceId, sameClient } from '../../protocol/identifiers.ts'
import { type LogLine, stateAt } from '../register/change-log.ts'
import { type LocalGroupRecord, NODE_KEYS, type RightRecord, type ServiceRecord } from './records.ts'

export type RightsQuestion = { readonly client?: ClientId; readonly service?: ServiceId; readonly at: Instant }
/**
 * One right that held at the instant: to whom, to what, by which act. `by` is the act that gave it as it stood; `through` the act by which the client
 * got into the group, where it was by a group of the agency's own. `member`: whether it reached the client; null where only the centre can tell.
 */
export type RightThen = {
  readonly right: RightRecord
  readonly by: LogLine
  readonly through?: LogLine
  readonly member: boolean | null
  /** The service was there and not disabled. */
  readonly served: boolean
}

/**
 * Who could call what at an instant, and why: by the node's own log of acts, whatever has changed since.
 * @param isInGroup of the instance's global groups at that instant; undefined where it cannot be told here
 */
export function rightsOn(
  lines: readonly LogLine[],
  { client, service, at }: RightsQuestion,
  isInGroup: (code: string, client: ClientId) => boolean | undefined = () => undefined,
): readonly RightThen[] {
  const state = stateAt(lines, at)
  const found: RightThen[] = []
  for (const [key, { value, by }] of state) {
    if (!key.startsWith(service ? NODE_KEYS.rightsOf(service) : 'admin/right/')) continue
    const right = value as RightRecord
    const offered = state.get(NODE_KEYS.service(right.service))?.value as ServiceRecord | undefined
    const served = offered !== undefined && offered.disabled === undefined
    const reach = reachOf(right, client, state, isInGroup)
    if (reach.member !== false) found.push({ right, by, served, ...reach })
  }
  return found
}

function reachOf(
  { service, subject }: RightRecord,
  client: ClientId | undefined,
  state: ReturnType<typeof stateAt>,
  isInGroup: (code: string, client: ClientId) => boolean | undefined,
): Pick<RightThen, 'member' | 'through'> {
  if (client === undefined) return { member: true }
  if ('client' in subject) return { member: sameClient(subject.client, client) }
  if ('globalGroup' in subject) return { member: isInGroup(subject.globalGroup, client) ?? null }
  const group = state.get(NODE_KEYS.group(ownerOf(service), subject.localGroup))
  const isIn = (group?.value as LocalGroupRecord | undefined)?.members.some((each) => sameClient(each, client)) ?? false
  return group && isIn ? { member: true, through: group.by } : { member: false }
}
