import { type Instant, MINUTE, type Now, SECOND } from '../base/clock.ts'
import type { Log } from './ports.ts'

/** Older than this, it is read again on traffic; the message does not wait. */
const FRESH = 5 * MINUTE
/** Older than this nobody acts on it: the message waits, and fails when it cannot be read. */
const TOO_OLD = 15 * MINUTE
/** After a failed reading, traffic does not read again at once. */
const AGAIN = 30 * SECOND

/**
 * A value of somewhere else, read lazily and one reading at a time: stale for a moment while it is read again, never older than fifteen minutes.
 * @param what names it in the log
 */
export function keptFresh<T>(what: string, read: () => Promise<T>, now: Now, log: Log): () => Promise<T> {
  let known: { readonly value: T; readonly at: Instant } | undefined
  let triedAt: Instant | undefined
  let reading: Promise<T> | undefined
  /** A clock that was set back makes everything old. */
  const within = (then: Instant | undefined, ms: number): boolean => then !== undefined && now() >= then && now() - then < ms
  const again = (): Promise<T> => {
    reading ??= read()
      .then((value) => {
        known = { value, at: now() }
        return value
      })
      .finally(() => {
        triedAt = now()
        reading = undefined
      })
    return reading
  }
  return async () => {
    if (!known || !within(known.at, TOO_OLD)) return again()
    if (!reading && !within(known.at, FRESH) && !within(triedAt, AGAIN))
      again().catch((problem: unknown) => log({ level: 'warn', event: 'not_read_again', what, why: String(problem) }))
    return known.value
  }
}
