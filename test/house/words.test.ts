import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = dirname(dirname(import.meta.dirname))
const OURS = ['bin', 'src', 'functions', 'lib', 'scenarios', 'test', 'bench', 'docs', '.ci'].filter((name) => existsSync(join(ROOT, name)))

/** Every text file of ours but this one, by its path. */
const files = new Map(
  [
    ...OURS.flatMap((top) => readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).map((name) => join(top, name))),
    'README.md',
    'CONTRIBUTING.md',
    'package.json',
  ]
    .filter((name) => /\.(ts|mjs|md|ya?ml|json|txt)$|\.ci\/run$/.test(name) && join(ROOT, name) !== import.meta.filename)
    .filter((name) => existsSync(join(ROOT, name)))
    .map((name) => [name, readFileSync(join(ROOT, name), 'utf8')] as const),
)
const naming = (pattern: RegExp) => [...files].filter(([, text]) => pattern.test(text)).map(([name]) => name)

describe('the words of the house', () => {
  test('every file was looked at', () => expect(files.size).toBeGreaterThan(150))
  test('no file names a folder of one machine', () => expect(naming(/(^|[\s'"`(])\/(work|home|root|Users)\/\w/m)).toEqual([]))
  test('no file cites what its reader cannot see', () =>
    expect(naming(/shared\/(spec|design)|\b(architecture|libraries|product|style)\.md\b/)).toEqual([]))
  test('no file is called after nothing', () =>
    expect([...files.keys()].filter((name) => /(manager|helper|util|impl)s?\b/i.test(name.split('/').at(-1) as string))).toEqual([]))
  test('no type or function is called after nothing', () =>
    expect(naming(/\b(class|type|interface|function|const) \w*(Manager|Helper|Utils?|Impl)\b/)).toEqual([]))
  test('the mark of others stands with its sign where people read it first', () => {
    for (const name of ['README.md', 'CONTRIBUTING.md', 'package.json'])
      expect(files.get(name), name).toMatch(/compatible (con|with) X-Road®/)
  })
  test('no module of ours is replaced in a test', () => expect(naming(/\bvi\.(mock|doMock|hoisted)\(/)).toEqual([]))
  test('dependencies are pinned exactly', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(files.get('package.json') as string) as Record<
      string,
      Record<string, string>
    >
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }))
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/)
  })
  test('every decision is in the list of decisions', () => {
    const pages = [...files.keys()].map((name) => relative('docs/decisions', name)).filter((name) => /^\d{4}-/.test(name))
    expect(pages.length).toBeGreaterThan(5)
    for (const page of pages) expect(files.get('docs/decisions/README.md')).toContain(`(${page})`)
  })
})
