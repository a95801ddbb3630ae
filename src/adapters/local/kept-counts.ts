import type { DatabaseSync } from 'node:sqlite'
import { inTransaction } from './database.ts'

export type Counts = {
  /** Counts whatever is kept and was not counted yet. */
  readonly count: () => void
  /** So many rows more are kept. Counts when many wait; what fails then is told to whoever counts next. */
  readonly more: (rows: number) => void
}

/** As many rows wait to be counted, whether anybody asks or not. */
const MANY = 8192
/** At most as many are counted while others wait for the file's lock: where it failed for long, the rest come after them. */
const AT_ONCE = 2 * MANY

/** Of the rows after one and up to another, the first of each identity, in the order of the identities. */
const FIRST = 'SELECT identity, min(seq) AS seq, day FROM kept WHERE seq > ?1 AND seq <= ?2 GROUP BY identity'
const SUMS = `
  INSERT INTO sums (day, n)
  SELECT day, count(*) FROM (${FIRST}) AS first WHERE NOT EXISTS (SELECT 1 FROM counted WHERE counted.identity = first.identity) GROUP BY day
  ON CONFLICT (day) DO UPDATE SET n = n + excluded.n`
const IDENTITIES = `
  INSERT INTO counted (identity, day, seq) SELECT identity, day, seq FROM (${FIRST}) WHERE true
  ON CONFLICT (identity) DO UPDATE SET seq = excluded.seq WHERE NOT EXISTS (SELECT 1 FROM kept WHERE kept.seq = counted.seq)`
/** What is kept already need not be kept again. */
const AGAIN = `
  DELETE FROM kept
  WHERE seq > ?1 AND seq <= ?2 AND NOT EXISTS (SELECT 1 FROM counted WHERE counted.identity = kept.identity AND counted.seq = kept.seq)`

/**
 * Counts identities, many at once and in their order: the list of all there ever were is a page of the file for each when they come one by one.
 * Only what is counted is given out, and only what was given out is taken away; so a record that came twice is there once, and none is left out.
 */
export function keptCounts(database: DatabaseSync): Counts {
  const ends = database.prepare('SELECT through, coalesce((SELECT max(seq) FROM kept), 0) AS last FROM counting')
  const steps = [SUMS, IDENTITIES, AGAIN].map((step) => database.prepare(step))
  const reached = database.prepare('UPDATE counting SET through = ?')
  let waiting = 0

  const uncounted = () => {
    const { through, last } = ends.get() as { readonly through: number; readonly last: number }
    return last > through && { through, last }
  }
  const countSome = () => {
    const those = uncounted()
    if (!those) return // somebody else was first
    const upTo = Math.min(those.last, those.through + AT_ONCE)
    for (const step of steps) step.run(those.through, upTo)
    reached.run(upTo)
  }
  const count = () => {
    waiting = 0
    while (uncounted()) inTransaction(database, countSome)
  }
  return {
    count,
    more: (rows) => {
      waiting += rows
      if (waiting < MANY) return
      try {
        count()
      } catch {} // they wait on
    },
  }
}
