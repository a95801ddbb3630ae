import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

const ROOT = dirname(dirname(import.meta.dirname))
const PEOPLE = join(ROOT, 'scenarios/queretaro/people.json')
const folder = mkdtempSync(join(tmpdir(), 'sacbe-queretaro-'))
const home = join(folder, 'home')
const data = join(home, 'programs/padron')
/** Twenty in a row, below those the system gives to whoever asks for any. */
const port = 20_000 + (process.pid % 600) * 20
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Step = { readonly id: string; readonly held: boolean; readonly facts: Readonly<Record<string, string | number>> }
type Told = { readonly held: boolean; readonly steps: readonly Step[] }

/** The scenario in a process of its own, as `npm start -- --once --json` runs it. */
function runOnce(): Promise<{ code: number | null; told: Told; words: string }> {
  const args = [join(ROOT, 'bin/sacbe.ts'), 'start', '--once', '--json', '--home', home, '--port', String(port)]
  const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH, LANG: 'C' }, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.on('data', (text) => (said.out += text))
  child.stderr.on('data', (text) => (said.err += text))
  return new Promise((resolve, reject) =>
    child.once('close', (code) => {
      try {
        resolve({ code, told: JSON.parse(said.out) as Told, words: said.err })
      } catch {
        reject(new Error(`${code}: ${said.out}\n${said.err}`))
      }
    }),
  )
}

const requests = () => readFileSync(join(data, 'requests.log'), 'utf8').trimEnd().split('\n')
const answerOf = ({ steps }: Told, id: string) => String(steps.find((step) => step.id === id)?.facts.answer)

describe('the Querétaro scenario', () => {
  test('holds in a new folder, and again in the same one with one datum changed: the answer changes with it', async () => {
    const first = await runOnce()
    expect(first.words).toContain('Every step held.')
    expect(first.words).toContain('Todos los pasos se cumplieron.')
    expect([first.code, first.told.held, first.told.steps.map(({ id, held }) => [id, held])]).toEqual([
      0,
      true,
      [
        ['2', true],
        ['3', true],
        ['4', true],
        ['11', true],
      ],
    ])
    expect(JSON.parse(answerOf(first.told, '2'))).toMatchObject({ curp: 'ZELM850314MQTPNRZ9', estatus: 'ACTIVO' })
    expect(requests(), 'only step 2 reached the register').toHaveLength(1)
    expect(JSON.parse(requests()[0] as string)).toMatchObject({ method: 'GET', url: '/beneficiarios/ZELM850314MQTPNRZ9' })

    mkdirSync(data, { recursive: true })
    writeFileSync(join(data, 'people.json'), readFileSync(PEOPLE, 'utf8').replace('"ACTIVO"', '"SUSPENDIDO"'))
    const second = await runOnce()
    expect([second.code, second.told.held]).toEqual([0, true])
    expect(JSON.parse(answerOf(second.told, '2'))).toMatchObject({ estatus: 'SUSPENDIDO' })
    expect(requests()).toHaveLength(2)
  })

  test('says why in Spanish and in English when the register may not start', async () => {
    writeFileSync(join(data, 'people.json'), readFileSync(PEOPLE, 'utf8').replace('TERI930722MQTRSTY3', 'MOTR930411HJCRMN03'))
    await expect(runOnce()).rejects.toThrow(/^2: [\s\S]*synthetic_data_refused/)
  })
})
