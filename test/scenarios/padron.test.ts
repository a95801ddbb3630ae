import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, test } from 'vitest'
import { readPeople } from '../../scenarios/queretaro/people.ts'
import { readOpenApiFile } from '../../src/adapters/local/openapi-file.ts'
import type { Json, JsonObject } from '../../src/exchange/contract/json.ts'
import { violationOf } from '../../src/exchange/contract/json-schema.ts'

const SCENARIO = join(import.meta.dirname, '../../scenarios/queretaro')
const PEOPLE = readFileSync(join(SCENARIO, 'people.json'), 'utf8')
const REAL = 'MOTR930411HJCRMN03'
const PERSON = 'ZELM850314MQTPNRZ9'

describe('the people of a sandbox', () => {
  test('eight made-up people are taken in', () => {
    const people = readPeople(PEOPLE, true)
    expect(people.ok && people.value.size).toBe(8)
  })

  const refusal = (json: string, sandbox: boolean) => {
    const people = readPeople(json, sandbox)
    return people.ok ? 'taken in' : `${people.fault.path.join('.')} ${people.fault.detail}`
  }
  test('outside a sandbox made-up people are refused', () =>
    expect(refusal(PEOPLE, false)).toMatch(/^synthetic_data_refused personas\[0\]/))
  test('inside one, a code that could be a real person’s is refused, without naming it', () => {
    const found = refusal(PEOPLE.replace('TERI930722MQTRSTY3', REAL), true)
    expect(found).toMatch(/^synthetic_data_refused personas\[3\]/)
    expect(found).not.toContain(REAL)
  })
  test('outside a sandbox real codes are taken in', () => {
    const [first] = (JSON.parse(PEOPLE) as { personas: object[] }).personas
    expect(refusal(JSON.stringify({ personas: [{ ...first, curp: REAL }] }), false)).toBe('taken in')
  })
  for (const [name, from, to, why] of [
    [
      'a CURP with a wrong digit',
      '"BAUR571102HQTLGMZ2"',
      '"BAUR571102HQTLGMZ3"',
      'personas[2].curp: dígito verificador: dice 3, debe ser 2',
    ],
    ['a CURP that stands twice', '"BAUR571102HQTLGMZ2"', `"${PERSON}"`, 'people: a CURP stands twice'],
    ['a state of another kind', '"SUSPENDIDO"', '"DORMIDO"', 'personas[1].estatus: no es uno de los valores admitidos'],
    ['a municipality of another state', '"22011"', '"23011"', 'personas[3].municipio: no tiene la forma debida'],
    ['a field nobody asked for', '"cuenta"', '"saldo"', 'personas[0].cuenta: falta'],
    ['no JSON', '{', '', 'people: not JSON'],
  ] as const)
    test(`${name} is refused`, () =>
      expect(refusal(PEOPLE.replace(from, to), true)).toMatch(`malformed_server_conf ${why.startsWith('people') ? '' : 'people: '}${why}`))
})

type Padron = { readonly url: string; readonly log: () => readonly string[] }
const running: ChildProcess[] = []
const folders: string[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-padron-'))
  folders.push(folder)
  return folder
}

function launch(args: readonly string[], data: string): ChildProcess {
  const child = spawn(process.execPath, [join(SCENARIO, 'padron.ts'), ...args], { env: { SACBE_PORT: '0', SACBE_DATA: data } })
  running.push(child)
  return child
}

async function startPadron(people: string): Promise<Padron> {
  const data = newFolder()
  const file = join(data, 'people.json')
  writeFileSync(file, people)
  const child = launch([file], data)
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
      resolve((JSON.parse(line) as { listening: number }).listening),
    )
    child.once('exit', (code) => reject(new Error(`the register ended with ${code}`)))
  })
  const log = join(data, 'requests.log')
  return { url: `http://127.0.0.1:${port}`, log: () => (existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : []) }
}

const look = (padron: Padron, curp: string, init: RequestInit = { headers: { 'X-Road-Issue': 'EXP-1' } }) =>
  fetch(`${padron.url}/beneficiarios/${curp}`, init)

describe('the register', async () => {
  const document = await readOpenApiFile(join(SCENARIO, 'openapi.yaml'))
  const schemas = ((document as unknown as { value: JsonObject }).value.components as { schemas: JsonObject }).schemas
  const breaks = (schema: string, body: Json) =>
    violationOf(schemas[schema] as Json, body, (document as unknown as { value: JsonObject }).value, '')

  test('answers with what its contract promises, and nothing that identifies or locates', async () => {
    const padron = await startPadron(PEOPLE)
    for (const { curp } of (JSON.parse(PEOPLE) as { personas: { curp: string }[] }).personas) {
      const answer = await look(padron, curp)
      const body = (await answer.json()) as JsonObject
      expect(answer.status).toBe(200)
      expect(breaks('Estado', body)).toBeUndefined()
      expect(Object.keys(body).sort()).toEqual(['actualizado', 'curp', 'estatus', 'fuente', 'municipio', 'programas', 'version'])
    }
  })

  test('says 404 for a sound CURP it does not know, 422 for a malformed one or a missing legal basis', async () => {
    const padron = await startPadron(PEOPLE)
    for (const [answer, status, codigo] of [
      [await look(padron, REAL), 404, 'SIN-REGISTRO'],
      [await look(padron, 'MOTR930411HJCRMG73'), 422, 'CURP-MAL-FORMADA'],
      [await look(padron, '%zz'), 422, 'CURP-MAL-FORMADA'],
      [await look(padron, PERSON, {}), 422, 'PROPOSITO-FALTA'],
      [await look(padron, PERSON, { method: 'DELETE', headers: { 'X-Road-Issue': 'EXP-1' } }), 405, 'METODO-NO-ADMITIDO'],
      [await fetch(`${padron.url}/otra`), 404, 'RUTA-DESCONOCIDA'],
    ] as const) {
      const body = (await answer.json()) as JsonObject
      expect([answer.status, body.codigo]).toEqual([status, codigo])
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
      expect(breaks('Problema', body)).toBeUndefined()
    }
  })

  test('keeps a line for every request it got', async () => {
    const padron = await startPadron(PEOPLE)
    expect(padron.log()).toEqual([])
    await look(padron, PERSON)
    await look(padron, REAL)
    expect(padron.log()).toHaveLength(2)
    expect(JSON.parse(padron.log()[0] as string)).toMatchObject({ method: 'GET', url: `/beneficiarios/${PERSON}` })
  })

  test('tells what the file says: one datum changed is another answer', async () => {
    const told = async (people: string) => (await (await look(await startPadron(people), PERSON)).json()) as JsonObject
    expect((await told(PEOPLE)).estatus).toBe('ACTIVO')
    expect((await told(PEOPLE.replace('"ACTIVO"', '"SUSPENDIDO"'))).estatus).toBe('SUSPENDIDO')
  })

  for (const [name, args, people] of [
    ['real people inside a sandbox', [], PEOPLE.replace('TERI930722MQTRSTY3', REAL)],
    ['made-up people outside one', ['--production'], PEOPLE],
  ] as const)
    test(`does not start with ${name}`, async () => {
      const data = newFolder()
      writeFileSync(join(data, 'people.json'), people)
      const child = launch([join(data, 'people.json'), ...args], data)
      let said = ''
      child.stderr?.on('data', (text) => (said += text))
      expect(await new Promise((resolve) => child.once('close', resolve))).toBe(2)
      expect(said).toContain('synthetic_data_refused')
    })

  test('ends when the one who started it goes away', async () => {
    const data = newFolder()
    const child = launch([], data)
    await new Promise((resolve) => child.stdout?.once('data', resolve))
    child.stdin?.end()
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
  })
})
