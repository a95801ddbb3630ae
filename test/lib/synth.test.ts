import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { writtenDoors } from '../../lib/bundle.ts'
import { AGENCY_DOORS, CENTRE_DOORS } from '../../lib/doors.ts'
import { ROOT, smallest } from './world.ts'

const folder = mkdtempSync(join(tmpdir(), 'sacbe-synth-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The app as a process, into a folder of its own, with neither credentials nor a way to the network for the tools that ask for one. */
function synth(config: unknown, ...more: readonly string[]) {
  const file = join(folder, 'exchange.config.mjs')
  const out = join(folder, 'out')
  rmSync(out, { recursive: true, force: true })
  writeFileSync(file, `export default ${JSON.stringify(config)}\n`)
  const env = { PATH: process.env.PATH ?? '', CDK_OUTDIR: out }
  const done = spawnSync(process.execPath, ['bin/app.ts', '--config', file, '--tell', ...more], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
    timeout: 300_000,
  })
  const made = () => {
    try {
      return readdirSync(out)
    } catch {
      return []
    }
  }
  return { ...done, made: made() }
}

describe('npm run synth', () => {
  test('makes all templates with the doors that are written, names those that are not, and tells time and cost', () => {
    const { status, stdout, stderr, made } = synth(smallest, '--bill')
    expect([status, stderr]).toEqual([0, ''])
    console.log(
      stdout
        .split('\n')
        .filter((line) => /plantillas|functions|puertas/.test(line))
        .join('\n'),
    )
    expect(stdout).toMatch(/^5 plantillas · templates, \d+\.\d s$/m)
    expect(made.filter((name) => name.startsWith('assembly-'))).toHaveLength(5)
    const missing = [...AGENCY_DOORS, ...CENTRE_DOORS].filter((door) => !writtenDoors(ROOT).includes(door))
    if (missing.length > 0) expect(stdout).toContain(`left out: ${missing.join(', ')}`)
    for (const door of writtenDoors(ROOT)) expect(stdout).toMatch(new RegExp(`functions/${door}: \\d+ KB`))
    expect(stdout).not.toContain('WITHOUT A PRICE')
  })

  test('with a faulty file ends with 1, tells every error in both languages, and makes nothing', () => {
    const { status, stdout, stderr, made } = synth({ ...smallest, instance: '', agencies: [{ id: 'X', member: 'GOB' }] })
    expect([status, stdout, made]).toEqual([1, '', []])
    expect(stderr.split('\n').filter((line) => /^ {2}\S/.test(line))).toEqual(['  instance', '  agencies[0].id', '  agencies[0].member'])
    expect(stderr).toMatch(/3 errores; no se creó nada\. \/ 3 errors; nothing was made\./)
  })
})
