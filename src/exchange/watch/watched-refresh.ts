import type { Fault, Outcome } from '../../protocol/faults.ts'
import type { TrustInForce } from '../ports.ts'
import { type RefreshPorts, refreshTrust } from '../trust-refresh.ts'
import { type AlarmPorts, raise } from './alarms.ts'

/** Looks for a newer configuration; that an older one was shown, signed and all, is an alarm: somebody wants yesterday back. */
export async function watchedRefresh(known: TrustInForce | undefined, ports: RefreshPorts): Promise<Outcome<TrustInForce>> {
  const found = await refreshTrust(known, ports)
  if (!found.ok) await noteRollBack(found.fault, ports, known?.configuration)
  return found
}

/** @param known the configuration that stays in force */
export async function noteRollBack(fault: Fault, ports: AlarmPorts, known = ''): Promise<void> {
  if (fault.path[0] === 'global_conf_rolled_back') await raise('configuration_rolled_back', `${known} ${fault.detail}`, fault.detail, ports)
}
