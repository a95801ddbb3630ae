import { less, NOTHING, sumOf, times, type Usd } from './money.ts'
import type { PriceId } from './price-ids.ts'
import { HOURS_A_MONTH } from './standing-costs.ts'
import { priceOf, type Tariff } from './tariff.ts'

/**
 * A stock server a month, and from how many exchanges a month a node of ours costs more than it; null: never.
 * @property breakEven exchanges of one agency, its own side of each
 */
export type ServerComparison = { readonly name: 'single' | 'ha'; readonly monthly: Usd; readonly breakEven: number | null }

/**
 * Hours, gigabytes and addresses of a stock server on EC2 as its manual sizes it (X-Road IG-SS: two cores, 4 GB). Nobody's labour, licence,
 * patching, monitoring or second environment is counted: each favours the server here.
 */
const SERVERS: Readonly<Record<ServerComparison['name'], readonly (readonly [price: PriceId, quantity: number])[]>> = {
  single: [
    ['ec2.t3.medium', HOURS_A_MONTH],
    ['ebs.gp3', 30],
    ['ipv4.hour', HOURS_A_MONTH],
  ],
  ha: [
    ['ec2.t3.large', 2 * HOURS_A_MONTH],
    ['ebs.gp3', 80],
    ['nlb.hour', HOURS_A_MONTH],
    ['ipv4.hour', 4 * HOURS_A_MONTH],
    ['rds.t4g.medium.m', HOURS_A_MONTH],
    ['rds.gp3.m', 50],
  ],
}
const MILLION = 1_000_000n

/** Half of an exchange's price is one node's; the other end pays its own. */
export const serverBills = (tariff: Tariff, idle: Usd, perMillion: Usd): readonly ServerComparison[] =>
  (['single', 'ha'] as const).map((name) => {
    const monthly = sumOf(SERVERS[name].map(([id, quantity]) => times(priceOf(tariff, id).usd, quantity)))
    const left = less(monthly, idle)
    const breakEven = perMillion > NOTHING && left > NOTHING ? Number((left * MILLION * 2n) / perMillion) : null
    return { name, monthly, breakEven }
  })
