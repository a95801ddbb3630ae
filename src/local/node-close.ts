import { positionsAfter } from '../adapters/local/receipts.ts'
import { DAY, isoInstant, later, MINUTE, type Now } from '../base/clock.ts'
import { receiptsName } from '../exchange/archive-names.ts'
import { isOwn } from '../exchange/own-signature.ts'
import type { Log, Store } from '../exchange/ports.ts'
import { type Close, closesOf } from '../metering/daily-close.ts'
import type { Position } from '../metering/receipts.ts'
import { type EvidenceSource, waitingItems } from './evidence.ts'
import { readCounts } from './node-counts.ts'

export type ClosedDay = Close & { readonly day: string }

/**
 * How a node's days close: its receipts and what waits beside what its doors and its key counted by themselves. While messages come in,
 * today's may differ by what is under way.
 * @param since no day before this one is wanted ('2026-11-24'), and no receipts of those before are among the positions
 */
export async function nodeCloses(
  positions: readonly Position[],
  source: EvidenceSource,
  folder: string,
  since = '',
): Promise<readonly ClosedDay[]> {
  const told = new Set(positions.flatMap(({ lines }) => lines.map(({ identity }) => identity)))
  const last = positions.at(-1)
  const items = await waitingItems(source, last && receiptsName(last.position))
  const waiting = items.filter(({ identity }) => !told.has(identity))
  const counts = { sent: await source.store.keptByDay(since), ...(await readCounts(folder, since)) }
  return closesOf(
    positions,
    waiting.map((item) => ({ day: item.at.slice(0, 10), isOwn: isOwn(item), shared: item.shared })),
    counts,
  )
}

type Options = {
  readonly node: string
  readonly folder: string
  readonly files: EvidenceSource['files']
  readonly store: EvidenceSource['store'] & { readonly store: Store }
  readonly now: Now
  readonly log: Log
}
const KEY = 'usage/closed'
/** The last receipts that tell of no day but those that are closed. */
const THROUGH = 'usage/closed-through'
/** After midnight (UTC), until what was under way is kept. */
const SETTLED = 10 * MINUTE

/**
 * Closes the days that are over, once each: to be called after a run of the archive. A day that does not close is an alarm in the log.
 * Reads the receipts that came since the last close, so it takes as long in the tenth year as in the first.
 */
export function daysClosing({ node, folder, files, store, now, log }: Options): () => Promise<void> {
  let through: string | undefined
  return async () => {
    const yesterday = isoInstant(later(now(), -DAY - SETTLED)).slice(0, 10)
    if (through !== undefined && through >= yesterday) return
    const known = await store.store.get<string>(KEY)
    const closed = known?.value ?? ''
    if (closed < yesterday) {
      const told = await store.store.get<string>(THROUGH)
      const positions = await positionsAfter(told?.value ?? '', files)
      if (!positions.ok) return log({ level: 'error', event: 'day_not_closed', why: positions.fault.detail })
      const closes = await nodeCloses(positions.value, { node, files, store }, folder, closed)
      for (const close of closes) if (close.day > closed && close.day <= yesterday) tell(close, log)
      const over = positions.value.findLast(({ at }) => isoInstant(later(at, SETTLED)).slice(0, 10) <= yesterday)
      if (over) await store.store.put(THROUGH, receiptsName(over.position), told?.version ?? 0)
      await store.store.put(KEY, yesterday, known?.version ?? 0)
    }
    through = yesterday
  }
}

function tell({ day, closes, records, signatures }: ClosedDay, log: Log): void {
  if (closes === false)
    log({ level: 'error', event: 'day_not_closed', day, records: records ?? undefined, signatures: signatures ?? undefined })
  else log({ level: 'info', event: 'day_closed', day })
}
