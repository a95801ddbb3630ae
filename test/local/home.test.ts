import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openHome, removeHome, runningWorld } from '../../src/local/home.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'sacbe-home-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

const open = (folder: string, more: { passphrase?: string; scenario?: string } = {}) => openHome(folder, { scenario: 'queretaro', ...more })
const opened = (folder: string, more = {}) => {
  const home = open(folder, more)
  if (!home.ok) throw new Error(home.fault.en)
  return home.value
}
const codeOf = (result: ReturnType<typeof openHome> | ReturnType<typeof removeHome>) => (result.ok ? 'ok' : result.fault.code)

describe('the folder of a world', () => {
  test('is made once, with a passphrase only its owner can read, and opened again with it', () => {
    const home = opened(join(base, 'w'))
    expect(statSync(join(base, 'w', 'passphrase')).mode & 0o777).toBe(0o600)
    expect(statSync(join(base, 'w')).mode & 0o777).toBe(0o700)
    home.lock.release()
    const again = opened(join(base, 'w'))
    expect(again.passphrase).toBe(home.passphrase)
    again.lock.release()
  })

  test('a passphrase that is given is kept nowhere', () => {
    opened(join(base, 'w'), { passphrase: 'nopal azul' }).lock.release()
    expect(existsSync(join(base, 'w', 'passphrase'))).toBe(false)
    expect(readFileSync(join(base, 'w', 'sacbe.json'), 'utf8')).not.toContain('nopal')
    expect(codeOf(open(join(base, 'w')))).toBe('passphrase_missing')
    expect(codeOf(open(join(base, 'w'), { passphrase: 'nopal verde' }))).toBe('passphrase_wrong')
    opened(join(base, 'w'), { passphrase: 'nopal azul' }).lock.release()
  })

  test('a second start says that it is running already, by which process and where', () => {
    const home = opened(join(base, 'w'))
    home.lock.announce('https://localhost:4270')
    const second = open(join(base, 'w'))
    expect(second.ok ? '' : second.fault.code).toBe('already_running')
    expect(second.ok ? '' : second.fault.es).toContain(`proceso ${process.pid}, https://localhost:4270`)
    expect(runningWorld(join(base, 'w'))).toEqual({ ok: true, value: { pid: process.pid, url: 'https://localhost:4270' } })
    home.lock.release()
    expect(codeOf(runningWorld(join(base, 'w')) as never)).toBe('not_running')
  })

  test('the lock of a process that was killed does not count', () => {
    opened(join(base, 'w')).lock.release()
    const script = `import { openHome } from ${JSON.stringify(join(import.meta.dirname, '../../src/local/home.ts'))}
      const home = openHome(${JSON.stringify(join(base, 'w'))}, { scenario: 'queretaro' })
      home.value.lock.announce('https://localhost:1')
      process.kill(process.pid, 'SIGKILL')`
    const child = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], { encoding: 'utf8' })
    expect(child.signal, child.stderr).toBe('SIGKILL')
    expect(existsSync(join(base, 'w', 'lock.json'))).toBe(true)
    opened(join(base, 'w')).lock.release()
  })

  test('another program’s folder is left alone', () => {
    writeFileSync(join(base, 'thesis.doc'), 'x')
    expect(codeOf(open(base))).toBe('folder_not_ours')
    expect(codeOf(removeHome(base))).toBe('no_world')
    expect(existsSync(join(base, 'thesis.doc'))).toBe(true)
  })

  test.each([
    ['newer', { version: 99 }, 'home_newer'],
    ['older', { version: 0 }, 'home_older'],
    ['not a number', { version: 'x' }, 'home_damaged'],
    ['another scenario', { scenario: 'quintana-roo' }, 'wrong_scenario'],
  ])('a folder whose version is %s is refused and not changed', (_name, change, code) => {
    opened(join(base, 'w')).lock.release()
    const mark = join(base, 'w', 'sacbe.json')
    writeFileSync(mark, JSON.stringify({ ...JSON.parse(readFileSync(mark, 'utf8')), ...change }))
    const before = readFileSync(mark, 'utf8')
    const refused = open(join(base, 'w'))
    expect(codeOf(refused)).toBe(code)
    expect(refused.ok ? '' : `${refused.fault.es}${refused.fault.en}`).not.toMatch(/\{\w+\}/)
    expect(readFileSync(mark, 'utf8')).toBe(before)
  })

  test('reset removes it, but never while it runs', () => {
    const home = opened(join(base, 'w'))
    expect(codeOf(removeHome(join(base, 'w')))).toBe('already_running')
    home.lock.release()
    expect(codeOf(removeHome(join(base, 'w')))).toBe('ok')
    expect(existsSync(join(base, 'w'))).toBe(false)
  })
})
