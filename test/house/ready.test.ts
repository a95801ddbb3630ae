import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'

const ROOT = dirname(dirname(import.meta.dirname))
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** A clone with a job that says where it stands, and an npm that writes down what it was asked and installs what it is told to. */
function clone({ npm = 'mkdir -p node_modules', stamp = '' } = {}) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sacbe-ready-')))
  folders.push(root)
  for (const name of ['bin', 'tools', 'elsewhere', 'node_modules']) mkdirSync(join(root, name))
  for (const file of ['bin/ready.mjs', 'bin/node-options.json']) cpSync(join(ROOT, file), join(root, file))
  writeFileSync(join(root, 'package-lock.json'), '{}')
  writeFileSync(
    join(root, 'bin/sacbe.ts'),
    'console.log(JSON.stringify([process.cwd(), process.env.INIT_CWD, process.argv.slice(2)]))\nprocess.exit(7)\n',
  )
  writeFileSync(join(root, 'tools/npm'), `#!/bin/sh\necho "$@" >> ${root}/asked\n${npm}\n`)
  chmodSync(join(root, 'tools/npm'), 0o755)
  if (stamp) writeFileSync(join(root, 'node_modules/.sacbe-ready'), `${createHash('sha256').update('{}').digest('hex')} ${stamp}\n`)
  return root
}

const asked = (root: string) => (existsSync(join(root, 'asked')) ? readFileSync(join(root, 'asked'), 'utf8').trim() : '')

/** Runs a job in the clone, as if this Node were of another version. */
function ready(root: string, args: readonly string[], { cwd = root, env = {}, version = process.versions.node } = {}) {
  const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  return spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(older)}`, join(root, 'bin/ready.mjs'), ...args],
    {
      cwd,
      env: { PATH: [join(root, 'tools'), process.env.PATH].join(delimiter), ...env },
      encoding: 'utf8',
    },
  )
}

describe('making ready', () => {
  test('a fresh clone installs what runs and nothing else, once, and gives the job’s own exit code', () => {
    const root = clone()
    const first = ready(root, ['start', '--once'])
    expect(first.status).toBe(7)
    expect(JSON.parse(first.stdout)).toEqual([root, root, ['start', '--once']])
    expect(first.stderr).toContain('Preparando Sacbé')
    expect(first.stderr).toContain('Getting Sacbé ready')
    expect(asked(root)).toMatch(/^ci --ignore-scripts .*--omit=dev$/)
    expect(ready(root, ['start']).stderr).toBe('')
    expect(asked(root).split('\n')).toHaveLength(1)
  })

  test('what tests need is installed too when they are to run', () => {
    const root = clone({ stamp: 'run' })
    ready(root, ['test'])
    expect(asked(root)).toMatch(/^ci --ignore-scripts/)
    expect(asked(root)).not.toContain('--omit')
  })

  test('what tests need stays when only the world is to start, also after a new lockfile', () => {
    const root = clone({ stamp: 'all' })
    ready(root, ['start'])
    expect(asked(root)).toBe('')
    writeFileSync(join(root, 'package-lock.json'), '{ }')
    ready(root, ['start'])
    expect(asked(root)).not.toContain('--omit')
    expect(asked(root)).toMatch(/^ci/)
  })

  test('an installation that fails is said in both languages, and is tried again next time', () => {
    const root = clone({ npm: 'exit 1' })
    for (const _ of [1, 2]) {
      const done = ready(root, ['start'])
      expect(done.status).toBe(2)
      expect(done.stderr).toContain('No se pudieron instalar los paquetes.')
      expect(done.stderr).toContain('The packages could not be installed.')
    }
    expect(asked(root).split('\n')).toHaveLength(2)
  })

  test('an older Node runs the one that came with the packages, and refuses clearly where there is none', () => {
    const root = clone({ stamp: 'all' })
    const refused = ready(root, ['start'], { version: '20.20.2' })
    expect(refused.status).toBe(2)
    expect(refused.stderr).toContain('Sacbé necesita Node 24 o posterior; aquí hay 20.20.2')
    expect(refused.stderr).toContain('Sacbé needs Node 24 or later; this is 20.20.2')
    const shipped = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin')
    mkdirSync(shipped, { recursive: true })
    symlinkSync(process.execPath, join(shipped, 'node'))
    expect(ready(root, ['start'], { version: '20.20.2' }).status).toBe(process.platform === 'linux' ? 7 : 2)
  })

  test('the job learns where the person stands', () => {
    const root = clone({ stamp: 'all' })
    const elsewhere = join(root, 'elsewhere')
    const standing = (given: object) => (JSON.parse(ready(root, ['sacbe', 'verify', 'x'], given).stdout) as string[])[1]
    expect(standing({ cwd: elsewhere })).toBe(elsewhere)
    expect(standing({ cwd: root, env: { INIT_CWD: elsewhere } })).toBe(elsewhere)
    expect(standing({ cwd: elsewhere, env: { INIT_CWD: root } })).toBe(elsewhere)
  })

  test('a job that is none is refused in both languages, before anything is installed', () => {
    const root = clone()
    const done = ready(root, ['fly'])
    expect([done.status, done.stderr]).toEqual([2, 'Trabajo desconocido: fly\nUnknown job: fly\n'])
    expect(asked(root)).toBe('')
  })
})
