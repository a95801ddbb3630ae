import { describe, expect, test } from 'vitest'
import { pricesHere } from '../../functions/archive/prices.ts'
import { ALLOWANCES, BUDGETS, keepAllowances, readAllowances, type Spending } from '../../src/exchange/node-allowances.ts'
import type { LogEntry } from '../../src/exchange/ports.ts'
import { inUsd, type Usd } from '../../src/metering/money.ts'
import { archiveAll } from './archive-checks.ts'
import { type TwoNodes, twoNodes } from './two-nodes.ts'

const entry = (fields: object = {}) => ({ budgets: [{ agency: 'QRO/GOB/DIF', ceiling: '1', currency: 'USD', ask: 'Finanzas', ...fields }] })

/** A node whose records lie in a table: its archive writes what may be spent, its doors read it with their configuration. */
async function node(budgets?: object, doors = 1) {
  const world: TwoNodes = await twoNodes()
  const { archivePorts, configuration } = world.consumer
  const log: LogEntry[] = []
  const ports = { ...archivePorts, log: (told: LogEntry) => void log.push(told) }
  const version = async (key: string) => (await ports.store.get(key))?.version ?? 0
  const set = async (content: unknown) => void (await ports.store.put(BUDGETS, content, await version(BUDGETS)))
  if (budgets) await set(budgets)
  const spending: Spending = { tariff: () => pricesHere('us-east-1', world.clock.now), edge: 'rest', doors }
  const written = async () => readAllowances((await ports.store.get(ALLOWANCES))?.value)
  const run = async (how = spending) => {
    await archiveAll(archivePorts)
    await keepAllowances(ports, how)
    const allowances = await written()
    configuration.current = { ...configuration.current, allowances }
    return allowances
  }
  return { world, log, set, spending, run, written }
}

describe('the budgets of a node whose records lie in a table', () => {
  test('are what its archive reckons after each run and its doors refuse by, across the form they are stored in', async () => {
    const { world, run } = await node(entry({ ceiling: '0.00002' }))
    expect(await run()).toMatchObject([{ agency: 'QRO/GOB/DIF', doors: 1, ceiling: 20_000_000_000_000n, left: 20_000_000_000_000n }])
    expect((await world.ask()).ok).toBe(true)
    const [left] = await run()
    expect((left?.left as bigint) < 20_000_000_000_000n).toBe(true)
    expect(await world.ask()).toMatchObject({ ok: false, fault: { path: ['budget_exceeded'], detail: expect.stringMatching(/Finanzas/) } })
  })
  test('are shared among as many doors as the consumer’s reserved concurrency', async () => {
    const { world, run } = await node(entry({ ceiling: '0.00003' }), 4)
    expect(await run()).toMatchObject([{ doors: 4 }])
    expect(await world.ask()).toMatchObject({ ok: false, fault: { path: ['budget_exceeded'] } })
  })
  test('are none where nobody set one, and none again when they are taken away', async () => {
    const bare = await node()
    expect(await bare.run()).toEqual([])
    const { run, set, log } = await node(entry())
    expect(await run()).toHaveLength(1)
    await set({ budgets: [] })
    expect([await run(), log]).toEqual([[], []])
  })
  test('that cannot be, prices that are not there, and no number of doors are told by name, and the doors keep what they had', async () => {
    const { run, set, log, spending } = await node(entry())
    const before = await run()
    await run({ ...spending, doors: Number('x') })
    await run({ ...spending, tariff: () => pricesHere('eu-west-9', 0 as never) })
    await set(entry({ currency: 'EUR' }))
    expect(await run()).toEqual(before)
    expect(log.map(({ event, why }) => [event, why])).toEqual([
      ['allowances_not_refreshed', expect.stringMatching(/NaN is no number of doors/)],
      ['allowances_not_refreshed', expect.stringMatching(/region eu-west-9 is not in the price file/)],
      ['allowances_not_refreshed', expect.stringMatching(/currency is EUR/)],
    ])
  })
  test('alert once each at 50, 80 and 100 %', async () => {
    const { world, run, log, set } = await node(entry())
    await world.ask()
    const [first] = await run()
    const spent = (first?.ceiling as bigint) - (first?.left as bigint)
    for (const percent of [40n, 55n, 60n, 85n, 120n, 130n]) {
      await set(entry({ ceiling: inUsd(((spent * 100n) / percent) as Usd, 18), critical: true }))
      await run()
      await run()
    }
    const alerts = log.filter(({ event }) => event === 'budget_alert')
    expect(alerts.map(({ level, percent }) => [level, percent])).toEqual([
      ['warn', 50],
      ['warn', 80],
      ['error', 100],
    ])
    expect(alerts[0]).toMatchObject({ agency: 'QRO/GOB/DIF', ask: 'Finanzas' })
  })
})
