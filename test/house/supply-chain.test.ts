import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = dirnameTwice(import.meta.dirname)
function dirnameTwice(folder: string): string {
  return join(folder, '..', '..')
}
const read = (name: string) => readFileSync(join(ROOT, name), 'utf8')

type Row = {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly optional?: boolean
  readonly inBundle?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly hasInstallScript?: boolean
}
const rows = Object.entries((JSON.parse(read('package-lock.json')) as { packages: Record<string, Row> }).packages).filter(
  ([path]) => path !== '',
)

describe('the lockfile', () => {
  test('holds every package by the SHA-512 of its archive, but for those of platforms that are never installed here', () => {
    const without = rows.filter(([, row]) => !row.inBundle && !/^sha512-[A-Za-z0-9+/]{86}==$/.test(row.integrity ?? ''))
    for (const [path, { optional, os, cpu, libc = ['glibc'] }] of without) {
      const isOurs = os?.includes('linux') && libc.includes('glibc') && cpu?.some((each) => each === 'x64' || each === 'arm64')
      expect([path, optional, os === undefined, isOurs ?? false]).toEqual([path, true, false, false])
    }
    expect(rows.length - without.length).toBeGreaterThan(200)
  })

  test('takes nothing from anywhere but a registry', () => {
    const elsewhere = rows.filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'))
    expect(elsewhere).toEqual([])
  })

  test('needs no script of a package to be run: none is, and the two packages that have one work without it', () => {
    expect(read('bin/ready.mjs')).toContain("'--ignore-scripts'")
    expect(rows.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)).toEqual([
      'node_modules/@swc/core',
      'node_modules/esbuild',
    ])
  })

  test('puts few packages into what runs', () => {
    const run = JSON.parse(execFileSync(process.execPath, [join(ROOT, '.ci', 'sbom.mjs'), '--run'], { encoding: 'utf8' })) as Bom
    const names = run.components.filter(({ scope }) => scope === 'required').map(({ name }) => name)
    expect(names.sort()).toEqual(['commander', 'fflate', 'pend', 'yaml', 'yauzl'])
  })
})

type Bom = {
  readonly specVersion: string
  readonly serialNumber: string
  readonly components: readonly {
    readonly name: string
    readonly version: string
    readonly purl: string
    readonly scope: string
    readonly hashes?: readonly { readonly content: string }[]
    readonly licenses?: readonly { readonly license?: { readonly id: string }; readonly expression?: string }[]
  }[]
}

describe('the list of parts (CycloneDX)', () => {
  const bom = JSON.parse(execFileSync(process.execPath, [join(ROOT, '.ci', 'sbom.mjs')], { encoding: 'utf8' })) as Bom

  test('names every package of the lockfile with its version and digest, and says the same every time', () => {
    expect(bom.components).toHaveLength(rows.length)
    expect([bom.specVersion, /^urn:uuid:[0-9a-f-]{36}$/.test(bom.serialNumber)]).toEqual(['1.6', true])
    for (const { name, version, purl } of bom.components) expect(purl).toBe(`pkg:npm/${name.replace('@', '%40')}@${version}`)
    expect(bom.components.filter(({ hashes }) => hashes?.[0]?.content.length === 128).length).toBeGreaterThan(200)
  })

  const FREE = /^(MIT|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|CC0-1\.0|Python-2\.0|Unlicense)$/
  /** Used to build and test alone, as it is: nothing of it is in what we give to others. */
  const FOR_DEVELOPMENT = /^MPL-2\.0$/

  test('every licence lets a government use, change and pass it on', () => {
    const licenceIn = ({ licenses }: Bom['components'][number]) => licenses?.[0]?.expression ?? licenses?.[0]?.license?.id
    const isFree = (licence: string) =>
      licence
        .replace(/[()]/g, '')
        .split(' OR ')
        .some((choice) => choice.split(' AND ').every((each) => FREE.test(each)))
    const others = bom.components.filter((each) => licenceIn(each) !== undefined && !isFree(licenceIn(each) as string))
    expect(
      others.filter((each) => each.scope !== 'excluded' || !FOR_DEVELOPMENT.test(licenceIn(each) as string)).map(({ name }) => name),
    ).toEqual([])
    const unknown = bom.components.filter((each) => licenceIn(each) === undefined && each.scope === 'required')
    expect(unknown).toEqual([])
  })
})

describe('no secret is in what we publish', () => {
  /** Tests of addresses have such, made up. */
  const IN_ADDRESS = 'a password in an address'
  const SECRETS: readonly (readonly [what: string, pattern: RegExp])[] = [
    ['a private key', /-----BEGIN (?:RSA |EC |ENCRYPTED |OPENSSH )?PRIVATE KEY-----\r?\n[A-Za-z0-9+/=]{40}/],
    ['an AWS access key', /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/],
    ['a GitHub token', /\bgh[pousr]_[A-Za-z0-9]{36}\b/],
    ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
    ['a Slack token', /\bxox[abprs]-[A-Za-z0-9-]{10,}/],
    ['a JSON web token', /\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/],
    [IN_ADDRESS, /\b[a-z]+:\/\/[^\s/:@'"`$]+:[^\s/:@'"`$]{6,}@(?!.*(?:\.test|\.example|127\.))/],
  ]
  /** AWS's own example key, and keys that were made for tests and open nothing. */
  const HARMLESS = /AKIAIOSFODNN7EXAMPLE|AKIAEXAMPLE/g
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  const files = listed
    .split('\0')
    .filter((name) => name !== '' && !name.endsWith('supply-chain.test.ts') && !name.startsWith('test/vectors/'))

  test('not one pattern is found in any file of ours', () => {
    expect(files.length).toBeGreaterThan(300)
    const found: string[] = []
    for (const name of files) {
      const text = textIn(name).replace(HARMLESS, '')
      for (const [what, pattern] of SECRETS)
        if (pattern.test(text) && !(name.startsWith('test/') && what === IN_ADDRESS)) found.push(`${what} in ${name}`)
    }
    expect(found).toEqual([])
  })

  function textIn(name: string): string {
    try {
      return read(name)
    } catch {
      return '' // listed, and gone since: another change is under way
    }
  }

  test('the patterns find what they are for', () => {
    const planted = [
      '-----BEGIN PRIVATE KEY-----\n'.concat('A'.repeat(64)),
      'AKIA'.concat('ABCDEFGHIJKLMNOP'),
      'ghp_'.concat('a'.repeat(36)),
      'https://u:'.concat('secreto123@host.mx/'),
    ]
    for (const text of planted) expect(SECRETS.some(([, pattern]) => pattern.test(text))).toBe(true)
  })
})
