import type { DatabaseSync } from 'node:sqlite'
import { type Layout, openDatabase } from './database.ts'
import { type Counts, keptCounts } from './kept-counts.ts'
import { type KeptOctets, keptOctets } from './kept-octets.ts'
import { type Rows, rowsInto } from './kept-rows.ts'

/**
 * kept: which records are kept and not yet secured, where their octets lie, who they are, and the day they are counted under. counting: how far
 * rows of it are counted. counted: identities ever kept, and as which of `kept` the last time; a record that comes again after it was secured is
 * kept again, but counted once. sums: how many identities were counted, by day. known: how much of the octets all of this says; what lies behind
 * was appended by a process that died, or is known no more since the machine did.
 */
const KEPT = `
  CREATE TABLE kept (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL,
    identity BLOB NOT NULL, day TEXT NOT NULL
  ) STRICT;
  CREATE TABLE counting (one INTEGER PRIMARY KEY CHECK (one = 1), through INTEGER NOT NULL) STRICT;
  INSERT INTO counting (one, through) VALUES (1, 0);
`
const SCHEMA = `${KEPT}
  CREATE TABLE counted (identity BLOB PRIMARY KEY, day TEXT NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE known (one INTEGER PRIMARY KEY CHECK (one = 1), file INTEGER NOT NULL, through INTEGER NOT NULL) STRICT;
  CREATE TABLE sums (day TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE small (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`
/** Count up with every change of SCHEMA. The version before it is made into it; any other is refused, never guessed at. */
const STORE_VERSION = 3

/**
 * Version 2 counted every record as it came, and its rows did not say who they are. Everything that was kept is kept, in its order and under its
 * number, or nothing has changed. A program of that version that still runs can keep nothing more, and no number it has in hand is given out again.
 */
const FROM_TWO = `
  ALTER TABLE kept RENAME TO kept_2;
  ${KEPT}
  INSERT INTO kept (seq, file, start, size, identity, day)
    SELECT kept_2.seq, file, start, size, identity, day FROM kept_2 LEFT JOIN counted ON counted.seq = kept_2.seq ORDER BY kept_2.seq;
  DELETE FROM sqlite_sequence WHERE name = 'kept';
  INSERT INTO sqlite_sequence (name, seq) SELECT 'kept', seq FROM sqlite_sequence WHERE name = 'kept_2';
  UPDATE counting SET through = coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'kept_2'), 0);
  DROP TABLE kept_2;
`
const LAYOUT: Layout = { schema: SCHEMA, version: STORE_VERSION, upgrade: { from: 2, with: (database) => database.exec(FROM_TWO) } }

/** A node's file, the octets that lie in a folder beside it, and the rows that say what is kept of them. */
export type NodeDatabase = {
  readonly database: DatabaseSync
  readonly octets: KeptOctets
  readonly rows: Rows
  readonly counts: Counts
  /** Lets go of all of it. */
  readonly close: () => void
}

/** Opens or creates a node's file. Throws StoreVersionError when it was written by another version, and whatever SQLite has to say. */
export function openNodeDatabase(file: string): NodeDatabase {
  const octets = keptOctets(file.replace(/(\.sqlite)?$/, '.records'))
  const database = openDatabase(file, LAYOUT)
  const close = () => {
    octets.close()
    database.close()
  }
  try {
    const rows = rowsInto(database, octets)
    rows.catchUp()
    return { database, octets, rows, counts: keptCounts(database), close }
  } catch (problem) {
    close()
    throw problem
  }
}
