import type { DatabaseSync } from 'node:sqlite'
import { isoInstant } from '../../base/clock.ts'
import { decodeRecord, type EvidenceRecord, identityOf } from '../../evidence/record.ts'
import { type Digest, digestNamed, hash, hex } from '../../protocol/digests.ts'
import { inTransaction } from './database.ts'
import type { End, KeptOctets, Place } from './kept-octets.ts'

/** A record as it lies in the file; `day` is the UTC day it is counted under. */
export type KeptRow = { readonly identity: string; readonly day: string; readonly bytes: Uint8Array }
/** Where rows are written. `write` resolves when all of them are on disk; it rejects when none is. */
export type RowWriter = { readonly write: (rows: readonly KeptRow[]) => Promise<void>; readonly close: () => Promise<void> }
export type Rows = {
  /** All of them or none, in one transaction; those that are there already are left as they are. */
  readonly write: (rows: readonly KeptRow[]) => void
  /** The same, within a transaction of the caller's. */
  readonly writeWithin: (rows: readonly KeptRow[]) => void
  /** Takes up what is on disk and what the database, when the machine died, lost again. */
  readonly catchUp: () => void
}
type Named = KeptRow & { readonly name: Uint8Array; readonly isNew: boolean }

const SHA256 = digestNamed('SHA-256') as Digest
const BEGINNING: End = { file: 1, through: 0 }
/** Of a record that cannot be read. */
const NO_DAY = '1970-01-01'

/** The rows that say which records are kept. Their octets are on disk before anything is said of them. */
export function rowsInto(database: DatabaseSync, octets: KeptOctets): Rows {
  const { end, know, fresh, say } = saying(database)
  const writeWithin = (rows: readonly KeptRow[]) => {
    const those = fresh(rows)
    if (those.length === 0) return
    const bytes = those.map((row) => row.bytes)
    const appended = octets.append(bytes, end())
    say(those.map((row, n) => ({ ...row, place: appended.places[n] as Place })))
    know(appended.end)
  }
  const takeUp = () => {
    const found = octets.behind(end())
    for (const { bytes, ...place } of found.records) say(fresh([rowFrom(bytes)]).map((row) => ({ ...row, place })))
    know(found.end)
  }
  /**
   * What was appended and then not said was not kept. A commit that failed may still lie in the log, and come back when everybody dies: another is
   * made in its place first, and where that fails nothing is cut.
   */
  const cutBehind = () => {
    try {
      inTransaction(database, () => know(end()))
      inTransaction(database, () => octets.cut(end()))
    } catch {} // the first problem is told; the next that is appended goes in its place
  }
  return {
    write: (rows) => {
      try {
        inTransaction(database, () => writeWithin(rows))
      } catch (problem) {
        cutBehind()
        throw problem
      }
    },
    writeWithin,
    catchUp: () => {
      if (octets.hasBehind(end())) inTransaction(database, takeUp)
    },
  }
}

/** What the tables say: how far they know the octets, which of some rows they do not have, and where a new one lies. */
function saying(database: DatabaseSync) {
  const standing = database.prepare(
    'SELECT EXISTS (SELECT 1 FROM kept WHERE kept.seq = counted.seq) AS kept FROM counted WHERE identity = ?',
  )
  const insert = database.prepare('INSERT INTO kept (file, start, size) VALUES (?, ?, ?)')
  const tell = database.prepare(
    'INSERT INTO counted (identity, day, seq) VALUES (?, ?, ?) ON CONFLICT (identity) DO UPDATE SET seq = excluded.seq',
  )
  const add = database.prepare('INSERT INTO sums (day, n) VALUES (?1, ?2) ON CONFLICT (day) DO UPDATE SET n = n + ?2')
  const known = database.prepare('SELECT file, through FROM known')
  const learn = database.prepare(
    'INSERT INTO known (one, file, through) VALUES (1, ?1, ?2) ON CONFLICT (one) DO UPDATE SET file = ?1, through = ?2',
  )
  return {
    end: (): End => (known.get() as End | undefined) ?? BEGINNING,
    know: ({ file, through }: End) => learn.run(file, through),
    fresh: (rows: readonly KeptRow[]): readonly Named[] => {
      const named = new Map<string, Named>()
      for (const row of rows) {
        const name = hash(SHA256, row.identity)
        const found = standing.get(name)
        if (!found?.kept && !named.has(row.identity)) named.set(row.identity, { ...row, name, isNew: !found })
      }
      return [...named.values()]
    },
    say: (rows: readonly (Named & { readonly place: Place })[]) => {
      const counts = new Map<string, number>()
      for (const { name, day, bytes, isNew, place } of rows) {
        const { lastInsertRowid } = insert.run(place.file, place.start, bytes.length)
        tell.run(name, day, lastInsertRowid)
        if (isNew) counts.set(day, (counts.get(day) ?? 0) + 1)
      }
      for (const [day, n] of counts) add.run(day, n)
    },
  }
}

/** @param bytes the record, encoded */
export const rowOf = (record: EvidenceRecord, bytes: Uint8Array): KeptRow => ({
  identity: identityOf(record),
  day: isoInstant(record.at).slice(0, 10),
  bytes,
})

/** The same of a record that is read back. */
export function rowFrom(bytes: Uint8Array): KeptRow {
  const decoded = decodeRecord(bytes)
  if (!decoded.ok) return { identity: `unreadable/${hex(hash(SHA256, bytes))}`, day: NO_DAY, bytes }
  return rowOf(decoded.value, bytes)
}

/** In this thread, which waits for the disk with everything else it does. */
export function writingHere({ write }: Rows): RowWriter {
  return { write: async (rows) => write(rows), close: async () => {} }
}
