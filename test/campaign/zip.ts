import { Buffer } from 'node:buffer'
import { inflateRawSync } from 'node:zlib'
import { instant } from '../../src/base/clock.ts'
import { readZip, writeZip, type ZipEntry } from '../../src/evidence/zip.ts'
import { type Seeded, seeded } from './seeded.ts'
import { type BuiltArchive, type BuiltEntry, buildZip } from './zip-builder.ts'

export type ZipFigures = {
  readonly seed: number
  readonly cases: number
  readonly accepted: number
  readonly refused: number
  readonly slowestMs: number
  /** Refusals by their detail, numbers and names taken out. */
  readonly refusals: Readonly<Record<string, number>>
  /** Some cases with our verdict, for outside programs to judge: names and contents where accepted. */
  readonly sample: readonly { readonly file: Uint8Array; readonly entries: ReadonlyMap<string, Uint8Array> | null }[]
}

/**
 * `count` archives: a third written by us (they read back and write again byte for byte), a third as other programs write them
 * (they are accepted), a third with one lie in their structure or one damage in their bytes. Whatever is accepted must be the same
 * archive for a reader that walks the local headers from the front. Throws at the first case that breaks a rule.
 */
export async function run(count: number, seed: number): Promise<ZipFigures> {
  const random = seeded(seed)
  const refusals: Record<string, number> = {}
  const sample: { file: Uint8Array; entries: ReadonlyMap<string, Uint8Array> | null }[] = []
  let accepted = 0
  let slowestMs = 0
  for (let index = 0; index < count; index++) {
    const kind = index % 3
    const file = kind === 0 ? ours(random) : kind === 1 ? buildZip(honest(random)) : dishonest(random)
    const before = performance.now()
    const outcome = await readZip(file)
    slowestMs = Math.max(slowestMs, performance.now() - before)
    const where = `seed ${seed}, case ${index}`
    if (kind < 2 && !outcome.ok) throw new Error(`${where}: an honest archive was refused: ${outcome.fault.detail}`)
    if (outcome.ok) {
      accepted++
      if (!sameEntries(outcome.value, walk(file))) throw new Error(`${where}: accepted, but a reader from the front sees another archive`)
      if (kind === 0) writesAgain(file, outcome.value, where)
    } else {
      if (outcome.fault.path[0] !== 'malformed_container') throw new Error(`${where}: refused with ${outcome.fault.path[0]}`)
      const why = outcome.fault.detail
        .replace(/^.*? is there twice/s, 'a name twice')
        .replace(/0x[0-9a-f]+|\d+/g, 'N')
        .slice(0, 60)
      refusals[why] = (refusals[why] ?? 0) + 1
    }
    if (sample.length < 300 && random.chance(0.2)) sample.push({ file, entries: outcome.ok ? outcome.value : null })
  }
  return { seed, cases: count, accepted, refused: count - accepted, slowestMs, refusals, sample }
}

const AT = instant(Date.UTC(2025, 0, 2, 3, 4, 5))

function ours(random: Seeded): Uint8Array {
  const entries = contents(random).map(({ name, bytes }): ZipEntry => {
    const form = random.below(3)
    return { name, bytes, ...(form > 0 && { stored: true as const }), ...(form > 1 && { bare: true as const }) }
  })
  return writeZip(entries, AT, random.chance(0.5) ? 'mimetype=application/vnd.etsi.asic-e+zip' : '')
}

/** The archive says itself how each entry was written; the same entries give the same bytes. */
function writesAgain(file: Uint8Array, entries: ReadonlyMap<string, Uint8Array>, where: string): void {
  const buffer = Buffer.from(file)
  let at = 0
  const again = [...entries].map(([name, bytes]): ZipEntry => {
    const [stored, bare] = [buffer.readUInt16LE(at + 8) === 0, buffer.readUInt16LE(at + 28) === 0]
    at += 30 + buffer.readUInt16LE(at + 26) + buffer.readUInt16LE(at + 28) + buffer.readUInt32LE(at + 18)
    return { name, bytes, ...(stored && { stored: true as const }), ...(bare && { bare: true as const }) }
  })
  const commentLength = buffer.includes('mimetype=') && buffer.subarray(-40).toString().startsWith('mimetype=') ? 40 : 0
  const written = writeZip(again, AT, commentLength ? buffer.subarray(-40).toString('ascii') : '')
  if (!buffer.equals(written)) throw new Error(`${where}: read and written again, the archive differs`)
}

const NAMES = [
  'mimetype',
  'message.xml',
  'META-INF/',
  'META-INF/signatures.xml',
  'attachment1',
  'año ☂.txt',
  '/abs',
  '../up',
  'a\\b',
  'C:x',
]

function contents(random: Seeded): { name: string; bytes: Uint8Array }[] {
  const names = new Set(Array.from({ length: random.below(6) }, () => (random.chance(0.8) ? random.pick(NAMES) : `n${random.below(1e6)}`)))
  return [...names].map((name) => ({ name, bytes: name.endsWith('/') ? new Uint8Array() : content(random) }))
}

const content = (random: Seeded): Uint8Array =>
  random.chance(0.5)
    ? random.bytes(random.below(200))
    : Buffer.alloc(random.below(5000), random.pick(['abc', ' ', 'PK\x05\x06', 'PK\x03\x04']))

function honest(random: Seeded): BuiltArchive {
  const entries = contents(random).map(({ name, bytes }): BuiltEntry => {
    const descriptor = random.pick(['signed', 'bare', undefined] as const)
    return {
      name: Buffer.from(name),
      bytes,
      stored: random.chance(0.3),
      flags: random.pick([0, 0x0800]),
      ...(descriptor && { descriptor }),
      ...(random.chance(0.3) && { extra: Buffer.from([0x55, 0x54, 5, 0, 1, 1, 2, 3, 4]) }),
      ...(random.chance(0.1) && { comment: Buffer.from('note') }),
    }
  })
  return { entries, ...(random.chance(0.3) && { comment: Buffer.from('a comment') }) }
}

/** One lie in the structure, or one damage to the bytes. Some damages do no harm: times, comments, extra fields. */
function dishonest(random: Seeded): Buffer {
  const archive = honest(random)
  if (random.chance(0.4) && archive.entries.length > 0) return buildZip(withLie(archive, random))
  return damage(buildZip(archive), random)
}

function withLie(archive: BuiltArchive, random: Seeded): BuiltArchive {
  const at = random.below(archive.entries.length)
  const entry = archive.entries[at] as BuiltEntry
  const lies: (() => BuiltEntry[])[] = [
    () => [{ ...entry, crc: random.below(0xffffffff) }],
    () => [{ ...entry, size: entry.bytes.length + 1 + random.below(1000) }],
    () => [{ ...entry, size: 0xffffffff }],
    () => [{ ...entry, method: random.pick([1, 9, 12, 14, 99]) }],
    () => [{ ...entry, flags: random.pick([1, 0x40, 0x2000]) }],
    () => [{ ...entry, localName: Buffer.from('other') }],
    () => [{ ...entry, name: Buffer.from([0xff, 0xfe, 0x41]) }],
    () => [{ ...entry, gap: random.bytes(1 + random.below(40)) }],
    () => [entry, entry],
    () => [entry, { ...entry, name: Buffer.from('second'), localName: entry.name, pointsTo: at }],
    () => [{ ...entry, version: 63 }],
  ]
  const told = random.chance(0.1) ? [entry] : random.pick(lies)()
  const count = told.length === 1 && told[0] === entry ? { count: archive.entries.length + random.pick([-1, 1, 300]) } : {}
  return { ...archive, entries: archive.entries.toSpliced(at, 1, ...told), ...count }
}

function damage(file: Buffer, random: Seeded): Buffer {
  const at = random.below(file.length)
  const copy = Buffer.from(file)
  switch (random.below(6)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
      return copy
    case 1:
      copy[at] = random.below(256)
      return copy
    case 2:
      return copy.subarray(0, at)
    case 3:
      return Buffer.concat([copy.subarray(0, at), random.bytes(1 + random.below(20)), copy.subarray(at)])
    case 4:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + random.below(20))])
    default:
      return Buffer.concat([copy, random.bytes(1 + random.below(20))])
  }
}

/** What a reader sees that knows no directory and walks from the front: an oracle of our own, for what was accepted. */
export function walk(file: Uint8Array): Map<string, Buffer> {
  const buffer = Buffer.from(file)
  const entries = new Map<string, Buffer>()
  for (let at = 0; buffer.readUInt32LE(at) === 0x04034b50; ) {
    const [flags, method, packed, nameLength] = [
      buffer.readUInt16LE(at + 6),
      buffer.readUInt16LE(at + 8),
      buffer.readUInt32LE(at + 18),
      buffer.readUInt16LE(at + 26),
    ]
    const start = at + 30 + nameLength + buffer.readUInt16LE(at + 28)
    const name = buffer.subarray(at + 30, at + 30 + nameLength).toString('utf8')
    const [bytes, length] =
      flags & 8
        ? followed(buffer, start, method)
        : method === 0
          ? [buffer.subarray(start, start + packed), packed]
          : inflated(buffer, start)
    entries.set(name, bytes)
    at = start + length + (flags & 8 ? (buffer.readUInt32LE(start + length) === 0x08074b50 ? 16 : 12) : 0)
  }
  return entries
}

function inflated(buffer: Buffer, start: number): [Buffer, number] {
  const { buffer: bytes, engine } = inflateRawSync(buffer.subarray(start), { info: true }) as unknown as {
    buffer: Buffer
    engine: { bytesWritten: number }
  }
  return [bytes, engine.bytesWritten]
}

/** Stored with its size behind it: the first place where a descriptor fits what lies before it. */
function followed(buffer: Buffer, start: number, method: number): [Buffer, number] {
  if (method === 8) return inflated(buffer, start)
  for (let length = 0; start + length + 12 <= buffer.length; length++)
    for (const signed of [4, 0])
      if (buffer.readUInt32LE(start + length + signed + 4) === length && buffer.readUInt32LE(start + length + signed + 8) === length)
        return [buffer.subarray(start, start + length), length]
  throw new Error('no descriptor')
}

function sameEntries(a: ReadonlyMap<string, Uint8Array>, b: ReadonlyMap<string, Uint8Array>): boolean {
  return a.size === b.size && [...a].every(([name, bytes]) => Buffer.from(bytes).equals(b.get(name) ?? Buffer.from('\0absent')))
}
