import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import type { SignerForm } from '../evidence/own-form.ts'
import type { Tally } from '../metering/allowance.ts'
import type { Outcome } from '../protocol/faults.ts'
import type { Batches } from './batches.ts'

/** What a process remembers between exchanges, handed in so that the flows hold no state of their own. Every map is bounded. */
export type Memory = {
  /** Good verdicts on certificates, by all that they were judged by. */
  readonly verdicts: Map<string, Remembered>
  /** What the signatures of one signer have in common, by its name and their size. */
  readonly forms: Map<string, SignerForm>
  /** OCSP responses, by SHA-256 (hex) of the certificate. */
  readonly ocsp: Map<string, OcspAtHand>
  /** Questions to responders that are under way, so that exchanges at the same time share one. */
  readonly asking: Map<string, Promise<Outcome<Uint8Array>>>
  /** How far other clocks are ahead of ours in milliseconds, by who told us. */
  readonly clocks: Map<string, { readonly ahead: number; readonly at: Instant }>
  /** What was let through since the receipts last told, by budget and minute. */
  readonly spent: Tally
  /** Messages that wait for a key that signs in batches. */
  readonly batches: Batches
}
export type Remembered = { readonly from: Instant; readonly until: Instant; readonly value: unknown }
export type OcspAtHand = { readonly response: Uint8Array; readonly asked: Instant }
/** A good verdict and the last instant at which it may be taken without judging again. */
export type Verdict<T> = { readonly value: T; readonly until: Instant }

export const newMemory = (): Memory => ({
  verdicts: new Map(),
  forms: new Map(),
  ocsp: new Map(),
  asking: new Map(),
  clocks: new Map(),
  spent: new Map(),
  batches: new Map(),
})

const MOST = 2000

/** Puts, and lets the oldest go when there are too many. */
export function putBounded<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > MOST) map.delete(map.keys().next().value as string)
}

/** The good verdict under `key`, if there is one that holds at that instant. */
export function recalled<T>(verdicts: Memory['verdicts'], key: string, at: Instant): T | undefined {
  const known = verdicts.get(key)
  return known && known.from <= at && at <= known.until ? (known.value as T) : undefined
}

/**
 * The good verdict under `key`, judged anew outside its time. Refusals are never remembered.
 * @param key names everything the verdict depends on: the type of the value follows from it
 */
export function remembered<T>(verdicts: Memory['verdicts'], key: string, at: Instant, judge: () => Outcome<Verdict<T>>): Outcome<T> {
  const known = recalled<T>(verdicts, key, at)
  if (known !== undefined) return ok(known)
  const judged = judge()
  if (!judged.ok) return judged
  putBounded(verdicts, key, { from: at, until: judged.value.until, value: judged.value.value })
  return ok(judged.value.value)
}
