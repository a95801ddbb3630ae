import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant } from '../../src/base/clock.ts'
import { CONTAINER_LIMITS, readZip, writeZip } from '../../src/evidence/zip.ts'
import { hex, sha512 } from '../../src/protocol/digests.ts'
import { run, type ZipFigures } from '../campaign/zip.ts'
import { buildZip } from '../campaign/zip-builder.ts'
import { needs, runTool } from '../tools.ts'

const AT = instant(Date.UTC(2025, 0, 2, 3, 4, 5))
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sacbe-zip-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const refusal = async (file: Uint8Array): Promise<string> => {
  const outcome = await readZip(file)
  return outcome.ok ? 'accepted' : `${outcome.fault.path.join('.')}: ${outcome.fault.detail}`
}

describe('a ZIP archive we write', () => {
  const entries = [
    { name: 'mimetype', bytes: utf8('application/vnd.etsi.asic-e+zip'), stored: true, bare: true } as const,
    { name: 'año/mensaje.xml', bytes: utf8('<a/>'.repeat(500)) },
    { name: 'empty', bytes: new Uint8Array() },
    { name: 'later', bytes: utf8('x'), stored: true, at: instant(AT + 3_600_000) } as const,
  ]

  test('is the same bytes on every machine', () => {
    expect(hex(sha512(writeZip(entries, AT, 'comment'))).slice(0, 32)).toBe('28ed595cb7b0f38fec82e83c3fd104bf')
  })

  test('has the same bytes in every time zone', () => {
    const program = `
      const { writeZip } = await import(${JSON.stringify(new URL('../../src/evidence/zip.ts', import.meta.url).href)})
      console.log(new Date(${AT}).getHours(), Buffer.from(writeZip([{ name: 'a', bytes: Buffer.from('a') }], ${AT})).toString('base64'))`
    const said = ['UTC', 'America/Mexico_City', 'Pacific/Kiritimati'].map((TZ) =>
      spawnSync(process.execPath, ['--input-type=module', '-e', program], { env: { TZ } }).stdout.toString().trim().split(' '),
    )
    expect(said.map(([hour]) => hour)).toEqual(['3', '21', '17'])
    expect(new Set(said.map(([, zip]) => zip)).size).toBe(1)
  })

  test('reads back entry for entry, in order', async () => {
    const outcome = await readZip(writeZip(entries, AT))
    expect(outcome.ok && [...outcome.value].map(([name, bytes]) => [name, hex(bytes)])).toEqual(
      entries.map(({ name, bytes }) => [name, hex(bytes)]),
    )
  })

  test('begins as ASiC asks: mimetype first, stored, without extra field, its content at offset 38', () => {
    expect(Buffer.from(writeZip(entries, AT)).subarray(30, 69).toString()).toBe('mimetypeapplication/vnd.etsi.asic-e+zip')
  })

  test.skipIf(!needs('unzip'))('passes unzip -t, and a damaged copy does not', () => {
    const good = join(folder, 'good.zip')
    writeFileSync(good, writeZip(entries, AT))
    expect(runTool('unzip', ['-t', good]).status).toBe(0)
    const bytes = readFileSync(good)
    bytes[60] = (bytes[60] ?? 0) ^ 1
    writeFileSync(good, bytes)
    expect(runTool('unzip', ['-t', good]).status).not.toBe(0)
  })

  test.skipIf(!needs('zipinfo'))('carries UTC times', () => {
    const file = join(folder, 'times.zip')
    writeFileSync(file, writeZip(entries, AT))
    const said = runTool('zipinfo', ['-v', file, 'later']).stdout.toString()
    expect(said).toContain('file last modified on (DOS date/time):          2025 Jan 2 04:04:04')
    expect(said).toContain('2025 Jan 2 04:04:05 UTC')
  })
})

describe('a ZIP archive we read', () => {
  const entry = { name: utf8('a'), bytes: utf8('hello hello hello hello') }

  test('keeps names as data: absolute, climbing, with a backslash', async () => {
    const names = ['/message.xml', '../../up', 'a\\b', 'C:/x', 'META-INF/']
    const outcome = await readZip(buildZip({ entries: names.map((name) => ({ name: utf8(name), bytes: new Uint8Array() })) }))
    expect(outcome.ok && [...outcome.value.keys()]).toEqual(names)
  })

  const refused: [string, Uint8Array, string][] = [
    ['that is no ZIP', utf8('not a zip at all, really'), 'End of central directory'],
    ['that is empty', new Uint8Array(), 'End of central directory'],
    ['cut short', buildZip({ entries: [entry] }).subarray(0, -1), 'truncated'],
    ['with bytes behind it', Buffer.concat([buildZip({ entries: [entry] }), utf8('x')]), 'extra bytes at the end'],
    ['with bytes in front', Buffer.concat([utf8('x'), buildZip({ entries: [entry] })]), ''],
    [
      'with bytes between two entries',
      buildZip({
        entries: [
          { ...entry, gap: utf8('hidden') },
          { ...entry, name: utf8('b') },
        ],
      }),
      'belong to no entry',
    ],
    ['with a name twice', buildZip({ entries: [entry, entry] }), 'a is there twice'],
    ['with a name that is not UTF-8', buildZip({ entries: [{ ...entry, name: Buffer.from([0xc3, 0x28]) }] }), 'not UTF-8'],
    ['with another name in the local header', buildZip({ entries: [{ ...entry, localName: utf8('b') }] }), 'disagree'],
    ['with an encrypted entry', buildZip({ entries: [{ ...entry, flags: 1 }] }), 'encrypted'],
    ['with strong encryption', buildZip({ entries: [{ ...entry, flags: 0x41 }] }), 'encryption'],
    ['packed by another method', buildZip({ entries: [{ ...entry, method: 12 }] }), 'method 12'],
    ['with a wrong checksum', buildZip({ entries: [{ ...entry, crc: 1 }] }), 'size and checksum'],
    ['with a size too small', buildZip({ entries: [{ ...entry, size: 5 }] }), 'size and checksum'],
    ['with a size too large', buildZip({ entries: [{ ...entry, size: 500 }] }), 'size and checksum'],
    [
      'whose directory counts fewer entries than it holds',
      buildZip({ entries: [entry, { ...entry, name: utf8('b') }], count: 1 }),
      'belong to nobody',
    ],
    ['whose directory counts more entries than it holds', buildZip({ entries: [entry], count: 2 }), 'unexpected EOF'],
  ]
  test.each(refused)('is refused when it is one %s', async (_what, file, why) => {
    expect(await refusal(file)).toMatch(/^malformed_container: /)
    expect(await refusal(file)).toContain(why)
  })

  test('is refused when two entries share their bytes', async () => {
    const inner = buildZip({ entries: [{ name: utf8('b'), bytes: utf8('x'), stored: true }] })
    const outer = buildZip({
      entries: [
        { name: utf8('a'), bytes: inner, stored: true },
        { name: utf8('b'), bytes: utf8('x'), stored: true },
      ],
    })
    const at = outer.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]))
    outer.writeUInt32LE(31, at + 42) // the second entry points into the first one's data, where a local header of that name lies
    expect(await refusal(outer)).toContain('share the bytes')
  })

  test('is refused before it is inflated when it is a bomb', async () => {
    const bomb = buildZip({ entries: [{ name: utf8('a'), bytes: new Uint8Array(80 * 1024 * 1024) }] })
    expect(await fastest(async () => expect(await refusal(bomb)).toContain('bytes out of'))).toBeLessThan(5000)
  })

  test('is refused when a bomb lies about its size: no more is inflated than it states', async () => {
    const bomb = buildZip({ entries: [{ name: utf8('a'), bytes: new Uint8Array(80 * 1024 * 1024), size: 1000 }] })
    expect(await fastest(async () => expect(await refusal(bomb)).toContain('size and checksum'))).toBeLessThan(5000)
  })

  test('is refused past its limits on entries and on bytes', async () => {
    const many = buildZip({
      entries: Array.from({ length: CONTAINER_LIMITS.entries + 1 }, (_, n) => ({ name: utf8(`${n}`), bytes: new Uint8Array() })),
    })
    expect(await refusal(many)).toContain('1001 entries, at most 1000')
    const limits = { ...CONTAINER_LIMITS, entryBytes: 30, totalBytes: 40 }
    const two = [entry, { ...entry, name: utf8('b') }]
    expect((await readZip(buildZip({ entries: two }), limits)).ok).toBe(false)
    expect((await readZip(buildZip({ entries: [entry] }), limits)).ok).toBe(true)
    expect((await readZip(buildZip({ entries: [entry] }), { ...limits, entryBytes: 20 })).ok).toBe(false)
  })
})

describe('three thousand archives, honest and not', () => {
  let figures: ZipFigures
  beforeAll(async () => {
    figures = await run(3000, 20251102)
    const { sample: _, ...shown } = figures
    console.log('ZIP:', shown)
  })

  test('are refused or read, and both often enough', () => {
    expect(figures.accepted / figures.cases).toBeGreaterThan(0.2)
    expect(figures.refused / figures.cases).toBeGreaterThan(0.2)
    expect(figures.slowestMs).toBeLessThan(20_000)
  })

  test.skipIf(!needs('python3'))('are the same archives for Python where we read them', () => {
    for (const [index, { file }] of figures.sample.entries()) writeFileSync(join(folder, `${index}.zip`), file)
    const said = runTool('python3', ['-c', PYTHON, folder, String(figures.sample.length)])
    const seen = JSON.parse(said.stdout.toString()) as (Record<string, string> | null)[]
    const accepted = figures.sample.flatMap(({ entries }, index) => (entries ? [{ entries, theirs: seen[index] }] : []))
    for (const { entries, theirs } of accepted)
      expect(theirs).toEqual(Object.fromEntries([...entries].map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')])))
    const refusedByUs = figures.sample.flatMap(({ entries }, index) => (entries ? [] : [seen[index]]))
    const alsoByThem = refusedByUs.filter((theirs) => theirs === null).length
    console.log(
      `Python reads ${accepted.length} of ${accepted.length} we read; of ${refusedByUs.length} we refuse it refuses ${alsoByThem}`,
    )
  })

  test.skipIf(!needs('unzip'))('pass unzip -t where we read them', () => {
    const accepted = figures.sample.filter(({ entries }) => entries && entries.size > 0).slice(0, 60)
    for (const [index, { file }] of accepted.entries()) {
      const path = join(folder, `accepted-${index}.zip`)
      writeFileSync(path, file)
      expect(runTool('unzip', ['-t', path]).status).toBeLessThanOrEqual(1) // 1: a warning, such as a name that climbs
    }
  })
})

const PYTHON = `
import json, sys, zipfile
out = []
for i in range(int(sys.argv[2])):
    try:
        z = zipfile.ZipFile(f'{sys.argv[1]}/{i}.zip')
        out.append({n.orig_filename.encode('cp437' if not n.flag_bits & 0x800 else 'utf-8').decode('utf-8'): z.read(n).hex() for n in z.infolist()})
    except Exception as e:
        out.append(None)
print(json.dumps(out))
`

/** Milliseconds of the fastest of five runs: the others say how busy the machine is. */
async function fastest(run: () => Promise<void>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let at = 0; at < 5; at++) {
    const before = performance.now()
    await run()
    best = Math.min(best, performance.now() - before)
  }
  return best
}
