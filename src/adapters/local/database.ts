import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { syncFolder } from './sync-folder.ts'

/** The file was written by another version of Sacbé (or is no file of ours: `found` 0). */
export class StoreVersionError extends Error {
  readonly file: string
  readonly found: number
  readonly known: number
  constructor(file: string, found: number, known: number) {
    super(`${file} has store version ${found}; this program knows version ${known}`)
    this.file = file
    this.found = found
    this.known = known
  }
}

/** What a file holds. `upgrade` makes a file of one older version into it, within a transaction. */
export type Layout = {
  readonly schema: string
  readonly version: number
  readonly upgrade?: { readonly from: number; readonly with: (database: DatabaseSync) => void }
}

/**
 * A SQLite file that survives a pulled plug: write-ahead log, every commit on disk before it returns (synchronous FULL).
 * A new file gets the schema and its version; an old one must have that version, or one that can be upgraded.
 */
export function openDatabase(file: string, layout: Layout): DatabaseSync {
  const existed = existsSync(file)
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
    if (versionOf(database) !== layout.version) inTransaction(database, () => bringTo(layout, database, file))
    if (!existed) syncFolder(dirname(file))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

const versionOf = (database: DatabaseSync): number => Number(database.prepare('PRAGMA user_version').get()?.user_version)
const isEmpty = (database: DatabaseSync): boolean => database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined

/** Whoever opens the file at the same moment waits, and then finds it made. */
function bringTo({ schema, version, upgrade }: Layout, database: DatabaseSync, file: string): void {
  const found = versionOf(database)
  if (found === version) return
  if (found === 0 && isEmpty(database)) database.exec(schema)
  else if (found === upgrade?.from) upgrade.with(database)
  else throw new StoreVersionError(file, found, version)
  database.exec(`PRAGMA user_version = ${version}`)
}

/** What SQLite, or the disk, had to say of it; undefined: it is done. */
export function problemOf(work: () => void): Error | undefined {
  try {
    work()
  } catch (problem) {
    return problem instanceof Error ? problem : new Error(String(problem))
  }
}

/** All or nothing; the write lock is taken at once, so nothing read within can go stale. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
