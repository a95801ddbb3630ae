import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { type ClientId, formatId, ownerOf, type ServiceId, sameClient } from '../protocol/identifiers.ts'
import type { Subject } from './access.ts'

/** A group that one client of a node keeps for its own services. Members are exact clients, of any instance. Source: X-Road UG-SS, local groups. */
export type LocalGroup = {
  readonly owner: ClientId
  readonly code: string
  readonly description: string
  readonly members: readonly ClientId[]
}

/** Groups as an operator may keep them: 'malformed_server_conf' when an owner has two of one code, or a code is blank. */
export function checkLocalGroups(groups: readonly LocalGroup[]): Outcome<true> {
  const seen = new Set<string>()
  for (const { owner, code } of groups) {
    if (code.trim() === '') return refuse('malformed_server_conf', `a local group of ${formatId(owner)} has no code`)
    const key = `${formatId(owner)} ${code}`
    if (seen.has(key)) return refuse('malformed_server_conf', `${formatId(owner)} has two local groups ${code}`)
    seen.add(key)
  }
  return ok(true)
}

/**
 * The group of that code as the subject of a right on a service: only the service's own owner's groups count, whoever else has one of that name.
 * 'malformed_server_conf' when the owner has none. A right written with it holds the members of this moment: write rights anew when a group changes.
 */
export function localGroupOf(groups: readonly LocalGroup[], service: ServiceId, code: string): Outcome<Subject> {
  const owner = ownerOf(service)
  const group = groups.find((each) => each.code === code && sameClient(each.owner, owner))
  return group
    ? ok({ kind: 'localGroup', code, members: group.members })
    : refuse('malformed_server_conf', `${formatId(owner)} has no local group ${code}`)
}
