import type { NodeConfiguration } from '../node-configuration.ts'
import type { TrustInForce } from '../ports.ts'
import { alarmsIn, type NodeAlarm, standing } from './alarms.ts'
import { type WatchPorts, watchEntries } from './entries.ts'
import { noteGeneration } from './gossip.ts'

/**
 * One look at what the centre says: which configuration it showed is remembered, and what it says of this node that the node did not ask for is an
 * alarm. @returns the alarms against the centre that nobody has looked at yet
 */
export async function watchCentre(configuration: NodeConfiguration, today: TrustInForce, ports: WatchPorts): Promise<readonly NodeAlarm[]> {
  await noteGeneration(today, ports)
  await watchEntries(configuration, today, ports)
  return standing(await alarmsIn(ports))
}
