import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { later, MINUTE } from '../../src/base/clock.ts'
import { refreshAllowances, type SpendingRules } from '../../src/exchange/refresh-allowances.ts'
import { nodeBudgets } from '../../src/local/node-budgets.ts'
import { readBudgets } from '../../src/metering/budget.ts'
import { readUsd, type Usd } from '../../src/metering/money.ts'
import { USUAL_TERMS } from '../../src/metering/usage.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { archiveAll } from '../exchange/archive-checks.ts'
import { type TwoNodes, twoNodes } from '../exchange/two-nodes.ts'
import { tariffOf } from './prices.ts'

function rulesFor(entry: object): SpendingRules {
  const tariff = tariffOf()
  const budgets = readBudgets({ budgets: [{ agency: 'QRO/GOB/DIF', currency: 'USD', ask: 'Finanzas del DIF', ...entry }] }, tariff)
  if (!budgets.ok) throw new Error(budgets.fault.detail)
  return { tariff, terms: USUAL_TERMS, budgets: budgets.value, doors: 1, expected: readUsd('0.00002') as Usd }
}

/** What the archive line does after each run. */
async function refreshed({ consumer }: TwoNodes, rules: SpendingRules) {
  await archiveAll(consumer.archivePorts)
  const allowances = await refreshAllowances(consumer.archivePorts, rules)
  if (!allowances.ok) throw new Error(allowances.fault.detail)
  consumer.configuration.current = { ...consumer.configuration.current, allowances: allowances.value }
  return allowances.value
}

describe('a ceiling at the consumer’s door', () => {
  test('lets calls through while there is money, then refuses, and nothing leaves or is kept', async () => {
    const world = await twoNodes()
    const rules = rulesFor({ ceiling: '0.00005' })
    const [first] = await refreshed(world, rules)
    expect(first).toMatchObject({ left: readUsd('0.00005'), perCall: readUsd('0.00002') })
    expect([(await world.ask()).ok, (await world.ask()).ok]).toEqual([true, true])
    const kept = (await world.consumer.kept()).length
    const called = world.register.calls.length
    expect(await world.ask()).toMatchObject({
      ok: false,
      fault: { by: 'client', path: ['budget_exceeded'], detail: expect.stringMatching(/Finanzas del DIF/) },
    })
    expect([(await world.consumer.kept()).length, world.register.calls.length]).toEqual([kept, called])
  })

  test('is what the receipts say after each run, added up once', async () => {
    const world = await twoNodes()
    const rules = rulesFor({ ceiling: '1' })
    await world.ask()
    world.clock.now = later(world.clock.now, 10 * MINUTE)
    const [one] = await refreshed(world, rules)
    const cost = (one?.ceiling as bigint) - (one?.left as bigint)
    expect(cost).toBe(one?.perCall)
    expect(cost).toBeGreaterThan(10n ** 13n)
    expect(await refreshed(world, rules)).toEqual([one])
    await world.ask()
    const [two] = await refreshed(world, rules)
    expect((two?.ceiling as bigint) - (two?.left as bigint)).toBeGreaterThan(cost)
  })

  test('never refuses what is critical', async () => {
    const world = await twoNodes()
    await refreshed(world, rulesFor({ ceiling: '0', critical: true }))
    expect((await world.ask()).ok).toBe(true)
  })

  test('that cannot be reckoned because receipts are broken is refused by name', async () => {
    const world = await twoNodes()
    await world.ask()
    await archiveAll(world.consumer.archivePorts)
    const { archivePorts } = world.consumer
    const cut = { ...archivePorts, getLocked: async (name: string) => (await archivePorts.getLocked(name))?.subarray(0, 300) }
    expect(await refreshAllowances(cut, rulesFor({ ceiling: '1' }))).toMatchObject({ ok: false, fault: { path: ['invalid_receipts'] } })
  })
})

describe('a node of the local world', () => {
  const keeper = (world: TwoNodes, content?: object) => {
    const folder = temporaryFolder()
    if (content) writeFileSync(join(folder, 'budgets.json'), JSON.stringify(content))
    return nodeBudgets({ folder, edge: 'rest', ports: world.consumer.archivePorts, log: () => {} })
  }
  test('takes its ceilings from budgets.json, and refuses by them', async () => {
    const world = await twoNodes()
    const budgets = keeper(world, { budgets: [{ agency: 'QRO/GOB/DIF', ceiling: '0.0000001', currency: 'MXN', ask: 'Finanzas' }] })
    await budgets.refresh()
    world.consumer.configuration.current = budgets.onto(world.consumer.configuration.current)
    expect(await world.ask()).toMatchObject({ ok: false, fault: { path: ['budget_exceeded'] } })
  })
  test('without the file has none', async () => {
    const world = await twoNodes()
    const budgets = keeper(world)
    await budgets.refresh()
    expect(budgets.onto(world.consumer.configuration.current)).toBe(world.consumer.configuration.current)
  })
  test('does not start on a ceiling that cannot be', async () => {
    const world = await twoNodes()
    expect(() => keeper(world, { budgets: [{ agency: 'QRO/GOB/DIF', ceiling: '1', currency: 'EUR', ask: 'x' }] })).toThrow(
      /invalid_budget: entry 1 .*EUR/,
    )
  })
})
