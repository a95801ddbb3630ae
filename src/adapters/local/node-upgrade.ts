import type { DatabaseSync } from 'node:sqlite'
import { isoInstant } from '../../base/clock.ts'
import { decodeRecord } from '../../evidence/record.ts'
import type { KeptOctets } from './kept-octets.ts'
import { type KeptRow, rowsInto } from './kept-rows.ts'

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
const GONE = 'DROP TABLE kept_1; DROP TABLE counted_1'
/** Of a record that cannot be read, and that was not counted when it was kept. */
const NO_DAY = '1970-01-01'

/**
 * Within the transaction of its caller: everything that was kept is kept, in its order, or nothing has changed.
 * @param tables the schema of version 2's tables of records
 */
export function upgradeFromOne(database: DatabaseSync, octets: KeptOctets, tables: string): void {
  database.exec(`${ASIDE} ${tables} ${COUNTS}`)
  const write = rowsInto(database, octets)
  for (const row of database.prepare('SELECT identity, bytes FROM kept_1 ORDER BY seq').iterate())
    write([rowOf(String(row.identity), row.bytes as Uint8Array)])
  database.exec(GONE)
}

function rowOf(identity: string, bytes: Uint8Array): KeptRow {
  const decoded = decodeRecord(bytes)
  return { identity, bytes, day: decoded.ok ? isoInstant(decoded.value.at).slice(0, 10) : NO_DAY }
}
