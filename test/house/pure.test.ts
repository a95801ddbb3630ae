import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = dirname(dirname(import.meta.dirname))
const PURE = ['base', 'protocol', 'trust', 'evidence', 'metering', 'exchange']

/** One mistake a file; each must be found. */
const MISTAKES: Record<string, string> = {
  'the clock': 'export const at = Date.now()',
  'the clock by a bracket': "export const at = Date['now']()",
  'the clock by a new date': 'export const at = new Date()',
  'the clock by a bare new date': 'export const at = new Date',
  'the clock by a call': 'export const at = Date()',
  'the clock by another name': 'const { now } = Date\nexport const at = now()',
  'the running time': 'export const at = performance.now()',
  'the running time by import': "import { performance as clock } from 'node:perf_hooks'\nexport const at = clock.now()",
  waiting: 'export const wait = () => setTimeout(() => {}, 5)',
  chance: 'export const any = Math.random()',
  'chance by another name': 'const { random } = Math\nexport const any = random()',
  'random bytes': "import { randomBytes } from 'node:crypto'\nexport const any = randomBytes(3)",
  'random bytes renamed': "import { randomBytes as some } from 'node:crypto'\nexport const any = some(3)",
  'a random id': "import { randomUUID } from 'node:crypto'\nexport const any = randomUUID()",
  'a random id of the global': 'export const any = crypto.randomUUID()',
  'a random id by the whole module': "import * as all from 'node:crypto'\nexport const any = all.randomUUID()",
  'a random id by the default export': "import all from 'node:crypto'\nexport const any = all",
  'a setting': 'export const setting = process.env.HOME',
  'a setting by a bracket': "export const setting = process['env']",
  'a setting by import': "import { env } from 'node:process'\nexport const setting = env",
  'a setting by the global': 'export const setting = globalThis.process',
  'a setting of the module': 'export const setting = import.meta.dirname',
  'the network': "export const got = fetch('http://localhost')",
}
const ALLOWED = `import { createHash } from 'node:crypto'
export const told = (ms: number) => new Date(ms).toISOString()
export const then = Date.UTC(2025, 0, 1) + Date.parse('2025-01-01T00:00:00Z')
export const most = Math.max(1, 2)
export const digest = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest()
export type Clock = { process: number; now: Date }
`
const slug = (name: string) => name.replaceAll(/\W+/g, '-')

describe('a pure folder takes no time, chance or settings of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-pure-'))
  let report = ''
  beforeAll(() => {
    cpSync(join(ROOT, 'biome.json'), join(folder, 'biome.json'))
    cpSync(join(ROOT, '.biome'), join(folder, '.biome'), { recursive: true })
    for (const pure of [...PURE, 'adapters']) {
      mkdirSync(join(folder, 'src', pure), { recursive: true })
      writeFileSync(join(folder, 'src', pure, 'allowed.ts'), ALLOWED)
      for (const [name, text] of Object.entries(MISTAKES)) writeFileSync(join(folder, 'src', pure, `${slug(name)}.ts`), `${text}\n`)
    }
    report = lint(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  for (const pure of PURE)
    for (const name of Object.keys(MISTAKES)) test(`${name} is found in src/${pure}`, () => expect(report).toMatch(found(pure, slug(name))))

  for (const pure of PURE) test(`what is given may be used in src/${pure}`, () => expect(report).not.toMatch(found(pure, 'allowed')))
  for (const name of Object.keys(MISTAKES))
    test(`${name} is free in src/adapters`, () => expect(report).not.toMatch(found('adapters', slug(name))))
})

/** Only our own rules: noRestrictedGlobals, noRestrictedImports and the plugin. */
const found = (folder: string, name: string) =>
  new RegExp(`src/${folder}/${name}\\.ts:\\d+:\\d+ (lint/style/noRestricted(Globals|Imports)|plugin) `)

function lint(folder: string): string {
  const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome')
  const done = spawnSync(process.execPath, [biome, 'lint', '--max-diagnostics=none', '--colors=off', 'src'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (done.status !== 1) throw new Error(`biome ended with ${done.status}: ${done.stderr}`)
  return done.stdout + done.stderr
}
