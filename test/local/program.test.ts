import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProgram } from '../../src/local/program.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sacbe-program-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const title = { es: 'x', en: 'x' }
function program(name: string, source: string) {
  const run = join(folder, `${name}.ts`)
  writeFileSync(run, source)
  return { name, run, title }
}
const SERVER = `import { createServer } from 'node:http'
const server = createServer((call, answer) => call.url === '/die' ? process.exit(3) : answer.end(JSON.stringify([process.pid, Object.keys(process.env).sort()])))
server.listen(Number(process.env.SACBE_PORT), '127.0.0.1', () => console.log(JSON.stringify({ listening: server.address().port })))
process.stdin.on('end', () => process.exit(0)).resume()`
const ask = async (port: number, path = '/') => (await fetch(`http://127.0.0.1:${port}${path}`)).json() as Promise<[number, string[]]>
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a program runs as a process of its own, sees nothing of our environment, and ends with us', async () => {
  const started = await startProgram(program('good', SERVER), join(folder, 'data'), () => {})
  if (!started.ok) throw new Error(started.fault.en)
  const [pid, names] = await ask(started.value.port())
  expect(pid).not.toBe(process.pid)
  expect(names).toEqual(['SACBE_DATA', 'SACBE_PORT'])
  await started.value.stop()
  expect(alive(pid)).toBe(false)
})

test('a program that dies is started again, on the same port', async () => {
  const said: string[] = []
  const started = await startProgram(program('mortal', SERVER), join(folder, 'data'), (line) => said.push(line))
  if (!started.ok) throw new Error(started.fault.en)
  const port = started.value.port()
  const [before] = await ask(port)
  await ask(port, '/die').catch(() => {})
  await expect.poll(() => said.length, { timeout: 60_000 }).toBe(1)
  expect((await ask(started.value.port()))[0]).not.toBe(before)
  expect(started.value.port()).toBe(port)
  await started.value.stop()
})

test('a program that cannot start is named with its own words, in both languages', async () => {
  const started = await startProgram(program('bad', 'throw new Error("falta el padrón")'), join(folder, 'data'), () => {})
  expect(started.ok ? '' : started.fault.code).toBe('service_failed_to_start')
  expect(started.ok ? '' : started.fault.es).toContain('falta el padrón')
  expect(started.ok ? '' : started.fault.en).toContain('bad')
})
