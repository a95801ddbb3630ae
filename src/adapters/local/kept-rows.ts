import type { DatabaseSync } from 'node:sqlite'
import { type Digest, digestNamed, hash } from '../../protocol/digests.ts'
import { inTransaction } from './database.ts'

/** A record as it lies in the file; `day` is the UTC day it is counted under. */
export type KeptRow = { readonly identity: string; readonly day: string; readonly bytes: Uint8Array }
/** Where rows are written. `write` resolves when all of them are on disk; it rejects when none is. */
export type RowWriter = { readonly write: (rows: readonly KeptRow[]) => Promise<void>; readonly close: () => Promise<void> }

const SHA256 = digestNamed('SHA-256') as Digest

/** Writes rows in one transaction, so that the disk is waited for once; those that are there already are left as they are. */
export function rowsInto(database: DatabaseSync): (rows: readonly KeptRow[]) => void {
  const insert = database.prepare('INSERT INTO kept (identity, bytes) VALUES (?, ?) ON CONFLICT (identity) DO NOTHING')
  const tell = database.prepare('INSERT INTO counted (identity, day) VALUES (?, ?) ON CONFLICT (identity) DO NOTHING')
  return (rows) =>
    inTransaction(database, () => {
      for (const { identity, day, bytes } of rows) {
        insert.run(identity, bytes)
        tell.run(hash(SHA256, Buffer.from(identity)), day)
      }
    })
}

/** In this thread, which waits for the disk with everything else it does. */
export function writingHere(database: DatabaseSync): RowWriter {
  const write = rowsInto(database)
  return { write: async (rows) => write(rows), close: async () => {} }
}
