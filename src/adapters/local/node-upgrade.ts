import type { DatabaseSync } from 'node:sqlite'
import type { KeptOctets } from './kept-octets.ts'
import { rowFrom, rowsInto } from './kept-rows.ts'

/** Version 1 held the octets of records in its rows, and counted identities without saying where they lie; the first files of it did not count. */
const ASIDE = `
  CREATE TABLE IF NOT EXISTS counted (identity BLOB PRIMARY KEY, day TEXT NOT NULL) STRICT, WITHOUT ROWID;
  ALTER TABLE kept RENAME TO kept_1;
  ALTER TABLE counted RENAME TO counted_1;
`
const COUNTS = `
  INSERT INTO counted (identity, day, seq) SELECT identity, day, 0 FROM counted_1;
  INSERT INTO sums (day, n) SELECT day, count(*) FROM counted_1 GROUP BY day;
`
/** A program of the version before that still runs has numbers of records in hand: none of them is given out again. */
const NUMBERS = `INSERT INTO sqlite_sequence (name, seq) SELECT 'kept', seq FROM sqlite_sequence WHERE name = 'kept_1'`
const GONE = 'DROP TABLE kept_1; DROP TABLE counted_1'

/**
 * Within the transaction of its caller: everything that was kept is kept, in its order, or nothing has changed.
 * @param tables the schema of version 2's tables of records
 */
export function upgradeFromOne(database: DatabaseSync, octets: KeptOctets, tables: string): void {
  octets.setAside() // of an upgrade that died, if anything
  database.exec(`${ASIDE} ${tables} ${COUNTS} ${NUMBERS}`)
  const { writeWithin } = rowsInto(database, octets)
  for (const row of database.prepare('SELECT bytes FROM kept_1 ORDER BY seq').iterate()) writeWithin([rowFrom(row.bytes as Uint8Array)])
  database.exec(GONE)
}
