import { Buffer } from 'node:buffer'
import { crc32, deflateRawSync } from 'node:zlib'

/** An entry as some other program might have written it. What is left out is written plainly and truly. */
export type BuiltEntry = {
  readonly name: Uint8Array
  readonly bytes: Uint8Array
  readonly stored?: boolean
  /** Sizes and checksum behind the data, with or without the signature in front. */
  readonly descriptor?: 'signed' | 'bare'
  readonly flags?: number
  readonly method?: number
  readonly extra?: Uint8Array
  readonly comment?: Uint8Array
  /** Lies: what the headers say instead of the truth. */
  readonly crc?: number
  readonly size?: number
  readonly localName?: Uint8Array
  readonly version?: number
  /** Octets between this entry and the next that belong to neither. */
  readonly gap?: Uint8Array
  /** Points at the entry of that number instead of at its own. */
  readonly pointsTo?: number
}
export type BuiltArchive = { readonly entries: readonly BuiltEntry[]; readonly comment?: Uint8Array; readonly count?: number }

const u16 = (n: number): Buffer => Buffer.from([n & 255, (n >>> 8) & 255])
const u32 = (n: number): Buffer => Buffer.from([n & 255, (n >>> 8) & 255, (n >>> 16) & 255, (n >>> 24) & 255])

/** Written apart from src/evidence/zip.ts: the reader is judged by what others write. */
export function buildZip({ entries, comment = Buffer.alloc(0), count }: BuiltArchive): Buffer {
  const files: Buffer[] = []
  const directory: Buffer[] = []
  const offsets: number[] = []
  let offset = 0
  for (const entry of entries) {
    offsets.push(offset)
    const packed = entry.stored ? entry.bytes : deflateRawSync(entry.bytes)
    const method = entry.method ?? (entry.stored ? 0 : 8)
    const flags = (entry.flags ?? 0) | (entry.descriptor ? 8 : 0)
    const sizes = [u32(entry.crc ?? crc32(entry.bytes)), u32(packed.length), u32(entry.size ?? entry.bytes.length)]
    const local = entry.descriptor ? [u32(0), u32(0), u32(0)] : sizes
    const name = entry.localName ?? entry.name
    const extra = entry.extra ?? Buffer.alloc(0)
    const head = [u16(entry.version ?? 20), u16(flags), u16(method), u16(0), u16(0x21)]
    const tail = entry.descriptor ? [...(entry.descriptor === 'signed' ? [u32(0x08074b50)] : []), ...sizes] : []
    const file = Buffer.concat([
      u32(0x04034b50),
      ...head,
      ...local,
      u16(name.length),
      u16(extra.length),
      name,
      extra,
      packed,
      ...tail,
      entry.gap ?? Buffer.alloc(0),
    ])
    const note = entry.comment ?? Buffer.alloc(0)
    const at = entry.pointsTo === undefined ? offset : (offsets[entry.pointsTo] ?? 0)
    directory.push(
      Buffer.concat([
        u32(0x02014b50),
        u16(20),
        ...head,
        ...sizes,
        u16(entry.name.length),
        u16(extra.length),
        u16(note.length),
        u16(0),
        u16(0),
        u32(0),
        u32(at),
        entry.name,
        extra,
        note,
      ]),
    )
    files.push(file)
    offset += file.length
  }
  const records = Buffer.concat(directory)
  const stated = count ?? entries.length
  const end = [u32(0x06054b50), u16(0), u16(0), u16(stated), u16(stated), u32(records.length), u32(offset), u16(comment.length)]
  return Buffer.concat([...files, records, ...end, comment])
}
