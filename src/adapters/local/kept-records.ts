import { type EvidenceRecord, encodeRecord } from '../../evidence/record.ts'
import type { Acknowledge, Drain, Drained, Keep } from '../../exchange/ports.ts'
import { inTransaction, problemOf } from './database.ts'
import { type KeptRow, type RowWriter, rowOf } from './kept-rows.ts'
import type { NodeDatabase } from './node-schema.ts'

/** The records kept and not yet secured, in the order they came. */
export type KeptRecords = {
  readonly keep: Keep
  readonly drain: Drain
  readonly acknowledge: Acknowledge
  readonly waiting: () => Promise<number>
  /** How many identities were ever kept, by the UTC day of the record: counted here, whatever became of them. */
  readonly keptByDay: (since?: string) => Promise<ReadonlyMap<string, number>>
  /** Resolves when nothing is on its way to disk. */
  readonly settled: () => Promise<void>
}

type Pending = { readonly record: EvidenceRecord; readonly done: () => void; readonly failed: (why: unknown) => void }

/** Octets in one transaction at most, unless one record has more. */
const MOST_BYTES = 8 * 1024 * 1024

/** Records asked for while others are being written share one transaction, so the disk is waited for once; each is told only when it is there. */
export function keptRecords(
  { database, octets, counts }: Pick<NodeDatabase, 'database' | 'octets' | 'counts'>,
  { write }: RowWriter,
): KeptRecords {
  const days = database.prepare('SELECT day, n FROM sums WHERE day >= ? ORDER BY day')
  const select = database.prepare(
    'SELECT seq, file, start, size FROM kept WHERE seq <= (SELECT through FROM counting) ORDER BY seq LIMIT ?',
  )
  const standing = database.prepare('SELECT 1 FROM kept WHERE seq = ?') // another process may have acknowledged it meanwhile
  const firstNeeded = database.prepare('SELECT coalesce((SELECT file FROM kept ORDER BY seq LIMIT 1), (SELECT file FROM known), 1) AS file')
  const remove = database.prepare('DELETE FROM kept WHERE seq = ?')
  const number = database.prepare('SELECT count(*) AS n FROM kept')
  const pending: Pending[] = []
  let writing: Promise<void> | undefined

  const writeAll = async () => {
    while (pending.length > 0) {
      await gathered(pending)
      await writeSome()
    }
    writing = undefined
  }
  const writeSome = async () => {
    const { batch, rows } = takenFrom(pending)
    try {
      await write(rows)
      for (const { done } of batch) done()
    } catch (error) {
      for (const { failed } of batch) failed(error)
    }
  }
  return {
    keep: (record) =>
      new Promise<void>((done, failed) => {
        pending.push({ record, done, failed })
        writing ??= writeAll()
      }),
    drain: async (most, mostBytes) => {
      const uncounted = problemOf(counts.count)
      const taken: Drained[] = []
      let missing: unknown
      let sum = 0
      for (const { seq, file, start, size } of select.all(most)) {
        sum += Number(size)
        if (taken.length > 0 && sum > mostBytes) break
        const bytes = octets.read({ file: Number(file), start: Number(start) }, Number(size))
        if (bytes) taken.push({ receipt: String(seq), bytes })
        else if (standing.get(Number(seq))) missing ??= seq
      }
      // Those that are there go on, and make room on a disk that is full; what is missing, and what cannot be counted, is told again and again.
      if (taken.length === 0 && uncounted) throw uncounted
      if (taken.length === 0 && missing !== undefined) throw new Error(`the octets of record ${missing}, which is kept, are not there`)
      return taken
    },
    acknowledge: async (receipts) => {
      const first = inTransaction(database, () => {
        for (const receipt of receipts) remove.run(Number(receipt))
        return Number(firstNeeded.get()?.file)
      })
      octets.dropBefore(first)
    },
    waiting: async () => {
      counts.count()
      return Number(number.get()?.n)
    },
    keptByDay: async (since = '') => {
      counts.count()
      return new Map(days.all(since).map(({ day, n }) => [String(day), Number(n)]))
    },
    settled: async () => writing,
  }
}

/** While every turn of the event loop brings more, the disk is waited for once for all of them: whoever is alone does not wait. */
const MOST_TURNS = 12
async function gathered(pending: readonly Pending[]): Promise<void> {
  for (let turn = 0, before = 0; turn < MOST_TURNS && pending.length > before; turn++) {
    before = pending.length
    await nextTurn()
  }
}
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** The oldest that fit into one transaction, with their rows; one that has no form fails alone. */
function takenFrom(pending: Pending[]): { readonly batch: readonly Pending[]; readonly rows: readonly KeptRow[] } {
  const batch: Pending[] = []
  const rows: KeptRow[] = []
  for (let size = 0; pending.length > 0 && size < MOST_BYTES; ) {
    const next = pending.shift() as Pending
    try {
      const row = rowOf(next.record, encodeRecord(next.record))
      size += row.bytes.length
      rows.push(row)
      batch.push(next)
    } catch (problem) {
      next.failed(problem)
    }
  }
  return { batch, rows }
}
