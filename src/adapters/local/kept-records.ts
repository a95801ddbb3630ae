import type { DatabaseSync } from 'node:sqlite'
import { type EvidenceRecord, encodeRecord, identityOf } from '../../evidence/record.ts'
import type { Acknowledge, Drain, Drained, Keep } from '../../exchange/ports.ts'
import { inTransaction } from './database.ts'

/** The records kept and not yet secured, in the order they came. */
export type KeptRecords = {
  readonly keep: Keep
  readonly drain: Drain
  readonly acknowledge: Acknowledge
  readonly waiting: () => Promise<number>
  /** Resolves when nothing is on its way to disk. */
  readonly settled: () => Promise<void>
}

type Pending = { readonly record: EvidenceRecord; readonly done: () => void; readonly failed: (why: unknown) => void }

/** Records asked for in the same turn share one transaction, so the disk is waited for once. */
export function keptRecords(database: DatabaseSync): KeptRecords {
  const insert = database.prepare('INSERT INTO kept (identity, bytes) VALUES (?, ?) ON CONFLICT (identity) DO NOTHING')
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
        for (const { record } of batch) insert.run(identityOf(record), encodeRecord(record))
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
    settled: () => flushed,
  }
}
