import { authoritiesNow, keepAuthorities, type SchedulePorts } from '../../src/exchange/centre/authority-schedule.ts'
import { type Ceremony, type CeremonyPorts, holdCeremony, prepareAuthorities } from '../../src/exchange/centre/ceremony.ts'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'
import type { Called } from '../asked.ts'

export type Kept = { readonly done: readonly string[] } | { readonly ceremony: string | number }
export type KeepPorts = CeremonyPorts & Omit<SchedulePorts, 'roles'>

/**
 * Called by a schedule: looks after the keys of the authority, its responder and its stamps. Called by an operator with the certificates of a ceremony:
 * sets the centre up, or prepares authorities for later; with the word 'key' it gives the public key they must be of. Fails with the reason when they are not taken.
 */
export const keepHandler =
  (ports: KeepPorts) =>
  async ({ ceremony }: Called): Promise<Kept> => {
    if (ceremony === undefined) return { done: await keep(ports) }
    if (ceremony === 'key') return { ceremony: Buffer.from(await ports.makeKey('ca')).toString('base64') }
    const given = readCeremony(ceremony)
    return { ceremony: 'prepare' in given ? must(await prepareAuthorities(given.prepare, ports)) : must(await holdCeremony(given, ports)) }
  }

async function keep(ports: KeepPorts): Promise<readonly string[]> {
  await authoritiesNow(ports.store) // throws before the ceremony: the schedule's failure says that it is still to be held
  const rolled = await keepAuthorities({ ...ports, roles: ['ca', 'ocsp', 'tsa'] })
  return rolled.map(({ key, what }) => `${key} ${what}`)
}

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${codeOf(outcome.fault)}: ${outcome.fault.detail}`)
  return outcome.value
}

/** Throws with what is wrong. */
export function readCeremony(given: unknown): Ceremony | { readonly prepare: readonly string[] } {
  const { manager, authorities, configuration, again, prepare } = (given ?? {}) as Record<string, unknown>
  if (isTexts(prepare)) return { prepare }
  if (typeof manager !== 'string' || !isTexts(authorities) || typeof configuration !== 'string')
    throw new Error('the ceremony lacks: manager, authorities (certificates), configuration (certificate); or prepare (certificates)')
  return { manager, authorities, configuration, ...(again === true ? { again } : {}) }
}
const isTexts = (given: unknown): given is readonly string[] => Array.isArray(given) && given.every((each) => typeof each === 'string')
