import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { instant } from '../../src/base/clock.ts'
import type { Io } from '../../src/cli/io.ts'
import { verify } from '../../src/cli/verify.ts'
import type { Answer } from '../../src/cli/verify-answer.ts'
import { verifyArchive } from '../../src/cli/verify-archive.ts'
import { packArchive } from '../../src/evidence/archive.ts'
import { readZip, writeZip } from '../../src/evidence/zip.ts'

const own = fileURLToPath(new URL('../vectors/own/', import.meta.url))
const [trust, file] = [join(own, 'globalconf'), join(own, 'containers', 'rest-body.asice')]
const single = join(own, 'containers', 'single.asice')
const broken = join(own, 'containers', 'edge', 'broken-signature-value.asice')
const folder = mkdtempSync(join(tmpdir(), 'sacbe-verify-'))
afterAll(() => rmSync(folder, { recursive: true }))
const put = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

type Said = { readonly exit: number; readonly out: readonly string[]; readonly err: readonly string[]; readonly answers: readonly Answer[] }
async function heard(run: (io: Io) => Promise<number>, json: boolean, lang: Io['lang']): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []]
  const say = (lines: string[]) => (line: string) => {
    lines.push(line)
  }
  const io: Io = { out: say(out), err: say(err), lang, env: {}, ask: async () => undefined, interrupted: new AbortController().signal }
  const exit = await run(io)
  return { exit, out, err, answers: json ? out.map((line) => JSON.parse(line) as Answer) : [] }
}
const judge = (files: readonly string[], { profile = 'stock', json = true, lang = 'en', trusted = trust }: Options = {}): Promise<Said> =>
  heard((io) => verify(files, { trust: trusted, profile, json }, io), json, lang)
type Options = { readonly profile?: 'stock' | 'strict'; readonly json?: boolean; readonly lang?: Io['lang']; readonly trusted?: string }

describe('verify', () => {
  test('answers with one object a line, of one shape', async () => {
    const { exit, answers, err } = await judge([file, broken])
    expect([exit, err]).toEqual([1, []])
    expect(answers.map((answer) => Object.keys(answer))).toEqual(
      Array(2).fill(['file', 'verdict', 'code', 'signer', 'timestamp', 'ocsp', 'parts', 'why']),
    )
    expect(answers[0]).toMatchObject({ file, verdict: 'valid', code: null, signer: 'LB/GOV/M1/APP' })
    expect(answers[0]?.timestamp).toMatch(/^2026-11-23T06:3\d:\d\dZ$/)
    expect(answers[0]?.ocsp).toMatch(/^2026-11-23T06:3\d:\d\dZ$/)
    expect(answers[0]?.parts.map(({ name, covered }) => [name, covered])).toEqual([
      ['/message.xml', true],
      ['/attachment1', true],
    ])
    expect(answers[0]?.parts[0]?.digest).toMatch(/^[0-9a-f]{128}$/)
    expect(answers[1]).toMatchObject({ file: broken, verdict: 'invalid', code: 'invalid_signature_value', signer: null, ocsp: null })
    expect(answers[1]?.parts.every((part) => !part.covered)).toBe(true)
  })

  test('gives 0 when all are valid, 1 when some are not, 2 when one cannot be read, and judges the others', async () => {
    expect((await judge([single, file])).exit).toBe(0)
    expect((await judge([single, broken])).exit).toBe(1)
    const { exit, answers, err } = await judge([broken, join(folder, 'nowhere'), single])
    expect([exit, answers.length, err.length]).toEqual([2, 2, 1])
    expect(err[0]).toContain('Cannot read')
  })

  test('gives 2 when the trust folder is none', async () => {
    for (const trusted of [join(folder, 'nowhere'), folder]) {
      const { exit, out, err } = await judge([single], { trusted })
      expect([exit, out, err.length]).toEqual([2, [], 1])
      expect(err[0]).toContain(trusted)
    }
  })

  test('judges as strictly as it is told', async () => {
    const spare = join(own, 'containers', 'edge', 'zip-extra-entry.asice')
    expect((await judge([spare])).answers[0]?.verdict).toBe('valid')
    expect((await judge([spare], { profile: 'strict' })).answers[0]).toMatchObject({ verdict: 'invalid', code: 'unaccounted_bytes' })
  })

  test('names what the signature covers though it is not there, and what it does not cover though it is', async () => {
    const missing = (await judge([join(own, 'containers', 'edge', 'chain-missing-body.asice')])).answers[0]
    expect(missing?.parts.map(({ name, covered }) => [name, covered])).toEqual([
      ['/message.xml', true],
      ['/attachment1', false],
    ])
    const uncovered = (await judge([join(own, 'containers', 'edge', 'direct-uncovered-body.asice')])).answers[0]
    expect(uncovered?.parts[1]).toMatchObject({ name: '/attachment1', covered: false })
    expect(uncovered?.why).toContain('prove nothing about /attachment1')
  })

  test('says why in the language asked for, in both when none is', async () => {
    const why = async (lang: Io['lang']) => (await judge([broken], { lang })).answers[0]?.why
    expect(await why('es')).toMatch(/^La firma no corresponde a su contenido/)
    expect(await why('en')).toMatch(/^The signature does not match its content/)
    expect(await why('both')).toMatch(/^La firma no corresponde.* \/ The signature does not match/)
  })

  test('tells a person who signed, when it existed, and what is covered', async () => {
    const { out, exit } = await judge([file], { json: false, lang: 'es' })
    expect(exit).toBe(0)
    expect(out.join('\n')).toMatch(
      /rest-body\.asice: VÁLIDO\n {2}La firma.*\n {2}Firmado por: LB\/GOV\/M1\/APP\n {2}Existía en: 2026-.*Z\n {2}Certificado vigente.*\n {2}\/message\.xml: cubierta por la firma; SHA-512 [0-9a-f]{128}\n {2}\/attachment1: cubierta/,
    )
    const bad = await judge([broken], { json: false, lang: 'en' })
    expect(bad.out.join('\n')).toMatch(/NOT VALID \[invalid_signature_value\]\n {2}The signature does not match/)
  })
})

describe('verify-archive', () => {
  const AT = instant(Date.UTC(2026, 10, 23))
  const container = (name: string, from: string) => ({ name: `${name}.asice`, bytes: readFileSync(from), at: AT })
  const first = packArchive([container('a', single), container('b', file)], undefined)
  const second = packArchive([container('c', single), container('d', broken)], { link: first.last, file: first.name })
  const paths = [put('first.zip', first.bytes), put('second.zip', second.bytes)] as const
  const archive = (path: string, previous: string, { json = true, lang = 'en', trusted }: Options = {}): Promise<Said> =>
    heard((io) => verifyArchive(path, { previous, ...(trusted && { trust: trusted }), profile: 'stock', json }, io), json, lang)

  test('holds by the last link of the archive before, and says its own', async () => {
    const { exit, answers } = await archive(paths[0], 'first')
    expect([exit, answers.length]).toEqual([0, 1])
    expect(answers[0]).toMatchObject({ file: paths[0], verdict: 'valid', code: null })
    expect(answers[0]?.parts.at(-1)?.digest).toBe(first.last)
    expect(answers[0]?.why).toContain(first.last)
    expect((await archive(paths[1], first.last.toUpperCase())).exit).toBe(0)
    expect((await archive(paths[1], 'first')).answers[0]).toMatchObject({ verdict: 'invalid', code: 'archive_linking_broken' })
    expect((await archive(paths[0], second.last)).exit).toBe(1)
  })

  test('names the altered entry', async () => {
    const entries = await readZip(first.bytes)
    if (!entries.ok) throw new Error(entries.fault.detail)
    const altered = [...entries.value].map(([name, bytes]) => ({ name, bytes: name === 'b.asice' ? Buffer.from('x') : bytes }))
    const { exit, answers } = await archive(put('altered.zip', writeZip(altered, AT)), 'first')
    expect(exit).toBe(1)
    expect(answers[0]?.why).toContain('altered: b.asice')
    expect(answers[0]?.parts.map(({ name, covered }) => [name, covered])).toEqual([
      ['a.asice', true],
      ['b.asice', false],
    ])
    const text = await archive(join(folder, 'altered.zip'), 'first', { json: false, lang: 'es' })
    expect(text.out[0]).toContain('b.asice: ALTERADO; eslabón')
  })

  test('judges every container too when it is given whom to trust', async () => {
    const good = await archive(paths[0], 'first', { trusted: trust })
    expect([good.exit, good.answers.map(({ verdict }) => verdict)]).toEqual([0, ['valid', 'valid', 'valid']])
    const bad = await archive(paths[1], first.last, { trusted: trust })
    expect([bad.exit, bad.answers.map(({ verdict }) => verdict)]).toEqual([1, ['invalid', 'valid', 'invalid']])
    expect(bad.answers[0]).toMatchObject({ code: 'invalid_signature_value' })
    expect(bad.answers[0]?.why).toContain('d.asice')
    expect(bad.answers.map((answer) => answer.file)).toEqual([paths[1], `${paths[1]}!c.asice`, `${paths[1]}!d.asice`])
  })

  test('refuses what is no archive, and gives 2 for what it cannot read', async () => {
    expect((await archive(put('no.zip', Buffer.from('no zip')), 'first')).answers[0]).toMatchObject({
      verdict: 'invalid',
      code: 'malformed_container',
    })
    expect((await archive(single, 'first')).answers[0]).toMatchObject({ code: 'archive_linking_broken' })
    expect((await archive(join(folder, 'nowhere'), 'first')).exit).toBe(2)
    expect((await archive(paths[0], 'first', { trusted: folder })).exit).toBe(2)
  })
})
