import type { Buffer } from 'node:buffer'
import { ok, type Refused } from '../base/result.ts'
import { type Fault, type Outcome, refuse } from '../protocol/faults.ts'

/** Where an entry lies: from its local header to its last octet, end not included. */
export type Extent = { readonly start: number; readonly end: number }

const END = 0x06054b50
const END_BYTES = 22

/**
 * Entries, directory and end record lie one behind the other from the first octet to the last: nothing overlaps and nothing
 * is left over. Otherwise two readers could see two different archives in one file.
 * @param directoryBytes the octets of the directory records that were read
 */
export function coversWholeFile(file: Buffer, extents: readonly Extent[], directoryBytes: number): Outcome<true> {
  const broken = (detail: string): Refused<Fault> => refuse('malformed_container', detail)
  const end = findEnd(file)
  if (end === undefined) return broken('no end of the directory')
  const size = file.readUInt32LE(end + 12)
  const directory = file.readUInt32LE(end + 16)
  if (file.readUInt16LE(end + 8) !== file.readUInt16LE(end + 10)) return broken('an archive in several pieces')
  if (size !== directoryBytes || directory + size !== end) return broken('bytes that belong to nobody lie around the directory')
  let at = 0
  for (const extent of extents.toSorted((a, b) => a.start - b.start)) {
    if (extent.start < at) return broken(`two entries share the bytes at ${extent.start}`)
    if (extent.start > at) return broken(`the bytes from ${at} to ${extent.start} belong to no entry`)
    at = extent.end
  }
  return at === directory ? ok(true) : broken(`the bytes from ${at} to ${directory} belong to no entry`)
}

/** The end record whose comment reaches to the last octet: the last one in the file, as every reader takes it. */
function findEnd(file: Buffer): number | undefined {
  for (let at = file.length - END_BYTES; at >= 0 && at >= file.length - END_BYTES - 0xffff; at--)
    if (file.readUInt32LE(at) === END) return at + END_BYTES + file.readUInt16LE(at + 20) === file.length ? at : undefined
  return undefined
}
