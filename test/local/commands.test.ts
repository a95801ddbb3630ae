import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callCommand } from '../../src/cli/call.ts'
import { evidenceExport, evidenceList, evidenceShow } from '../../src/cli/evidence.ts'
import type { Io, Language } from '../../src/cli/io.ts'
import { startCommand } from '../../src/cli/start.ts'
import { nodeRunCommand, resetCommand } from '../../src/cli/world-commands.ts'
import { listen } from '../../src/local/listen.ts'
import { needs, runTool } from '../tools.ts'

const LOOKUP = 'QRO/GOB/SEDESOQ/PADRON/beneficiario.consulta.v1'
const base = mkdtempSync(join(tmpdir(), 'sacbe-commands-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** A terminal that remembers what it was told. */
function terminal(lang: Language = 'both', more: Partial<Io> = {}) {
  const interruption = new AbortController()
  const said = { out: [] as string[], err: [] as string[] }
  const io: Io = {
    out: (line) => said.out.push(line),
    err: (line) => said.err.push(line),
    lang,
    env: {},
    ask: async () => undefined,
    interrupted: interruption.signal,
    ...more,
  }
  return { io, out: () => said.out.join('\n'), err: () => said.err.join('\n'), interrupt: () => interruption.abort() }
}
const start = (home: string, more: Partial<Parameters<typeof startCommand>[0]> = {}) => ({
  home,
  scenario: 'queretaro',
  once: true,
  json: true,
  port: 0,
  ...more,
})

describe('start', () => {
  test('--once --json: every step held, one JSON object on standard output, exit 0', async () => {
    const { io, out } = terminal()
    expect(await startCommand(start(join(base, 'once')), io)).toBe(0)
    const said = JSON.parse(out()) as { held: boolean; steps: { id: string; held: boolean }[] }
    expect([said.held, said.steps.map(({ id, held }) => [id, held])]).toEqual([
      true,
      [
        ['2', true],
        ['3', true],
        ['4', true],
        ['11', true],
      ],
    ])
  })

  test.each([
    ['es', /El puerto \d+ está ocupado.*--port/],
    ['en', /Port \d+ is in use.*--port/],
  ] as const)('a taken port is named, in %s, with the way out; nothing is left running', async (lang, words) => {
    const taken = createServer()
    const port = await listen(taken, 0)
    const { io, err } = terminal(lang)
    const home = join(base, `taken-${lang}`)
    expect(await startCommand(start(home, { port: port.ok ? port.value : 0 }), io)).toBe(2)
    expect(err()).toMatch(words)
    expect(err()).toContain(port.ok ? String(port.value) : '?')
    await new Promise((resolve) => taken.close(resolve))
    expect(await startCommand(start(home), terminal().io)).toBe(0)
  })

  test('a scenario there is not, is refused with those there are', async () => {
    const { io, err } = terminal()
    expect(await startCommand(start(join(base, 'none'), { scenario: '__proto__' }), io)).toBe(2)
    expect(err()).toContain('queretaro')
    expect(existsSync(join(base, 'none'))).toBe(false)
  })

  test('keys made under one passphrase do not open under another', async () => {
    const home = join(base, 'secret')
    expect(await startCommand(start(home), terminal('both', { env: { SACBE_PASSPHRASE: 'nopal azul' } }).io)).toBe(0)
    const { io, err } = terminal('both', { env: { SACBE_PASSPHRASE: 'nopal verde' } })
    expect(await startCommand(start(home), io)).toBe(2)
    expect(err()).toContain('passphrase_wrong')
    expect(err()).not.toContain('nopal')
  })
})

describe('while a world runs', () => {
  const home = join(base, 'up')
  const world = terminal('en')
  let ended: Promise<number>
  let messageId = ''
  beforeAll(async () => {
    ended = startCommand(start(home, { once: false, json: false }), world.io)
    while (!world.out().includes('Ctrl-C')) await pause(100)
  })
  afterAll(async () => {
    world.interrupt()
    await ended
  })

  test('it says how to call it: every file it names is there, and the call works', async () => {
    const lines = world.out().split('\n')
    const from = lines.findIndex((line) => line.includes('curl --cacert'))
    const command = lines.slice(from, from + 3).join('\n')
    for (const [, file] of command.matchAll(/--(?:cacert|cert|key) (\S+)/g)) expect(existsSync(String(file))).toBe(true)
    if (!needs('curl')) return
    const { stdout } = await promisify(execFile)('bash', ['-c', `${command} -s`]) // not the synchronous kind: the world is in this process
    expect(JSON.parse(stdout).curp).toBe('ZELM850314MQTPNRZ9')
  })

  test('a second start says that it runs already, and where', async () => {
    const { io, err } = terminal('en')
    expect(await startCommand(start(home), io)).toBe(2)
    expect(err()).toMatch(new RegExp(`already running.*process ${process.pid}, https://localhost:\\d+`))
    expect(await resetCommand({ home, yes: true }, io)).toBe(2)
    expect(existsSync(home)).toBe(true)
  })

  test('a node of it does not start a second time', async () => {
    const { io, err } = terminal('en')
    expect(await nodeRunCommand({ home, node: 'dif' }, io)).toBe(2)
    expect(err()).toContain('already_running')
    expect(await nodeRunCommand({ home, node: 'nadie' }, io)).toBe(2)
    expect(err()).toContain('sedesoq, dif, seduq, san-joaquin')
  })

  const call = (more: Partial<Parameters<typeof callCommand>[0]>, io: Io) =>
    callCommand(
      {
        home,
        client: 'QRO/GOB/DIF/APOYOS',
        target: `${LOOKUP}/beneficiarios/ZELM850314MQTPNRZ9`,
        method: 'GET',
        headers: ['X-Road-Issue: EXP-1'],
        include: false,
        json: false,
        ...more,
      },
      io,
    )

  test('call: the answer on standard output; 1 when it is refused, 2 when it cannot be made', async () => {
    const asked = terminal()
    expect(await call({ json: true }, asked.io)).toBe(0)
    const answer = JSON.parse(asked.out()) as { status: number; messageId: string; body: string }
    expect([answer.status, JSON.parse(answer.body).estatus]).toEqual([200, 'ACTIVO'])
    messageId = answer.messageId
    const refused = terminal()
    expect(await call({ headers: [], include: true }, refused.io)).toBe(1)
    expect(refused.out()).toContain('X-Road-Error: client.legal_basis_missing')
    const nobody = terminal()
    expect(await call({ client: 'QRO/GOB/NADIE/X' }, nobody.io)).toBe(2)
    expect(nobody.err()).toContain('QRO/GOB/DIF/APOYOS')
  })

  test('evidence list and show: four records of the call, in words and in JSON', async () => {
    const list = terminal('es')
    expect(await evidenceList({ home, json: false }, list.io)).toBe(0)
    expect(
      list
        .out()
        .split('\n')
        .filter((line) => line.includes(messageId)),
    ).toHaveLength(4)
    const show = terminal('es')
    expect(await evidenceShow({ home, json: true, node: 'dif', id: messageId }, show.io)).toBe(0)
    expect(
      show
        .out()
        .split('\n')
        .map((line) => JSON.parse(line).direction),
    ).toEqual(['request', 'response'])
    const none = terminal('es')
    expect(await evidenceShow({ home, json: false, id: 'no-such' }, none.io)).toBe(2)
    expect(none.err()).toContain('unknown_evidence')
  })

  test('evidence export: waits for the seal, writes what others can judge, overwrites nothing', async () => {
    const out = join(base, 'exported')
    const said = terminal('es')
    expect(await evidenceExport({ home, json: false, id: messageId, out }, said.io)).toBe(0)
    expect(readdirSync(out).filter((name) => name.endsWith('.asice'))).toHaveLength(4)
    expect(existsSync(join(out, 'trust', 'instance-identifier'))).toBe(true)
    const readme = readFileSync(join(out, 'LEAME-README.txt'), 'utf8')
    for (const word of ['CONSTANCIA', 'RECORD OF A DATA EXCHANGE', messageId, 'QRO/GOB/SEDESOQ', 'QRO/GOB/DIF/APOYOS'])
      expect(readme).toContain(word)
    const again = terminal('es')
    expect(await evidenceExport({ home, json: false, id: messageId, out }, again.io)).toBe(2)
    expect(again.err()).toContain('output_exists')
  })

  const canJudge = [needs('openssl'), needs('unzip'), needs('xmlsec1')].every(Boolean)
  test.runIf(canJudge)('the commands in the exported README hold with openssl, unzip and xmlsec1, and fail on a damaged copy', () => {
    const out = join(base, 'exported')
    const commands = readFileSync(join(out, 'LEAME-README.txt'), 'utf8')
      .split('='.repeat(78))[0]
      ?.split('\n')
      .filter((line) => line.startsWith('  $ '))
      .map((line) => line.slice(4)) as string[]
    expect(commands).toHaveLength(8)
    for (const command of commands) {
      const said = runTool('bash', ['-c', `cd '${out}' && ${command}`])
      expect([command, said.status, said.status === 0 ? '' : said.stderr]).toEqual([command, 0, ''])
    }
    const bad = (command: RegExp, damage: string) => {
      const line = commands.find((each) => command.test(each)) ?? 'true'
      return runTool('bash', ['-c', `cd '${out}' && ${damage} && ${line}`]).status
    }
    expect(bad(/xmlsec1/, 'printf x >> open/message.xml')).not.toBe(0)
    expect(bad(/openssl ts/, 'printf x >> open/ts-hashchainresult.xml')).not.toBe(0)
  })

  test('Ctrl-C ends it: exit 0, ports free, the lock gone, and everything there at the next start', async () => {
    world.interrupt()
    expect(await ended).toBe(0)
    const { io, err } = terminal('en')
    expect(await call({}, io)).toBe(2)
    expect(err()).toContain('not_running')
    expect(await startCommand(start(home), terminal().io)).toBe(0)
    const list = terminal()
    expect(await evidenceList({ home, json: true }, list.io)).toBe(0)
    expect(list.out()).toContain(messageId)
  })
})

describe('reset', () => {
  test('asks first, and deletes only on the word', async () => {
    const home = join(base, 'once')
    const asked: string[] = []
    const answering = (answer: string | undefined) =>
      terminal('es', {
        ask: async (question) => {
          asked.push(question)
          return answer
        },
      })
    for (const answer of [undefined, '', 'sí']) expect(await resetCommand({ home, yes: false }, answering(answer).io)).toBe(2)
    expect(asked[0]).toContain(home)
    expect(existsSync(home)).toBe(true)
    expect(await resetCommand({ home, yes: false }, answering('borrar').io)).toBe(0)
    expect(existsSync(home)).toBe(false)
    expect(await resetCommand({ home, yes: true }, answering(undefined).io)).toBe(2)
  })
})
