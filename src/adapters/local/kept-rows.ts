import type { DatabaseSync } from 'node:sqlite'
import { isoInstant } from '../../base/clock.ts'
import { decodeRecord, type EvidenceRecord, identityOf } from '../../evidence/record.ts'
import { type Digest, digestNamed, hash, hex } from '../../protocol/digests.ts'
import { inTransaction } from './database.ts'
import type { Counts } from './kept-counts.ts'
import type { End, KeptOctets, Place } from './kept-octets.ts'

/** A record as it lies in the file; `day` is the UTC day it is counted under. */
export type KeptRow = { readonly identity: string; readonly day: string; readonly bytes: Uint8Array }
/** Where rows are written. `write` resolves when all of them are on disk; it rejects when none is. */
export type RowWriter = { readonly write: (rows: readonly KeptRow[]) => Promise<void>; readonly close: () => Promise<void> }
export type Rows = {
  /** All of them or none, in one transaction. Some may be there already: that is seen when they are counted. */
  readonly write: (rows: readonly KeptRow[]) => void
  /** Takes up what is on disk and what the database, when the machine died, lost again. */
  readonly catchUp: () => void
}
type Placed = Pick<KeptRow, 'identity' | 'day'> & { readonly place: Place; readonly size: number }

const SHA256 = digestNamed('SHA-256') as Digest
const BEGINNING: End = { file: 1, through: 0 }
/** Of a record that cannot be read. */
const NO_DAY = '1970-01-01'

/** The rows that say which records are kept. Their octets are on disk before anything is said of them. */
export function rowsInto(database: DatabaseSync, octets: KeptOctets): Rows {
  const { end, know, say } = saying(database)
  const append = (rows: readonly KeptRow[]) => {
    const bytes = rows.map((row) => row.bytes)
    const appended = octets.append(bytes, end())
    say(rows.map((row, n) => ({ ...row, size: row.bytes.length, place: appended.places[n] as Place })))
    know(appended.end)
  }
  const takeUp = () => {
    const found = octets.behind(end())
    say(found.records.map(({ bytes, ...place }) => ({ ...rowFrom(bytes), size: bytes.length, place })))
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
        inTransaction(database, () => append(rows))
      } catch (problem) {
        cutBehind()
        throw problem
      }
    },
    catchUp: () => {
      if (octets.hasBehind(end())) inTransaction(database, takeUp)
    },
  }
}

/** What the tables say: how far they know the octets, and where a row's lie. */
function saying(database: DatabaseSync) {
  const insert = database.prepare('INSERT INTO kept (file, start, size, identity, day) VALUES (?, ?, ?, ?, ?)')
  const known = database.prepare('SELECT file, through FROM known')
  const learn = database.prepare(
    'INSERT INTO known (one, file, through) VALUES (1, ?1, ?2) ON CONFLICT (one) DO UPDATE SET file = ?1, through = ?2',
  )
  return {
    end: (): End => (known.get() as End | undefined) ?? BEGINNING,
    know: ({ file, through }: End) => learn.run(file, through),
    say: (rows: readonly Placed[]) => {
      for (const { place, size, identity, day } of rows) insert.run(place.file, place.start, size, hash(SHA256, identity), day)
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
export function writingHere({ write }: Rows, { more }: Counts): RowWriter {
  const writeAll = async (rows: readonly KeptRow[]) => {
    write(rows)
    more(rows.length)
  }
  return { write: writeAll, close: async () => {} }
}
