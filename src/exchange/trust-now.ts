import { isoInstant } from '../base/clock.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import type { CurrentTrust, Now, TrustInForce } from './ports.ts'

/** The trust in force, or 'global_conf_outdated': nobody acts on a configuration that has run out. */
export async function trustNow({ trust, now }: { readonly trust: CurrentTrust; readonly now: Now }): Promise<Outcome<TrustInForce>> {
  const today = await trust()
  if (!today.ok || today.value.validUntil >= now()) return today
  return refuse('global_conf_outdated', `the global configuration ran out at ${isoInstant(today.value.validUntil)}`)
}
