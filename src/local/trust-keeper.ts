import { type Instant, MINUTE, type Now, SECOND } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import type { CurrentTrust, Log, TrustInForce } from '../exchange/ports.ts'
import { codeOf, type Outcome } from '../protocol/faults.ts'

/** Older than this, traffic makes the node look for a newer configuration; the message does not wait. */
const FRESH = 5 * MINUTE
/** Older than this (the node slept), the message waits for the look, but not longer than PATIENCE: the centre may be down. */
const SLEPT = 15 * MINUTE
const PATIENCE = 3 * SECOND

/** Gets the newest configuration, keeps its files and gives it; `known` is the one in force so far. */
export type Refresh = (known: TrustInForce | undefined) => Promise<Outcome<TrustInForce>>

export type TrustKeeper = { readonly current: CurrentTrust; readonly refresh: () => Promise<Outcome<TrustInForce>> }

/**
 * The configuration in force, looked up again lazily: on traffic, when older than five minutes, one look at a time. A
 * failed look is logged and the known one stays in force until its own expiry, which the flows watch.
 * @param last what a former run of this node kept, if anything
 */
export function trustKeeper(last: TrustInForce | undefined, refresh: Refresh, now: Now, log: Log): TrustKeeper {
  let known = last
  let lookedAt = Number.NEGATIVE_INFINITY as Instant
  let looking: Promise<Outcome<TrustInForce>> | undefined

  const look = (): Promise<Outcome<TrustInForce>> => {
    looking ??= refresh(known)
      .then((found) => {
        if (found.ok) known = found.value
        else log({ level: 'warn', event: 'trust_not_refreshed', code: codeOf(found.fault), detail: found.fault.detail })
        lookedAt = now()
        return found
      })
      .finally(() => {
        looking = undefined
      })
    return looking
  }
  return {
    refresh: look,
    current: async () => {
      const age = now() - lookedAt
      if (known && age >= 0 && age < FRESH) return ok(known)
      const found = look()
      if (!known) return found
      if (age >= SLEPT || age < 0) await Promise.race([found, patience()])
      return ok(known)
    },
  }
}

const patience = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())
