import type { Outcome } from '../../protocol/faults.ts'
import type { TrustInForce } from '../ports.ts'
import { type RefreshPorts, refreshTrust } from '../trust-refresh.ts'
import { raise } from './alarms.ts'

/** Looks for a newer configuration; that an older one was shown, signed and all, is an alarm: somebody wants yesterday back. */
export async function watchedRefresh(known: TrustInForce | undefined, ports: RefreshPorts): Promise<Outcome<TrustInForce>> {
  const found = await refreshTrust(known, ports)
  if (!found.ok && found.fault.path[0] === 'global_conf_rolled_back')
    await raise('configuration_rolled_back', `${known?.configuration ?? ''} ${found.fault.detail}`, found.fault.detail, ports)
  return found
}
