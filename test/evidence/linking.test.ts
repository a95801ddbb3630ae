import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { instant } from '../../src/base/clock.ts'
import { archiveName, packArchive } from '../../src/evidence/archive.ts'
import { LINKING_INFO, readArchive, verifyChain } from '../../src/evidence/archive-verify.ts'
import { decodeLinkingInfo, encodeLinkingInfo, type Link, link, linkingInfo } from '../../src/evidence/linking.ts'
import { readZip, writeZip } from '../../src/evidence/zip.ts'
import { vector, vectors } from '../vectors.ts'

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8')
const AT = instant(Date.UTC(2025, 0, 2, 3, 4, 5))
const container = (name: string, at = AT) => ({ name: `${name}.asice`, bytes: utf8(name), at })

describe('a link', () => {
  // Worked example of the archive format: three-byte "containers".
  test('joins the two digests as hexadecimal text', () => {
    const first = link('', utf8('abc'))
    expect(first).toBe(
      'ee02b3dd5b2c06e4e61888d141998abac194d57692f77ae7a28d748fdf9b9f28f756d980687f7290f1306857edf3fe01f8ebf4626880d49a33e029399cb2d700',
    )
    expect(link(first, utf8('def'))).toBe(
      'cd31f8a5727c9cee4a124f5d564ad4275f0c56e4e1ccd013f48923caff2cbda335f4982f8e9e9b3e95b1436df26a742092ef9bb570417544d6c3590a54b60858',
    )
  })
})

describe('linking information', () => {
  test('is one line for what came before and one for each container', () => {
    const text = Buffer.from(encodeLinkingInfo(linkingInfo({ link: 'ab'.repeat(64), file: 'mlog-a b.zip' }, [container('x')]))).toString()
    expect(text).toMatch(/^(ab){64} mlog-a b\.zip SHA-512\n[0-9a-f]{128} x\.asice\n$/)
  })

  test('reads back as it was written', () => {
    for (const previous of [undefined, { link: 'ab'.repeat(64), file: 'mlog-a b.zip' }]) {
      const info = linkingInfo(previous, [container('x'), container('name with blanks')])
      const read = decodeLinkingInfo(encodeLinkingInfo(info))
      expect(read.ok && read.value).toEqual(info)
    }
  })

  test.each([
    ['', 'the first line'],
    ['- - MD5\n', 'the first line'],
    ['- - SHA-1\n', 'the first line'],
    ['- -\n', 'the first line'],
    [`- - SHA-512\n${'a'.repeat(64)} x\n`, 'line 2'],
    [`- - SHA-256\n${'a'.repeat(64)} x\n${'A'.repeat(64)} y\n`, 'line 3'],
    [`- - SHA-256\n${'a'.repeat(64)}\n`, 'line 2'],
  ])('is refused in another form: %j', (text, where) => {
    const read = decodeLinkingInfo(utf8(text))
    expect(read.ok ? '' : read.fault.path.join('.')).toBe('archive_linking_broken')
    expect(read.ok ? '' : read.fault.detail).toContain(where)
  })
})

describe('an archive file', () => {
  const three = [container('a', instant(AT + 4000)), container('b'), container('c', instant(AT + 1000))]
  const [first, previous] = [packArchive(three, undefined), 'first'] as const

  test('is named by its times in UTC and its last link', () => {
    expect(first.name).toBe(`mlog-20250102030405-20250102030409-${first.last.slice(0, 16)}.zip`)
    expect(archiveName('QRO/GOB/DIF', AT, AT, first.last)).toBe(
      `mlog-QRO_GOB_DIF-20250102030405-20250102030405-${first.last.slice(0, 16)}.zip`,
    )
  })

  test('is the same bytes each time', () => {
    expect(Buffer.from(packArchive(three, undefined).bytes).equals(first.bytes)).toBe(true)
  })

  test('continues the one before, and only that one', async () => {
    const second = packArchive([container('d')], { link: first.last, file: first.name })
    const archive = await readArchive(second.bytes)
    if (!archive.ok) throw new Error(archive.fault.detail)
    expect(verifyChain(archive.value, first.last)).toMatchObject({ last: second.last })
    expect(verifyChain(archive.value, first.last).fault).toBeUndefined()
    expect(verifyChain(archive.value, 'first').fault).toContain('continues')
    expect(verifyChain(archive.value, 'ab'.repeat(64)).fault).toContain('continues')
  })

  const altered = async (change: (entries: Map<string, Uint8Array>) => void): Promise<string> => {
    const entries = await readZip(first.bytes)
    if (!entries.ok) throw new Error(entries.fault.detail)
    const copy = new Map(entries.value)
    change(copy)
    const archive = await readArchive(
      writeZip(
        [...copy].map(([name, bytes]) => ({ name, bytes })),
        AT,
      ),
    )
    return archive.ok ? (verifyChain(archive.value, previous).fault ?? 'holds') : archive.fault.detail
  }
  const editLine = (entries: Map<string, Uint8Array>, edit: (text: string) => string) =>
    entries.set(LINKING_INFO, utf8(edit(Buffer.from(entries.get(LINKING_INFO) ?? []).toString())))

  test('names the altered entry, whichever it is, and no other', async () => {
    for (const name of ['a.asice', 'b.asice', 'c.asice']) {
      expect(await altered((entries) => entries.set(name, utf8('!')))).toBe(`altered: ${name}`)
      expect(await altered((entries) => editLine(entries, (text) => text.replace(new RegExp(`[0-9a-f]{4}( ${name})`), '0000$1')))).toBe(
        `altered: ${name}`,
      )
    }
  })

  test('does not hold when an entry is removed, added, swapped or unlinked', async () => {
    expect(await altered(() => undefined)).toBe('holds')
    expect(await altered((entries) => entries.delete('b.asice'))).toBe('b.asice is missing')
    expect(await altered((entries) => entries.set('d.asice', utf8('d')))).toBe('d.asice is not linked')
    expect(await altered((entries) => entries.delete(LINKING_INFO))).toBe('linkinginfo is missing')
    expect(await altered((entries) => entries.set('a.asice', utf8('b')).set('b.asice', utf8('a')))).toBe('altered: a.asice, b.asice')
    expect(await altered((entries) => editLine(entries, (text) => text.replace(/\n[^\n]*\n$/, '\n')))).toBe('c.asice is not linked')
  })
})

const PREVIOUS = 'previous digest ([0-9a-f]{64,})'
describe.skipIf(!vectors())('the archives of the vectors', () => {
  test('hold or break as the index says', async () => {
    const index = vector('INDEX.md').toString()
    const rows = [...index.matchAll(/^\| (archive\/\S+) \|[^|]*\|[^|]*\| ([^|]*) \|/gm)].map(
      ([, file, expected]) => [file as string, expected as string] as const,
    )
    const before = new RegExp(PREVIOUS).exec(rows[0]?.[1] ?? '')?.[1] as Link
    let agree = 0
    for (const [file, expected] of rows) {
      const archive = await readArchive(vector(file))
      const verdict = archive.ok ? verifyChain(archive.value, file.includes('archive-1a') ? before : 'first') : undefined
      const holds = verdict !== undefined && verdict.fault === undefined
      const last = /last digest ([0-9a-f]{64,})/.exec(expected)?.[1]
      if (holds === expected.startsWith('VALID') && (last === undefined || verdict?.last === last)) agree++
      else console.log('miss', file, verdict, archive)
    }
    console.log(`archives: ${agree} of ${rows.length} rows`)
    expect(rows.length).toBeGreaterThan(5)
    expect(agree).toBe(rows.length)
  })
})

describe('our own archives, which the tools of stock X-Road 7.2.2 and 7.8 take', () => {
  const folder = fileURLToPath(new URL('../vectors/own/archive/', import.meta.url))
  const archives = readFileSync(join(folder, 'last-digests.txt'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ') as [file: string, last: Link])

  test('hold, the second by the last link of the first, and give the links that the tools print', async () => {
    let previous: Link | 'first' = 'first'
    for (const [file, last] of archives) {
      const archive = await readArchive(readFileSync(join(folder, file)))
      if (!archive.ok) throw new Error(archive.fault.detail)
      expect(verifyChain(archive.value, previous)).toMatchObject({ last })
      expect(verifyChain(archive.value, previous).fault).toBeUndefined()
      expect(verifyChain(archive.value, previous === 'first' ? last : 'first').fault).toBeDefined()
      previous = last
    }
    expect(archives.length).toBe(2)
  })

  test('are written anew as the same entries, the linking information byte for byte', async () => {
    for (const [file] of archives) {
      const entries = await readZip(readFileSync(join(folder, file)))
      if (!entries.ok) throw new Error(entries.fault.detail)
      const info = decodeLinkingInfo(entries.value.get(LINKING_INFO) ?? new Uint8Array())
      if (!info.ok) throw new Error(info.fault.detail)
      const containers = [...entries.value].filter(([name]) => name !== LINKING_INFO).map(([name, bytes]) => ({ name, bytes, at: AT }))
      const ours = packArchive(containers, info.value.previous)
      const again = await readZip(ours.bytes)
      expect(again.ok && [...again.value]).toEqual([...entries.value])
      expect(ours.name).toBe(file)
    }
  })
})
