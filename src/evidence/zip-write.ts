import { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { deflateSync } from 'fflate'
import type { Instant } from '../base/clock.ts'

export type ZipEntry = {
  readonly name: string
  readonly bytes: Uint8Array
  /** When the content came to be; without it the time given for the whole archive. */
  readonly at?: Instant
  /** Kept as it is instead of deflated. */
  readonly stored?: true
  /** Without the extra field of the exact time, as ASiC wants its first entry. */
  readonly bare?: true
}

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
/** Bit 11: names are UTF-8. */
const UTF8 = 0x0800
const MOST_BYTES = 0xfffffffe
const MOST_ENTRIES = 0xfffe

/**
 * A ZIP archive as a pure function of its entries and the time: the deflater is pinned and written in JavaScript,
 * times are UTC wherever the machine stands, and nothing of the machine is written. Sizes and checksums stand in the
 * local headers, so that readers of streams and readers of the directory see the same.
 *
 * @param at the time of every entry that has none of its own; to 2 s in the DOS field, to 1 s in the UT field
 * Throws when an archive would pass 4 GiB or 65,534 entries: ZIP64 is never written.
 * Source: PKWARE APPNOTE 6.3 §4.3; Info-ZIP extra field 0x5455 (UT).
 */
export function writeZip(entries: readonly ZipEntry[], at: Instant, comment = ''): Uint8Array {
  if (entries.length > MOST_ENTRIES) throw new Error(`a ZIP archive of ${entries.length} entries needs ZIP64`)
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const entry of entries) {
    const { local, data, central } = encodeEntry(entry, entry.at ?? at, offset)
    parts.push(local, data)
    directory.push(central)
    offset += local.length + data.length
  }
  const size = directory.reduce((sum, record) => sum + record.length, 0)
  if (offset + size > MOST_BYTES) throw new Error(`a ZIP archive of ${offset + size} bytes needs ZIP64`)
  return Buffer.concat([...parts, ...directory, endOfDirectory(entries.length, size, offset, comment)])
}

function encodeEntry(entry: ZipEntry, at: Instant, offset: number) {
  if (entry.bytes.length > MOST_BYTES || offset > MOST_BYTES) throw new Error(`the entry ${entry.name} needs ZIP64`)
  const name = Buffer.from(entry.name, 'utf8')
  const extra = entry.bare ? Buffer.alloc(0) : exactTime(at)
  const data = entry.stored ? entry.bytes : deflateSync(entry.bytes, { level: 6 })
  const common = commonFields(entry, at, data.length, name.length, extra.length)
  const local = Buffer.concat([words(LOCAL), common, name, extra])
  const tail = Buffer.alloc(14) // comment, disk and attributes stay 0
  tail.writeUInt32LE(offset, 10)
  const central = Buffer.concat([words(CENTRAL), Buffer.from([20, 0]), common, tail, name, extra])
  return { local, data, central }
}

/** The 26 octets that local and central headers share, from "version needed" to the length of the extra field. */
function commonFields(entry: ZipEntry, at: Instant, packed: number, nameLength: number, extraLength: number): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(UTF8, 2)
  fields.writeUInt16LE(entry.stored ? 0 : 8, 4)
  fields.writeUInt32LE(dosTime(at), 6)
  fields.writeUInt32LE(crc32(entry.bytes), 10)
  fields.writeUInt32LE(packed, 14)
  fields.writeUInt32LE(entry.bytes.length, 18)
  fields.writeUInt16LE(nameLength, 22)
  fields.writeUInt16LE(extraLength, 24)
  return fields
}

function endOfDirectory(count: number, size: number, offset: number, comment: string): Buffer {
  const text = Buffer.from(comment, 'ascii')
  const end = Buffer.alloc(18)
  end.writeUInt16LE(count, 4)
  end.writeUInt16LE(count, 6)
  end.writeUInt32LE(size, 8)
  end.writeUInt32LE(offset, 12)
  end.writeUInt16LE(text.length, 16)
  return Buffer.concat([words(END), end, text])
}

function words(signature: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(signature)
  return bytes
}

/** Date in the upper half, time in the lower; a DOS date begins in 1980 and ends in 2107. */
function dosTime(at: Instant): number {
  const date = new Date(at)
  const year = date.getUTCFullYear()
  if (year < 1980) return (1 << 21) | (1 << 16)
  if (year > 2107) return 0xff9fbf7d
  const day = ((year - 1980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate()
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1)
  return ((day << 16) | time) >>> 0
}

function exactTime(at: Instant): Buffer {
  const field = Buffer.from([0x55, 0x54, 5, 0, 1, 0, 0, 0, 0])
  field.writeUInt32LE(Math.floor(at / 1000) % 0x1_0000_0000, 5)
  return field
}
