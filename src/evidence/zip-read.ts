import { Buffer } from 'node:buffer'
import { type Entry, fromBuffer, type ZipFile } from 'yauzl'
import { ok, type Refused } from '../base/result.ts'
import { type Fault, type Outcome, refuse } from '../protocol/faults.ts'
import { inflateEntry } from './zip-entry.ts'
import { coversWholeFile, type Extent } from './zip-layout.ts'

/** What one archive may cost us. Sizes in bytes; `ratio` is inflated to packed, judged only above `ratioFrom` bytes. */
export type ZipLimits = {
  readonly entries: number
  readonly entryBytes: number
  readonly totalBytes: number
  readonly ratio: number
  readonly ratioFrom: number
}

const MIB = 1024 * 1024
/** One container: a message, its evidence and its attachments. */
export const CONTAINER_LIMITS: ZipLimits = { entries: 1000, entryBytes: 256 * MIB, totalBytes: 512 * MIB, ratio: 100, ratioFrom: 64 * MIB }
/** One archive file: up to 10,000 containers and their linking information. */
export const ARCHIVE_LIMITS: ZipLimits = { entries: 20_000, entryBytes: 512 * MIB, totalBytes: 1024 * MIB, ratio: 100, ratioFrom: 64 * MIB }

/**
 * The entries of a ZIP archive by name, in the order of its directory. Names are data and never paths: '/a' and '../a' come back as
 * they stand; a folder ends in '/' and is empty.
 *
 * Refused with 'malformed_container': what is no ZIP, ZIP64 and archives in several pieces, encryption, methods other than
 * stored and deflated, a name twice or not UTF-8, a directory that disagrees with the local headers, entries that overlap or
 * leave bytes between them that belong to nobody, wrong sizes or checksums, and whatever passes the limits: before it is inflated.
 * Source: PKWARE APPNOTE 6.3 §4.3–4.5.
 */
export async function readZip(bytes: Uint8Array, limits: ZipLimits = CONTAINER_LIMITS): Promise<Outcome<ReadonlyMap<string, Uint8Array>>> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const listed = await listEntries(file, limits)
  if (!listed.ok) return listed
  const affordable = withinLimits(listed.value, limits)
  if (!affordable.ok) return affordable
  const entries = new Map<string, Uint8Array>()
  const extents: Extent[] = []
  for (const entry of listed.value) {
    const name = nameOf(entry)
    if (name === undefined) return broken('a name is not UTF-8')
    if (entries.has(name)) return broken(`${name} is there twice`)
    const inflated = inflateEntry(file, entry, name)
    if (!inflated.ok) return inflated
    entries.set(name, inflated.value.content)
    extents.push(inflated.value.extent)
  }
  const whole = coversWholeFile(
    file,
    extents,
    listed.value.reduce((sum, entry) => sum + recordBytes(entry), 0),
  )
  return whole.ok ? ok(entries) : whole
}

const broken = (detail: string): Refused<Fault> => refuse('malformed_container', detail)

/** yauzl tells trouble by throwing, also from inside an iteration: here it becomes a refusal, in its own words. */
async function listEntries(file: Buffer, limits: ZipLimits): Promise<Outcome<readonly Entry[]>> {
  const entries: Entry[] = []
  try {
    const zip = await openZip(file)
    if (zip.entryCount > limits.entries) return broken(`${zip.entryCount} entries, at most ${limits.entries}`)
    for await (const entry of zip.eachEntry()) entries.push(entry)
  } catch (error) {
    return broken(error instanceof Error ? error.message : String(error))
  }
  return ok(entries)
}

const openZip = (file: Buffer): Promise<ZipFile> =>
  new Promise((resolve, reject) => {
    fromBuffer(file, { lazyEntries: true, decodeStrings: false }, (error, zip) => (error ? reject(error) : resolve(zip)))
  })

function withinLimits(entries: readonly Entry[], limits: ZipLimits): Outcome<true> {
  let total = 0
  for (const { uncompressedSize: size, compressedSize: packed } of entries) {
    total += size
    if (size > limits.entryBytes) return broken(`an entry of ${size} bytes, at most ${limits.entryBytes}`)
    if (total > limits.totalBytes) return broken(`more than ${limits.totalBytes} bytes in all`)
    if (size > limits.ratioFrom && size > packed * limits.ratio) return broken(`an entry of ${size} bytes out of ${packed}`)
  }
  return ok(true)
}

/** The length of an entry's record in the directory. */
const recordBytes = (entry: Entry): number => 46 + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength

function nameOf(entry: Entry): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(entry.fileNameRaw)
  } catch {
    return undefined // the caller says which refusal this is
  }
}
