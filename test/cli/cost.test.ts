import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Io } from '../../src/cli/io.ts'
import { main } from '../../src/cli/main.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { content } from '../metering/prices.ts'

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
  return { code: await main(['cost', ...args], io), out: out.join('\n'), err: err.join('\n') }
}
type Told = {
  perMillion: { total: number; lines: { usd: number }[] }
  perMonth: { total: number; mxn: number }
  weaker?: { en: string }
  prices: { estimated: boolean; stale: string[] }
}
const estimated = async (...args: readonly string[]): Promise<Told> =>
  JSON.parse((await sacbe(['estimate', '--json', ...args])).out) as Told

describe('sacbe cost estimate', () => {
  test('gives the price of a million with its lines, as numbers that add up', async () => {
    const { perMillion } = await estimated('--messages', '1000000')
    expect(perMillion.total).toBeGreaterThan(10)
    expect(perMillion.lines.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(perMillion.total, 6)
    expect((await estimated('--edge', 'http')).perMillion.total).toBeCloseTo(perMillion.total - 2.5, 6)
  })
  test('answers what is asked: more bytes, slower services and other keys cost more', async () => {
    const { perMillion } = await estimated()
    for (const more of [
      ['--request', '400000'],
      ['--response', '400000'],
      ['--service-ms', '2000'],
      ['--tier', 'kms-other'],
      ['--memory', '1024'],
    ])
      expect((await estimated(...more)).perMillion.total, more.join(' ')).toBeGreaterThan(perMillion.total)
    expect((await estimated('--messages', '10')).perMonth.total).toBeCloseTo(perMillion.total / 1e5, 9)
  })
  test('says that the wrapped key is weaker, and why', async () => {
    const told = await estimated('--tier', 'wrapped')
    expect(told.weaker?.en).toMatch(/weaker.*memory of the function/)
    expect((await sacbe(['estimate', '--tier', 'wrapped'], 'es')).out).toMatch(/más débil/)
    expect((await estimated()).weaker).toBeUndefined()
  })
  test('says that prices of Mexico are estimates, and of what', async () => {
    expect((await estimated('--region', 'mx-central-1')).prices.estimated).toBe(true)
    expect((await sacbe(['estimate', '--region', 'mx-central-1'], 'es')).out).toMatch(/Son estimaciones.*API Gateway/)
  })
  test('speaks of stale prices, and of servers that win', async () => {
    const file = join(temporaryFolder(), 'prices.json')
    writeFileSync(file, JSON.stringify({ ...content(), dated: '2020-01-01' }))
    expect((await estimated('--prices', file)).prices.stale.length).toBeGreaterThan(20)
    expect((await sacbe(['estimate', '--prices', file])).out).toMatch(
      /NOTE: \d+ prices are stale[\s\S]*cheaper than a node above \d+ messages/,
    )
  })
  const wrong: [string, readonly string[], RegExp][] = [
    ['a Region that the file lacks', ['--region', 'eu-x'], /region eu-x.*\[invalid_tariff\]/],
    ['a file that is not there', ['--prices', 'nowhere.json'], /nowhere\.json cannot be read/],
    ['half a message', ['--messages', '1.5'], /whole number/],
    ['a negative size', ['--request=-1'], /whole number/],
    ['a function without memory', ['--memory', '0'], /between 128 and 10240/],
    ['an unknown edge', ['--edge', 'grpc'], /rest, http/],
    ['an unknown key', ['--tier', 'paper'], /kms, kms-other, wrapped/],
  ]
  for (const [name, args, why] of wrong)
    test(`refuses ${name}`, async () => {
      const { code, out, err } = await sacbe(['estimate', ...args])
      expect([code, out]).toEqual([2, ''])
      expect(err).toMatch(why)
    })
})

describe('the commands about a world’s books', () => {
  const commands = [['statement'], ['close'], ['receipt', 'x'], ['forecast'], ['focus'], ['budget', '--budgets', 'b.json']]
  for (const command of commands)
    test(`${command[0]} says when there is no world`, async () => {
      const { code, err } = await sacbe([...command, '--home', temporaryFolder()])
      expect(code).toBe(2)
      expect(err).toMatch(/no_world/)
    })
  test('reconcile looks at the bill first', async () => {
    const file = join(temporaryFolder(), 'bill.csv')
    writeFileSync(file, 'BilledCost,Colour\r\n')
    expect((await sacbe(['reconcile', file])).err).toMatch(/column BillingCurrency is missing.*\[invalid_bill\]/)
  })
  test('docs/costos.md names every command', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/costos.md'), 'utf8')
    for (const command of ['estimate', 'receipt', 'statement', 'budget', 'forecast', 'reconcile', 'focus'])
      expect(page).toContain(`cost ${command}`)
  })
})
