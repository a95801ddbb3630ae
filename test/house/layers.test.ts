import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ROOT = dirname(dirname(import.meta.dirname))
const OURS = ['bin', 'lib', 'src', 'functions', 'scenarios', 'test', 'bench'].filter((name) => existsSync(join(ROOT, name)))
type Dependency = { readonly resolved: string; readonly dependencyTypes: readonly string[] }
type Report = {
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly Dependency[] }[]
  readonly summary: { readonly totalCruised: number; readonly violations: readonly { rule: { name: string }; from: string; to: string }[] }
}

/** file → one import that its folder may not have, and the rule that must say so. */
const MISTAKES: readonly (readonly [file: string, line: string, rule: string])[] = [
  ['src/base/planted.ts', "import '../protocol/target.ts'", 'src/base reaches too far'],
  ['src/protocol/planted.ts', "import '../trust/target.ts'", 'src/protocol reaches too far'],
  ['src/trust/planted.ts', "import '../evidence/target.ts'", 'src/trust reaches too far'],
  ['src/trust/planted-type.ts', "import type { T } from '../evidence/target.ts'\nexport type U = T", 'src/trust reaches too far'],
  ['src/evidence/planted.ts', "import '../exchange/target.ts'", 'src/evidence reaches too far'],
  ['src/metering/planted.ts', "import '../evidence/target.ts'", 'src/metering reaches too far'],
  ['src/exchange/planted.ts', "import '../adapters/target.ts'", 'src/exchange reaches too far'],
  ['src/adapters/planted.ts', "import '../local/target.ts'", 'src/adapters reaches too far'],
  ['src/local/planted.ts', "import '../cli/target.ts'", 'src/local reaches too far'],
  ['src/cli/planted.ts', "import '../../functions/consume/handler.ts'", 'src/cli reaches too far'],
  ['functions/consume/planted.ts', "import '../../src/local/target.ts'", 'functions reaches too far'],
  ['scenarios/planted.ts', "import '../src/cli/target.ts'", 'scenarios reaches too far'],
  ['lib/planted.ts', "import '../src/adapters/target.ts'", 'lib reaches too far'],
  ['bin/planted.ts', "import '../src/local/target.ts'", 'bin reaches too far'],
  ['console/planted.ts', "import '../src/base/target.ts'", 'console reaches too far'],
  ['src/protocol/planted-io.ts', "import 'node:fs'", 'pure code does no I/O'],
  ['src/trust/planted-io.ts', "import { connect } from 'net'\nexport const c = connect", 'pure code does no I/O'],
  ['src/evidence/planted-sdk.ts', "import '@aws-sdk/client-kms'", 'pure code knows no cloud'],
  ['src/local/planted-aws.ts', "import '../adapters/aws/target.ts'", 'AWS is bound in index.ts and the CLI'],
  ['functions/consume/handler.ts', "import '@middy/core'", 'a handler knows neither middy nor AWS'],
  ['src/local/planted-door.ts', "import '../../functions/consume/index.ts'", 'nobody imports a bound door'],
  ['src/cli/planted-dev.ts', "import 'fast-check'", 'shipped code needs no development package'],
  ['test/peer/planted.ts', "import '../../src/protocol/target.ts'", 'the stock-shaped peer of the tests knows nothing of ours'],
  [
    'test/peer/planted-type.ts',
    "import type { T } from '../../src/base/target.ts'\nexport type U = T",
    'the stock-shaped peer of the tests knows nothing of ours',
  ],
  ['src/base/planted-lost.ts', "import './nowhere.ts'", 'every import is found'],
  ['src/base/circle-a.ts', "import './circle-b.ts'", 'no circles'],
  ['src/trust/planted-reexport.ts', "export { T } from '../evidence/target.ts'", 'src/trust reaches too far'],
  ['src/trust/planted-lazy.ts', "export const load = () => import('../evidence/target.ts')", 'src/trust reaches too far'],
]
const FOLDERS = [
  'src/base',
  'src/protocol',
  'src/trust',
  'src/evidence',
  'src/metering',
  'src/exchange',
  'src/adapters',
  'src/adapters/aws',
  'src/local',
  'src/cli',
]
const TOPS = ['bin', 'console', 'functions', 'lib', 'scenarios', 'src', 'test']

function cruise(cwd: string, folders: readonly string[]): Report {
  const tool = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const args = [tool, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders]
  const done = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (!done.stdout.startsWith('{')) throw new Error(`dependency-cruiser ended with ${done.status}: ${done.stderr}`)
  return JSON.parse(done.stdout) as Report
}

describe('the import table', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-layers-'))
  let report: Report
  beforeAll(() => {
    for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) cpSync(join(ROOT, name), join(folder, name))
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    for (const name of FOLDERS) plant(folder, `${name}/target.ts`, 'export type T = string\nexport const T = 1')
    plant(folder, 'functions/consume/index.ts', 'export const handler = 1')
    plant(folder, 'src/evidence/sound.ts', "import '../trust/target.ts'\nimport 'node:crypto'")
    plant(folder, 'src/base/circle-b.ts', "import './circle-a.ts'")
    for (const [file, line] of MISTAKES) plant(folder, file, line)
    report = cruise(folder, TOPS)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  for (const [file, line, rule] of MISTAKES)
    test(`finds ${line.split('\n')[0]} in ${file}`, () =>
      expect(report.summary.violations.filter((each) => each.from === file).map((each) => each.rule.name)).toContain(rule))

  test('leaves what is allowed alone', () => expect(report.summary.violations.filter(({ from }) => from.endsWith('sound.ts'))).toEqual([]))
})

/** dependency-cruiser does not see `export type … from`, so these are held against its own table here. */
function reexportedTypes(root: string, folders: readonly string[]): readonly string[] {
  const { forbidden } = createRequire(import.meta.url)(join(ROOT, '.dependency-cruiser.cjs')) as { forbidden: readonly Rule[] }
  const files = folders.flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' }).map((name) => `${top}/${name}`),
  )
  return files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((from) =>
      [...readFileSync(join(root, from), 'utf8').matchAll(/^export type \{[^}]*\} from '(\.[^']+)'/gm)].flatMap(([, target]) => {
        const to = relative(root, resolve(root, dirname(from), target as string))
        return forbidden.filter((rule) => breaks(rule, from, to)).map(({ name }) => `${name}: ${from} → ${to}`)
      }),
    )
}

type Side = { readonly path?: string; readonly pathNot?: string | readonly string[] }
type Rule = {
  readonly name: string
  readonly from: Side
  readonly to: Side & { readonly dependencyTypes?: unknown; readonly circular?: unknown; readonly couldNotResolve?: unknown }
}
const fits = ({ path, pathNot }: Side, file: string) =>
  (path === undefined || new RegExp(path).test(file)) && ![pathNot ?? []].flat().some((not) => new RegExp(not).test(file))
const breaks = ({ from, to }: Rule, here: string, there: string) =>
  to.path !== undefined && !to.dependencyTypes && fits(from, here) && fits(to, there)

test('the import table holds for types that are passed on', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-types-'))
  plant(folder, 'src/evidence/target.ts', 'export type T = string')
  plant(folder, 'src/trust/planted.ts', "export type { T } from '../evidence/target.ts'")
  plant(folder, 'src/exchange/sound.ts', "export type { T } from '../evidence/target.ts'")
  expect(reexportedTypes(folder, ['src'])).toEqual(['src/trust reaches too far: src/trust/planted.ts → src/evidence/target.ts'])
  rmSync(folder, { recursive: true })
  expect(reexportedTypes(ROOT, OURS)).toEqual([])
})

function plant(folder: string, file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), `${text}\n`)
}

test('the project keeps the import table, and every module was looked at', () => {
  const { summary } = cruise(ROOT, OURS)
  expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([])
  expect(summary.totalCruised).toBeGreaterThan(100)
  for (const cruised of [cruise(ROOT, ['src/base']), cruise(ROOT, ['src/protocol'])])
    expect(cruised.summary.totalCruised).toBeGreaterThan(2)
})

/** What a module needs in order to start: its imports and theirs, but those made later or only for their types. */
function neededBy(start: string, { modules }: Report): ReadonlySet<string> {
  const byName = new Map(modules.map(({ source, dependencies }) => [source, dependencies]))
  const needed = new Set([start])
  for (const name of needed)
    for (const { resolved, dependencyTypes } of byName.get(name) ?? [])
      if (!dependencyTypes.some((kind) => ['dynamic-import', 'type-only', 'type-import'].includes(kind))) needed.add(resolved)
  return needed
}

test('verifying needs nothing of the local world, the flows, the doors or the cloud', () => {
  const report = cruise(ROOT, ['bin', 'src'])
  for (const start of ['bin/sacbe.ts', 'src/cli/verify.ts', 'src/cli/verify-archive.ts', 'src/cli/conf-verify.ts']) {
    const needed = [...neededBy(start, report)]
    expect(needed.length).toBeGreaterThan(5)
    expect(
      needed.filter((name) => /^(src\/(exchange|adapters)|functions)\//.test(name)),
      start,
    ).toEqual([])
    expect(
      needed.filter((name) => name.startsWith('src/local/') && name !== 'src/local/troubles.ts'),
      start,
    ).toEqual([])
  }
})
