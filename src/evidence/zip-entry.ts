import type { Buffer } from 'node:buffer'
import { crc32, inflateRawSync } from 'node:zlib'
import type { Entry } from 'yauzl'
import { ok, type Refused } from '../base/result.ts'
import { type Fault, type Outcome, refuse } from '../protocol/faults.ts'
import type { Extent } from './zip-layout.ts'

const LOCAL = 0x04034b50
const DESCRIPTOR = 0x08074b50
/** Bits of the general purpose flag: encrypted (0, 6, 13), sizes follow the data (3). */
const ENCRYPTED = 0x2041
const SIZES_FOLLOW = 0x0008
const STORED = 0
const DEFLATED = 8
/** "Version needed" of ZIP64, which is the last that changed nothing we read. */
const NEWEST_VERSION = 45

/**
 * One entry's content, checked against its local header, its sizes and its checksum, and where in the file it lay.
 * Inflates no more than the size its directory record gives.
 */
export function inflateEntry(file: Buffer, entry: Entry, name: string): Outcome<{ content: Uint8Array; extent: Extent }> {
  const broken = (what: string): Refused<Fault> => refuse('malformed_container', `${name}: ${what}`)
  if (entry.generalPurposeBitFlag & ENCRYPTED) return broken('encrypted')
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) return broken(`method ${entry.compressionMethod}`)
  if ((entry.versionNeededToExtract & 0xff) > NEWEST_VERSION) return broken(`needs version ${entry.versionNeededToExtract}`)
  const start = entry.relativeOffsetOfLocalHeader
  if (start + 30 > file.length || file.readUInt32LE(start) !== LOCAL) return broken('no local header')
  const dataStart = start + 30 + file.readUInt16LE(start + 26) + file.readUInt16LE(start + 28)
  const dataEnd = dataStart + entry.compressedSize
  if (dataEnd > file.length) return broken('runs past the end of the file')
  if (!sameHeader(file, start, entry)) return broken('the directory and the local header disagree')
  const end = endOfEntry(file, dataEnd, entry)
  if (end === undefined) return broken('the sizes after its data disagree with the directory')
  const content = contentOf(file.subarray(dataStart, dataEnd), entry)
  return content ? ok({ content, extent: { start, end } }) : broken('its data do not give the size and checksum it states')
}

/** Name, method and flags as in the directory; checksum and sizes too, or zero where they follow the data. */
function sameHeader(file: Buffer, start: number, entry: Entry): boolean {
  const flags = file.readUInt16LE(start + 6)
  const name = file.subarray(start + 30, start + 30 + file.readUInt16LE(start + 26))
  if (flags !== entry.generalPurposeBitFlag || file.readUInt16LE(start + 8) !== entry.compressionMethod) return false
  if (!name.equals(entry.fileNameRaw)) return false
  return sizesOf(entry).every((size, index) => {
    const stated = file.readUInt32LE(start + 14 + 4 * index)
    return stated === size || ((flags & SIZES_FOLLOW) !== 0 && stated === 0)
  })
}

const sizesOf = (entry: Entry) => [entry.crc32, entry.compressedSize, entry.uncompressedSize] as const

/** Where the entry ends: after its data, or after the descriptor that repeats checksum and sizes, with or without its signature. */
function endOfEntry(file: Buffer, dataEnd: number, entry: Entry): number | undefined {
  if (!(entry.generalPurposeBitFlag & SIZES_FOLLOW)) return dataEnd
  const at = dataEnd + 4 <= file.length && file.readUInt32LE(dataEnd) === DESCRIPTOR ? dataEnd + 4 : dataEnd
  if (at + 12 > file.length) return undefined
  return sizesOf(entry).every((size, index) => file.readUInt32LE(at + 4 * index) === size) ? at + 12 : undefined
}

function contentOf(packed: Buffer, entry: Entry): Uint8Array | undefined {
  const content = entry.compressionMethod === STORED ? packed : inflate(packed, entry.uncompressedSize)
  if (!content || content.length !== entry.uncompressedSize || crc32(content) !== entry.crc32) return undefined
  return content
}

/** Exactly `size` bytes out of all of `packed`; undefined for less, more, or octets left over behind the deflated stream. */
function inflate(packed: Buffer, size: number): Buffer | undefined {
  try {
    const { buffer, engine } = inflateRawSync(packed, { maxOutputLength: Math.max(size, 1), info: true }) as unknown as Inflated
    return engine.bytesWritten === packed.length ? buffer : undefined
  } catch {
    return undefined // zlib's word for it adds nothing to "these data do not give that size"
  }
}

/** What node:zlib gives with `info: true`: its types do not say so. */
type Inflated = { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }
