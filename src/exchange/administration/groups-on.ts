import type { Instant } from '../../base/clock.ts'
import type { ClientId } from '../../protocol/identifiers.ts'
import { ownParameters } from '../../trust/trust.ts'
import { configurationOn } from '../keep-configuration.ts'
import type { GetLocked, ListLocked } from '../ports.ts'
import { trustOfDay } from '../trust-refresh.ts'

/** The instance's groups as this node knew them, and the name of the configuration that says so, which lies under lock. */
export type GroupsThen = { readonly configuration: string; readonly membersOf: (code: string) => readonly ClientId[] }
export type GroupsOn = (at: Instant) => Promise<GroupsThen | undefined>

/** Who was in which global group at an instant, by the configuration the node acted on then. undefined before its first, or when it is not there whole. */
export const groupsIn =
  (files: { readonly getLocked: GetLocked; readonly listLocked: ListLocked }): GroupsOn =>
  async (at) => {
    const configuration = await configurationOn(at, files)
    const trust = configuration === undefined ? undefined : await trustOfDay(configuration, files)
    if (configuration === undefined || !trust?.ok) return undefined
    const { globalGroups } = ownParameters(trust.value)
    return { configuration, membersOf: (code) => globalGroups.find((group) => group.code === code)?.members ?? [] }
  }
