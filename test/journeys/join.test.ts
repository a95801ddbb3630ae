import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { STOCK } from '../../src/cli/join.ts'
import { freePort } from '../../src/local/free-port.ts'
import { closeServer, listen } from '../../src/local/listen.ts'
import { sacbe, standing } from './commands.ts'

test('from nothing to the first verified exchange between two new agencies, by commands alone; no file moved by hand', {
  timeout: 400_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-join-'))
  const home = (name: string) => ['--home', join(folder, name), '--lang', 'en']
  const service = createServer((request, response) => response.end(JSON.stringify({ asked: request.url })))
  const servicePort = await listen(service, 0)
  if (!servicePort.ok) throw new Error('no port')
  const began = performance.now()
  let [centreCommands, agencyCommands] = [0, 0]
  const centre = (...args: string[]) => {
    centreCommands++
    return sacbe(['centre', ...args, ...home('centre')])
  }
  const agency = (name: string, ...args: string[]) => {
    agencyCommands++
    return sacbe([...args, ...home(name)])
  }
  try {
    centreCommands++
    await using running = standing(['centre', 'start', 'QRO', '--port', String(await freePort()), ...home('centre')])
    await running.says(/answers at/)
    const dif = (await centre('invitation', 'QRO/GOB/DIF', '--name', 'Sistema Estatal DIF', '--subsystem', 'APOYOS')).out.trim()
    const sedesoq = (await centre('invitation', 'QRO/GOB/SEDESOQ', '--name', 'Desarrollo Social', '--subsystem', 'PADRON')).out.trim()
    agencyCommands += 2
    await using first = standing(['join', dif, '--subsystem', 'APOYOS', ...home('dif')])
    await using second = standing(['join', sedesoq, '--subsystem', 'PADRON', ...home('sedesoq')])
    for (const node of [first, second]) {
      const [, id = ''] = await node.says(/sacbe centre approve (\d+)/)
      expect((await centre('approve', id, '--as', 'ana')).code).toBe(0)
    }
    const [, seconds] = await first.says(/Registered in ([\d.]+) s\. Your agency: 1 command, 0 files, 2 settings/)
    await second.says(/Registered in/)
    const called = 'QRO/GOB/SEDESOQ/PADRON/consulta'
    await agency('sedesoq', 'offer', called, '--url', `http://127.0.0.1:${servicePort.value}`, '--to', 'QRO/GOB/DIF/APOYOS')
    const answer = await untilAnswered(() => sacbe(['call', `${called}/x`, '--as', 'QRO/GOB/DIF/APOYOS', ...home('dif')]), folder)
    agencyCommands++
    expect(answer.out).toContain('asked')
    const listed = await untilSealed(() => sacbe(['evidence', 'list', '--json', ...home('dif')]))
    const { messageId } = JSON.parse(listed.split('\n')[0] ?? '') as { messageId: string }
    const exported = await agency('dif', 'evidence', 'export', messageId, '--out', join(folder, 'evidence'))
    expect(exported.code).toBe(0)
    const seconds1 = Math.round((performance.now() - began) / 1000)
    console.log(
      `from nothing to the first verified exchange: ${centreCommands} commands at the centre, ${agencyCommands} at two agencies, 0 files handled, 2 settings each, ` +
        `${seconds1} s (an agency joined in ${seconds} s); stock, by its manuals: one agency joining ${STOCK.commands} commands, ${STOCK.questions} questions, ${STOCK.steps} screen steps`,
    )
    const replayed = await sacbe(['join', dif, '--subsystem', 'APOYOS', '--once', ...home('thief')])
    expect([replayed.code, /invalid_invitation/.test(replayed.err)]).toEqual([2, true])
  } finally {
    await closeServer(service, new Set(), 0)
    rmSync(folder, { recursive: true, force: true })
  }
})

/** The provider's node takes its file up within seconds. */
async function untilAnswered(call: () => ReturnType<typeof sacbe>, folder: string) {
  for (let tries = 0; ; tries++) {
    const answer = await call()
    if (answer.out.includes('asked')) return answer
    if (tries > 120) throw new Error(`the service never answered: ${answer.out}${answer.err} ${bugsIn(folder)}`)
    await pause(1000)
  }
}

/** What the nodes' logs say of our own mistakes. */
function bugsIn(folder: string): string {
  const logs = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.jsonl') || name.includes('/log/'),
  )
  const lines = logs.flatMap((name) => (statSync(join(folder, name)).isFile() ? readFileSync(join(folder, name), 'utf8').split('\n') : []))
  return lines
    .filter((line) => line.includes('"bug"'))
    .slice(-2)
    .join(' ')
}

async function untilSealed(list: () => ReturnType<typeof sacbe>): Promise<string> {
  for (let tries = 0; tries < 120; tries++) {
    const { out } = await list()
    if (out.includes('"sealed"')) return out.trim()
    await pause(1000)
  }
  throw new Error('the evidence was never sealed')
}
