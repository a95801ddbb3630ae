import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scenario } from '../../scenarios/queretaro/scenario.ts'
import type { Io } from '../../src/cli/io.ts'
import { main } from '../../src/cli/main.ts'
import { readCsv } from '../../src/metering/csv.ts'
import { content } from '../metering/prices.ts'

const folder = mkdtempSync(join(tmpdir(), 'sacbe-cost-'))
const home = join(folder, 'home')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function sacbe(args: readonly string[], lang: Io['lang'] = 'en') {
  const out: string[] = []
  const err: string[] = []
  const io: Io = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    lang,
    env: {},
    ask: async () => undefined,
    interrupted: new AbortController().signal,
  }
  return { code: await main(args, io), out: out.join('\n'), err: err.join('\n') }
}
const cost = (...args: readonly string[]) => sacbe(['cost', ...args, '--home', home, '--prices', fresh])
/** The prices, as if somebody had checked them today. */
const fresh = join(folder, 'prices.json')
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

type Told = {
  readonly bill: { readonly steps: readonly { id: string; exchanges: number; usd: string }[]; readonly messagesUsd: string }
  readonly steps: readonly { id: string; facts: Record<string, string> }[]
}
let told: Told
let messageId: string
beforeAll(async () => {
  file('prices.json', JSON.stringify({ ...content(), dated: new Date().toISOString().slice(0, 10) }))
  const started = await sacbe(['start', '--once', '--json', '--home', home, '--port', '0'])
  told = JSON.parse(started.out) as Told
  messageId = told.steps.find(({ id }) => id === '2')?.facts.messageId as string
})

describe('a scenario’s bill', () => {
  test('prices each step: an exchange on both sides, a refusal at the door, nothing where nothing was sent', () => {
    expect(told.bill.steps.map(({ id, exchanges }) => [id, exchanges])).toEqual(scenario.steps.map(({ id }) => [id, id === '2' ? 2 : 0]))
    const [two, three, four, eleven] = told.bill.steps.map(({ usd }) => Number(usd))
    expect(two).toBeGreaterThan(10 * (three as number))
    expect(three).toBe(four)
    expect(three).toBeGreaterThan(3.5e-6)
    expect(eleven).toBe(0)
    expect(told.bill.steps.reduce((sum, { usd }) => sum + Number(usd), 0)).toBeCloseTo(Number(told.bill.messagesUsd), 11)
  })
})

describe('the books of a world', () => {
  test('have a receipt of each side for one message, whose lines come to its price', async () => {
    const { code, out } = await cost('receipt', messageId, '--json')
    const receipts = out
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as { side: string; purpose: string; usd: string; lines: { usd: string }[]; evidence: { evidence: string }[] },
      )
    expect([code, receipts.map(({ side }) => side).toSorted()]).toEqual([0, ['consumer', 'provider']])
    for (const { lines, usd, purpose, evidence } of receipts) {
      expect(lines.reduce((sum, line) => sum + Number(line.usd), 0)).toBeCloseTo(Number(usd), 12)
      expect(purpose).toBe('EXP-2025-0042')
      expect(evidence).toHaveLength(2)
    }
    expect((await cost('receipt', 'nobody-sent-this')).code).toBe(1)
  })
  test('come to the same sum as statement, as CSV and as FOCUS', async () => {
    const statement = JSON.parse((await cost('statement')).out) as {
      usd: string
      exchanges: number
      closes: { closes: boolean | null }[]
      unmatched: unknown[]
    }
    expect(statement).toMatchObject({ exchanges: 2, unmatched: [] })
    expect(statement.closes.length).toBeGreaterThan(1)
    expect(statement.closes.every(({ closes }) => closes === true)).toBe(true)
    const csv = readCsv((await cost('statement', '--format', 'csv')).out)
    expect(csv.ok && Number(csv.value[1]?.[3])).toBeCloseTo(Number(statement.usd), 8)
    const focus = readCsv(`${(await cost('focus')).out}\r\n`)
    if (!focus.ok) throw new Error(focus.fault.detail)
    const billed = focus.value[0]?.indexOf('BilledCost') as number
    expect(focus.value.slice(1).reduce((sum, row) => sum + Number(row[billed]), 0)).toBeCloseTo(Number(statement.usd), 9)
    expect((await sacbe(['cost', 'statement', '--format', 'html', '--home', home, '--prices', fresh], 'es')).out).toMatch(
      /lang="es"[\s\S]*Estado de cuenta/,
    )
  })
  test('close: what doors and keys counted is what is archived; a record lost or made up, or a signature nobody knows, does not', async () => {
    const closed = await cost('close', '--json')
    const days = closed.out.split('\n').map((line) => JSON.parse(line) as Record<string, number | boolean>)
    expect([closed.code, days.every(({ closes }) => closes)]).toEqual([0, true])
    expect(days.reduce((sum, { sent }) => sum + (sent as number), 0)).toBe(4)
    expect(days.reduce((sum, { keySignatures }) => sum + (keySignatures as number), 0)).toBe(2)

    const receipts = join(home, 'nodes/dif/archive/receipts')
    const name = join(receipts, readdirSync(receipts)[0] as string)
    const whole = readFileSync(name, 'utf8')
    const rewritten = (text: string) => {
      rmSync(name)
      writeFileSync(name, text)
    }
    const [head = '', ...lines] = whole.trimEnd().split('\n')
    const withLines = (those: readonly string[]) =>
      `${[JSON.stringify({ ...(JSON.parse(head) as object), sealed: those.length }), ...those].join('\n')}\n`
    rewritten(withLines(lines.slice(1)))
    expect(await cost('close')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/dif .* DIFFERENCE .*sent 2 = archived 1 .*\(\+1\)[\s\S]*EVIDENCE WITHOUT RECEIPT/),
    })
    rewritten(withLines([...lines, (lines[0] as string).replace('"identity":"', '"identity":"x')]))
    expect(await cost('close')).toMatchObject({ code: 1, out: expect.stringMatching(/dif .* DIFFERENCE .*archived 3 .*\(-1\)/) })
    expect((await sacbe(['cost', 'statement', '--format', 'html', '--home', home, '--prices', fresh])).out).toMatch(
      /class="bad">DIFFERENCE/,
    )
    rewritten(whole)
    const log = join(home, 'nodes/dif/signatures', readdirSync(join(home, 'nodes/dif/signatures'))[0] as string)
    const signed = readFileSync(log, 'utf8')
    writeFileSync(log, `${signed}${signed}`)
    expect(await cost('close')).toMatchObject({ code: 1, out: expect.stringMatching(/by the key 2 = kept 1 .*\(\+1\)/) })
    writeFileSync(log, signed)
    expect((await cost('close')).code).toBe(0)
  })
  test('are asked by the centre’s administration API as by the commands', async () => {
    const api = (...args: readonly string[]) => sacbe(['centre', 'api', ...args, '--home', home, '--json'])
    const [asked, told] = [await api('GET', '/costs/estimate'), await sacbe(['cost', 'estimate', '--json'])]
    expect([asked.code, JSON.parse(asked.out)]).toEqual([0, JSON.parse(told.out)])
    const budgets = { budgets: [{ agency: 'QRO/GOB/DIF', ceiling: '2500.00', currency: 'MXN', ask: 'Finanzas' }] }
    expect((await api('PUT', '/costs/budgets', '--data', JSON.stringify(budgets), '--as', 'ana')).code).toBe(0)
    expect(JSON.parse((await api('GET', '/costs/budgets')).out)).toEqual(budgets)
  })
  test('are not made by stale prices, unless somebody wants it so', async () => {
    const stale = file('stale.json', JSON.stringify({ ...content(), dated: '2020-01-01' }))
    const statement = ['cost', 'statement', '--home', home, '--prices', stale]
    expect(await sacbe(statement)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/stale.*row apigw\.http\.req\.t1.*\[invalid_tariff\]/),
    })
    expect((await sacbe([...statement, '--stale-prices'])).code).toBe(0)
  })
  test('stand beside budgets: reached is said, and is the exit code', async () => {
    const budgets = (ceiling: string) =>
      file('b.json', JSON.stringify({ budgets: [{ agency: 'QRO/GOB/DIF', ceiling, currency: 'MXN', ask: 'Finanzas' }] }))
    expect(await cost('budget', '--budgets', budgets('1'), '--json')).toMatchObject({
      code: 0,
      out: expect.stringContaining('"alerts":[]'),
    })
    expect(await cost('budget', '--budgets', budgets('0.0001'))).toMatchObject({
      code: 1,
      out: expect.stringMatching(/ALERT 100 %, ask Finanzas/),
    })
    expect(await cost('budget', '--budgets', file('e.json', '{'))).toMatchObject({
      code: 2,
      err: expect.stringMatching(/not JSON.*\[invalid_budget\]/),
    })
  })
  test('are refused whole when a receipt file is cut short, and the file and line are named', async () => {
    const receipts = join(home, 'nodes/dif/archive/receipts')
    const name = readdirSync(receipts)[0] as string
    const whole = readFileSync(join(receipts, name))
    rmSync(join(receipts, name))
    writeFileSync(join(receipts, name), whole.subarray(0, whole.length - 9))
    const { code, out, err } = await cost('statement')
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(new RegExp(`receipts/${name} line 3: the file is cut short.*\\[invalid_receipts\\]`))
    rmSync(join(receipts, name))
    writeFileSync(join(receipts, name), whole)
    expect((await cost('statement')).code).toBe(0)
  })
  test('name a receipt whose evidence is gone', async () => {
    const archive = join(home, 'nodes/dif/archive/archive')
    for (const name of readdirSync(archive)) rmSync(join(archive, name))
    const { unmatched } = JSON.parse((await cost('statement')).out) as { unmatched: { node: string; what: string }[] }
    expect(unmatched.map(({ node, what }) => [node, what])).toEqual([
      ['dif', 'receipt-without-evidence'],
      ['dif', 'receipt-without-evidence'],
    ])
  })
})
