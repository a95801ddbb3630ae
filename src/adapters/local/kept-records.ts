import type { DatabaseSync } from 'node:sqlite'
import { isoInstant } from '../../base/clock.ts'
import { type EvidenceRecord, encodeRecord, identityOf } from '../../evidence/record.ts'
import type { Acknowledge, Drain, Drained, Keep } from '../../exchange/ports.ts'
import { type Digest, digestNamed, hash } from '../../protocol/digests.ts'
import { inTransaction } from './database.ts'

/** The records kept and not yet secured, in the order they came. */
export type KeptRecords = {
  readonly keep: Keep
  readonly drain: Drain
  readonly acknowledge: Acknowledge
  readonly waiting: () => Promise<number>
  /** How many identities were ever kept, by the UTC day of the record: counted here, whatever became of them. */
  readonly keptByDay: () => Promise<ReadonlyMap<string, number>>
  /** Resolves when nothing is on its way to disk. */
  readonly settled: () => Promise<void>
}

type Pending = { readonly record: EvidenceRecord; readonly done: () => void; readonly failed: (why: unknown) => void }

const SHA256 = digestNamed('SHA-256') as Digest
/** A record that comes again after it was secured is kept again, but counted once. */
const COUNTED = 'CREATE TABLE IF NOT EXISTS counted (identity BLOB PRIMARY KEY, day TEXT NOT NULL) STRICT, WITHOUT ROWID'

/** Records asked for in the same turn share one transaction, so the disk is waited for once. */
export function keptRecords(database: DatabaseSync): KeptRecords {
  database.exec(COUNTED)
  const insert = database.prepare('INSERT INTO kept (identity, bytes) VALUES (?, ?) ON CONFLICT (identity) DO NOTHING')
  const tell = database.prepare('INSERT INTO counted (identity, day) VALUES (?, ?) ON CONFLICT (identity) DO NOTHING')
  const days = database.prepare('SELECT day, count(*) AS n FROM counted GROUP BY day ORDER BY day')
  const select = database.prepare('SELECT seq, bytes FROM kept ORDER BY seq LIMIT ?')
  const remove = database.prepare('DELETE FROM kept WHERE seq = ?')
  const count = database.prepare('SELECT count(*) AS n FROM kept')
  let pending: Pending[] = []
  let flushed = Promise.resolve()

  const flush = () => {
    const batch = pending
    pending = []
    try {
      inTransaction(database, () => {
        for (const { record } of batch) {
          const identity = identityOf(record)
          insert.run(identity, encodeRecord(record))
          tell.run(hash(SHA256, Buffer.from(identity)), isoInstant(record.at).slice(0, 10))
        }
      })
      for (const { done } of batch) done()
    } catch (error) {
      for (const { failed } of batch) failed(error)
    }
  }
  const soon = () =>
    new Promise<void>((resolve) =>
      setImmediate(() => {
        flush()
        resolve()
      }),
    )
  return {
    keep: (record) =>
      new Promise<void>((done, failed) => {
        if (pending.push({ record, done, failed }) === 1) flushed = soon()
      }),
    drain: async (most, mostBytes) => {
      const taken: Drained[] = []
      let size = 0
      for (const row of select.iterate(most)) {
        const bytes = row.bytes as Uint8Array
        if (taken.length > 0 && size + bytes.length > mostBytes) break
        taken.push({ receipt: String(row.seq), bytes })
        size += bytes.length
      }
      return taken
    },
    acknowledge: async (receipts) =>
      inTransaction(database, () => {
        for (const receipt of receipts) remove.run(Number(receipt))
      }),
    waiting: async () => Number(count.get()?.n),
    keptByDay: async () => new Map(days.all().map(({ day, n }) => [String(day), Number(n)])),
    settled: () => flushed,
  }
}
