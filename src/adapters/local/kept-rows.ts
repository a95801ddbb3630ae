import type { DatabaseSync } from 'node:sqlite'
import { type Digest, digestNamed, hash } from '../../protocol/digests.ts'
import { inTransaction } from './database.ts'
import type { KeptOctets } from './kept-octets.ts'

/** A record as it lies in the file; `day` is the UTC day it is counted under. */
export type KeptRow = { readonly identity: string; readonly day: string; readonly bytes: Uint8Array }
/** Where rows are written. `write` resolves when all of them are on disk; it rejects when none is. */
export type RowWriter = { readonly write: (rows: readonly KeptRow[]) => Promise<void>; readonly close: () => Promise<void> }

type Named = KeptRow & { readonly name: Uint8Array; readonly isNew: boolean }

const SHA256 = digestNamed('SHA-256') as Digest

/**
 * Writes rows in one transaction; those that are there already are left as they are. Their octets are on disk before the transaction says so. Within a
 * transaction of its caller it needs none of its own.
 */
export function rowsInto(database: DatabaseSync, octets: KeptOctets): (rows: readonly KeptRow[]) => void {
  const standing = database.prepare(
    'SELECT EXISTS (SELECT 1 FROM kept WHERE kept.seq = counted.seq) AS kept FROM counted WHERE identity = ?',
  )
  const insert = database.prepare('INSERT INTO kept (file, start, size) VALUES (?, ?, ?)')
  const tell = database.prepare(
    'INSERT INTO counted (identity, day, seq) VALUES (?, ?, ?) ON CONFLICT (identity) DO UPDATE SET seq = excluded.seq',
  )
  const add = database.prepare('INSERT INTO sums (day, n) VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET n = n + 1')
  const fresh = (rows: readonly KeptRow[]): readonly Named[] => {
    const named = new Map<string, Named>()
    for (const row of rows) {
      const name = hash(SHA256, Buffer.from(row.identity))
      const known = standing.get(name)
      if (!known?.kept && !named.has(row.identity)) named.set(row.identity, { ...row, name, isNew: !known })
    }
    return [...named.values()]
  }
  const put = (rows: readonly Named[]) => {
    const places = octets.append(rows.map(({ bytes }) => bytes))
    for (const [n, { name, day, bytes, isNew }] of rows.entries()) {
      const { file, start } = places[n] as (typeof places)[number]
      const { lastInsertRowid } = insert.run(file, start, bytes.length)
      tell.run(name, day, lastInsertRowid)
      if (isNew) add.run(day)
    }
  }
  const write = (rows: readonly KeptRow[]) => {
    const those = fresh(rows)
    if (those.length > 0) put(those)
  }
  return (rows) => (database.isTransaction ? write(rows) : inTransaction(database, () => write(rows)))
}

/** In this thread, which waits for the disk with everything else it does. */
export function writingHere(database: DatabaseSync, octets: KeptOctets): RowWriter {
  const write = rowsInto(database, octets)
  return { write: async (rows) => write(rows), close: async () => {} }
}
