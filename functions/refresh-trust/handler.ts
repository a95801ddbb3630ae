import type { CurrentConfiguration, TrustInForce } from '../../src/exchange/ports.ts'
import type { WatchPorts } from '../../src/exchange/watch/entries.ts'
import { watchCentre } from '../../src/exchange/watch/watch-centre.ts'
import { noteRollBack } from '../../src/exchange/watch/watched-refresh.ts'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'

export type RefreshTrustPorts = WatchPorts & {
  readonly refreshTrust: () => Promise<Outcome<TrustInForce>>
  readonly configuration: CurrentConfiguration
}

/**
 * The schedule's call: looks for a newer global configuration, so that a node without traffic finds it at hand, and whether it says anything of this
 * node that the node did not ask for: that is an alarm, on record and in the log. Fails when there is none to be had.
 * @returns how many alarms stand against the centre that nobody has looked at
 */
export const refreshTrustHandler =
  ({ refreshTrust, configuration, ...ports }: RefreshTrustPorts) =>
  async (): Promise<{ readonly configuration: string; readonly alarms: number }> => {
    const found = await refreshTrust()
    if (!found.ok) {
      await noteRollBack(found.fault, ports)
      throw new Error(`${codeOf(found.fault)}: ${found.fault.detail}`)
    }
    const { configuration: name, validUntil } = found.value
    ports.log({ level: 'info', event: 'trust_refreshed', configuration: name, validUntil })
    const alarms = await watchCentre(await configuration(), found.value, ports)
    return { configuration: name, alarms: alarms.length }
  }
