import type { DatabaseSync } from 'node:sqlite'
import { openDatabase } from './database.ts'
import { type KeptOctets, keptOctets } from './kept-octets.ts'
import { type Rows, rowsInto } from './kept-rows.ts'
import { upgradeFromOne } from './node-upgrade.ts'

/**
 * kept: which records are kept and not yet secured, and where their octets lie. counted: identities ever kept, and as which of `kept` the last time;
 * a record that comes again after it was secured is kept again, but counted once. sums: how many identities were counted, by day. known:
 * how much of the octets all of this says; what lies behind was appended by a process that died, or is known no more since the machine did.
 */
const KEPT = `
  CREATE TABLE kept (seq INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL) STRICT;
  CREATE TABLE counted (identity BLOB PRIMARY KEY, day TEXT NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE known (one INTEGER PRIMARY KEY CHECK (one = 1), file INTEGER NOT NULL, through INTEGER NOT NULL) STRICT;
  CREATE TABLE sums (day TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`
const SCHEMA = `${KEPT}
  CREATE TABLE small (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`
/** Count up with every change of SCHEMA. The version before it is made into it; any other is refused, never guessed at. */
const STORE_VERSION = 2

/** A node's file, the octets that lie in a folder beside it, and the rows that say what is kept of them. */
export type NodeDatabase = {
  readonly database: DatabaseSync
  readonly octets: KeptOctets
  readonly rows: Rows
  /** Lets go of all of it. */
  readonly close: () => void
}

/** Opens or creates a node's file. Throws StoreVersionError when it was written by another version, and whatever SQLite has to say. */
export function openNodeDatabase(file: string): NodeDatabase {
  const octets = keptOctets(file.replace(/(\.sqlite)?$/, '.records'))
  const upgrade = { from: 1, with: (database: DatabaseSync) => upgradeFromOne(database, octets, KEPT) }
  const database = openDatabase(file, { schema: SCHEMA, version: STORE_VERSION, upgrade })
  const close = () => {
    octets.close()
    database.close()
  }
  try {
    const rows = rowsInto(database, octets)
    rows.catchUp()
    return { database, octets, rows, close }
  } catch (problem) {
    close()
    throw problem
  }
}
