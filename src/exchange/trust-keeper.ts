import { type Instant, MINUTE, type Now, SECOND } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { codeOf, type Outcome } from '../protocol/faults.ts'
import type { CurrentTrust, Log, TrustInForce } from './ports.ts'

/** Older than this, traffic makes the node look for a newer configuration; the message does not wait. */
const FRESH = 5 * MINUTE
/** Older than this (the node slept), the message waits for the look, but not longer than PATIENCE: the centre may be down. */
const SLEPT = 15 * MINUTE
const PATIENCE = 3 * SECOND
/** After a failed look, traffic does not look again at once. */
const AGAIN = 30 * SECOND
/** A stranger's name does not make us look more often than this. */
const JUST_LOOKED = 5 * SECOND

/** Gets the newest configuration, keeps its files and gives it; `known` is the one in force so far. */
export type Refresh = (known: TrustInForce | undefined) => Promise<Outcome<TrustInForce>>

const NEVER = Number.NEGATIVE_INFINITY as Instant

export type TrustKeeper = {
  readonly current: CurrentTrust
  readonly refresh: () => Promise<Outcome<TrustInForce>>
  /** For whoever met a name the configuration in force does not know: looks now, unless one just looked; what is in force then. */
  readonly newer: CurrentTrust
}

/**
 * The configuration in force, looked up again lazily: on traffic, when older than five minutes, one look at a time. A
 * failed look is logged and the known one stays in force until its own expiry, which the flows watch.
 * @param last what a former run of this node kept, if anything
 * @param wait resolves after so many milliseconds; nothing needs it to
 */
export function trustKeeper(
  last: TrustInForce | undefined,
  refresh: Refresh,
  now: Now,
  log: Log,
  wait: (ms: number) => Promise<unknown>,
): TrustKeeper {
  let known = last
  let foundAt = NEVER
  let triedAt = NEVER
  let looking: Promise<Outcome<TrustInForce>> | undefined

  /** A clock that was set back makes everything old. */
  const within = (then: Instant, ms: number): boolean => now() >= then && now() - then < ms
  const look = (): Promise<Outcome<TrustInForce>> => {
    looking ??= refresh(known)
      .then((found) => {
        triedAt = now()
        if (found.ok) {
          known = found.value
          foundAt = triedAt
        } else log({ level: 'warn', event: 'trust_not_refreshed', code: codeOf(found.fault), detail: found.fault.detail })
        return found
      })
      .finally(() => {
        looking = undefined
      })
    return looking
  }
  return {
    refresh: look,
    newer: async () => {
      if (known && within(triedAt, JUST_LOOKED)) return ok(known)
      const found = look()
      found.catch((problem: unknown) => log({ level: 'error', event: 'trust_look_failed', why: String(problem) }))
      await Promise.race([found, wait(PATIENCE)])
      return known ? ok(known) : found
    },
    current: async () => {
      if (known && (within(foundAt, FRESH) || within(triedAt, AGAIN))) return ok(known)
      const found = look()
      if (!known) return found
      // nobody waits for this look: a store that is gone must not take the process with it
      found.catch((problem: unknown) => log({ level: 'error', event: 'trust_look_failed', why: String(problem) }))
      if (!within(foundAt, SLEPT)) await Promise.race([found, wait(PATIENCE)])
      return ok(known)
    },
  }
}
