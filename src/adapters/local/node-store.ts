import type { DatabaseSync } from 'node:sqlite'
import type { Acknowledge, Drain, Keep, Store } from '../../exchange/ports.ts'
import { openDatabase } from './database.ts'
import { keptRecords } from './kept-records.ts'
import { smallRecords } from './small-records.ts'

/** A node's one file: the records kept and not yet secured, the small records, the leases. */
export type NodeStore = {
  readonly keep: Keep
  readonly drain: Drain
  readonly acknowledge: Acknowledge
  readonly store: Store
  /** How many records are kept and not yet secured. */
  readonly waiting: () => Promise<number>
  /** How many identities were ever kept, by the UTC day of the record. */
  readonly keptByDay: () => Promise<ReadonlyMap<string, number>>
  /** Waits for what is being kept, then lets go of the file. */
  readonly close: () => Promise<void>
}

const SCHEMA = `
  CREATE TABLE kept (seq INTEGER PRIMARY KEY AUTOINCREMENT, identity TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE small (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`
/** Count up with every change of SCHEMA; another version is refused, never guessed at. */
export const STORE_VERSION = 1

/** Opens or creates a node's file. Throws StoreVersionError when it was written by another version, and whatever SQLite has to say. */
export function openNodeStore(file: string): NodeStore {
  const database: DatabaseSync = openDatabase(file, SCHEMA, STORE_VERSION)
  const records = keptRecords(database)
  return {
    keep: records.keep,
    drain: records.drain,
    acknowledge: records.acknowledge,
    waiting: records.waiting,
    keptByDay: records.keptByDay,
    store: smallRecords(database),
    close: async () => {
      await records.settled()
      database.close()
    },
  }
}
