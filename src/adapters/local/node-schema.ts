import type { DatabaseSync } from 'node:sqlite'
import { openDatabase } from './database.ts'

const SCHEMA = `
  CREATE TABLE kept (seq INTEGER PRIMARY KEY AUTOINCREMENT, identity TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT;
  CREATE TABLE small (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`
/** Count up with every change of SCHEMA; another version is refused, never guessed at. */
const STORE_VERSION = 1
/** Identities ever kept. A record that comes again after it was secured is kept again, but counted once. */
const COUNTED = 'CREATE TABLE IF NOT EXISTS counted (identity BLOB PRIMARY KEY, day TEXT NOT NULL) STRICT, WITHOUT ROWID'
/** A day is added up without looking at all the others. */
const BY_DAY = 'CREATE INDEX IF NOT EXISTS counted_by_day ON counted (day)'

/** Opens or creates a node's file. Throws StoreVersionError when it was written by another version, and whatever SQLite has to say. */
export function openNodeDatabase(file: string): DatabaseSync {
  const database = openDatabase(file, SCHEMA, STORE_VERSION)
  database.exec(`${COUNTED}; ${BY_DAY}`)
  return database
}
