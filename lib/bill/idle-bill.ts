import type { PriceId } from '../../src/metering/price-ids.ts'
import { priceOf, type Tariff } from '../../src/metering/tariff.ts'
import type { Synthesized } from '../synth.ts'
import { idleUse } from './resource-prices.ts'

/** What is free of charge every month for whoever pays, once, however many accounts and agencies there are. */
export const FREE_A_MONTH: Partial<Record<PriceId, number>> = {
  'lambda.req': 1_000_000,
  'lambda.arm.t1': 400_000,
  'sqs.std.t1': 1_000_000,
  'eb.scheduler': 14_000_000,
  'cwl.std': 5,
  'cw.alarm': 10,
}

export type BillLine = { readonly price: PriceId; readonly quantity: number; readonly usd: number }
export type StageBill = { readonly stage: string; readonly lines: readonly BillLine[]; readonly usd: number }
export type IdleBill = {
  readonly stages: readonly StageBill[]
  /** Resources without a price: 'stage: logical id (type)'. While there is one, no sum is true. */
  readonly unpriced: readonly string[]
}

/**
 * What a month costs in which nobody calls, in US dollars, stage by stage, from the templates themselves. Free tiers are taken once for all
 * stages together, and shared in proportion to what each uses.
 */
export function idleBill(templates: readonly Synthesized[], tariff: Tariff): IdleBill {
  const used = new Map<string, Map<PriceId, number>>()
  const unpriced: string[] = []
  for (const { stage, template } of templates) {
    const mine = used.get(stage) ?? new Map<PriceId, number>()
    used.set(stage, mine)
    for (const [id, resource] of Object.entries(template.Resources)) {
      const uses = idleUse(resource, template)
      if (!uses) unpriced.push(`${stage}: ${id} (${resource.Type})`)
      for (const { price, quantity } of uses ?? []) mine.set(price, (mine.get(price) ?? 0) + quantity)
    }
  }
  const paid = paidShares([...used.values()])
  return { stages: [...used].map(([stage, mine]) => stageBill(stage, mine, paid, tariff)), unpriced }
}

/** Of each price, the part of the whole quantity that is not free. */
function paidShares(all: readonly ReadonlyMap<PriceId, number>[]): (price: PriceId) => number {
  const totals = new Map<PriceId, number>()
  for (const uses of all) for (const [price, quantity] of uses) totals.set(price, (totals.get(price) ?? 0) + quantity)
  return (price) => {
    const total = totals.get(price) ?? 0
    return total === 0 ? 0 : Math.max(0, total - (FREE_A_MONTH[price] ?? 0)) / total
  }
}

function stageBill(stage: string, mine: ReadonlyMap<PriceId, number>, paid: (price: PriceId) => number, tariff: Tariff): StageBill {
  const lines = [...mine]
    .filter(([, quantity]) => quantity > 0)
    .map(([price, quantity]) => ({ price, quantity, usd: quantity * paid(price) * dollars(priceOf(tariff, price).usd) }))
  return { stage, lines, usd: lines.reduce((sum, { usd }) => sum + usd, 0) }
}

const dollars = (usd: bigint): number => Number(usd) / 1e18
