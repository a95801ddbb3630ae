import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HOUR, type Instant, instant, later } from '../../src/base/clock.ts'
import { confVerify } from '../../src/cli/conf-verify.ts'
import type { Io } from '../../src/cli/io.ts'
import type { Answer } from '../../src/cli/verify-answer.ts'
import { writeAnchor } from '../../src/trust/anchor.ts'
import { writeSharedParameters } from '../../src/trust/write-shared-parameters.ts'
import { partLocation, writeSignedDirectory } from '../../src/trust/write-signed-directory.ts'
import { exampleDraft } from '../trust/example.ts'
import { directorySigner } from '../trust/signer.ts'

const AT = instant(Date.UTC(2026, 1, 6, 10))
const folder = mkdtempSync(join(tmpdir(), 'sacbe-conf-'))
const location = partLocation(6, AT, 'shared-params.xml')
const shared = writeSharedParameters(exampleDraft(), 6)
const { signer, sign } = directorySigner()

function put(path: string, bytes: Uint8Array): string {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), bytes)
  return join(folder, path)
}
const anchorFor = (instance: string, certificates: readonly Uint8Array[]) =>
  put(`${instance}.xml`, writeAnchor({ instance, sources: [{ url: 'http://centro.example/internalconf', certificates }] }))

let file: string
let anchor: string
beforeAll(async () => {
  const parts = [{ identifier: 'SHARED-PARAMETERS', instance: 'LAB', location, bytes: shared }]
  file = put('conf/internalconf', await writeSignedDirectory({ version: 6, expires: later(AT, HOUR), parts }, signer, sign))
  put(`conf${location}`, shared)
  anchor = anchorFor('LAB', [signer.certificate])
})
afterAll(() => rmSync(folder, { recursive: true }))

async function say(options: { file?: string; anchor?: string; at?: Instant; json?: boolean; lang?: Io['lang'] } = {}) {
  const [out, err]: [string[], string[]] = [[], []]
  const io: Io = {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    lang: options.lang ?? 'en',
    env: {},
    ask: async () => undefined,
    interrupted: new AbortController().signal,
  }
  const exit = await confVerify(
    options.file ?? file,
    { anchor: options.anchor ?? anchor, at: options.at ?? AT, json: options.json ?? true },
    io,
  )
  return { exit, out, err, answer: options.json === false || out.length === 0 ? undefined : (JSON.parse(out.join('')) as Answer) }
}

describe('conf verify', () => {
  test('gives one object with the shape of verify, and 0, for a directory that holds with all its parts', async () => {
    const { exit, out, answer } = await say()
    expect([exit, out.length]).toEqual([0, 1])
    expect(Object.keys(answer ?? {})).toEqual(['file', 'verdict', 'code', 'signer', 'timestamp', 'ocsp', 'parts', 'why'])
    expect(answer).toMatchObject({ file, verdict: 'valid', code: null, signer: 'CN=configuration rsa-sha512', timestamp: null, ocsp: null })
    expect(answer?.parts).toMatchObject([{ name: location, covered: true }])
  })
  test('finds the parts by their bare name too', async () => {
    const alone = put('alone/internalconf', readFileSync(file))
    put('alone/shared-params.xml', shared)
    expect((await say({ file: alone })).exit).toBe(0)
  })
  test.each([
    [
      'a part that is not there',
      () => say({ file: put('bare/internalconf', readFileSync(file)) }),
      'global_conf_part_downloaded_file_integrity_failure',
    ],
    [
      'a part that was changed',
      () => {
        put(`changed${location}`, Buffer.concat([shared, Buffer.from('\n')]))
        return say({ file: put('changed/internalconf', readFileSync(file)) })
      },
      'global_conf_part_downloaded_file_integrity_failure',
    ],
    ['an hour later', () => say({ at: later(AT, HOUR) }), 'global_conf_outdated'],
    ['the anchor of another instance', () => say({ anchor: anchorFor('OTRA', [signer.certificate]) }), 'malformed_global_conf'],
    [
      'an anchor with another key',
      () => say({ anchor: anchorFor('LAB-2', [directorySigner('rsa-sha256').signer.certificate]) }),
      'global_conf_missing_verification_cert',
    ],
    ['something else for a directory', () => say({ file: join(folder, 'LAB.xml') }), 'mime_parsing_failed'],
  ])('refuses with 1: %s', async (_what, run, code) => {
    const { exit, answer } = await run()
    expect(answer).toMatchObject({ verdict: 'invalid', code })
    expect(exit).toBe(1)
  })
  test('cannot run, and says why on standard error only, without the directory, the anchor or an anchor that is one', async () => {
    for (const options of [{ file: join(folder, 'nothing') }, { anchor: join(folder, 'nothing') }, { anchor: file }]) {
      const { exit, out, err } = await say(options)
      expect([exit, out]).toEqual([2, []])
      expect(err.join('')).not.toBe('')
    }
  })
  test('follows no path out of the folder', async () => {
    put('secret/shared-params.xml', shared)
    const parts = [{ identifier: 'SHARED-PARAMETERS', instance: 'LAB', location: '/../secret/shared-params.xml', bytes: shared }]
    const escaping = await writeSignedDirectory({ version: 6, expires: later(AT, HOUR), parts }, signer, sign)
    const { answer } = await say({ file: put('jail/internalconf', escaping) })
    expect(answer?.code).toBe('global_conf_part_downloaded_file_integrity_failure')
  })
  test('tells a person the same, in the language asked for', async () => {
    expect((await say({ json: false })).out.join('\n')).toMatch(
      /VALID\n {2}The signature is good and the parts it names \(1\).*\n.*Signed by: CN=/,
    )
    const { out } = await say({ json: false, lang: 'es', at: later(AT, HOUR) })
    expect(out.join('\n')).toMatch(/NO VÁLIDO \[global_conf_outdated\]\n {2}La configuración ya había vencido\./)
  })
})
