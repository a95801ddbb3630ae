import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
const document = readFileSync(join(ROOT, 'docs', 'security.md'), 'utf8')

/** `path` "name", "name" of a row, one pair each; '' where the whole file is meant. */
const named = [...document.matchAll(/`((?:test|\.ci)\/[^`]+)`((?: "[^"]+",?)*)/g)].flatMap(([, file = '', quoted = '']) => {
  const names = [...quoted.matchAll(/"([^"]+)"/g)].map(([, name]) => name as string)
  return names.length > 0 ? names.map((name) => [file, name] as const) : [[file, ''] as const]
})

test('every test that the threat model names is there, under that name', () => {
  expect(named.length).toBeGreaterThan(30)
  for (const [file, name] of named) {
    expect(existsSync(join(ROOT, file)), file).toBe(true)
    expect(readFileSync(join(ROOT, file), 'utf8'), `${file}: ${name}`).toContain(name)
  }
})

test('every adversary is in the threat model', () => {
  for (const file of ['listeners', 'peer', 'names-paths-lines', 'bombs-and-inside', 'load'])
    expect(document).toContain(`test/adversary/${file}.test.ts`)
})
