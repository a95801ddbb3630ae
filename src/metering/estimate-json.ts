import { rounded, type Usd } from './money.ts'
import { isEstimated, type Tariff } from './tariff.ts'
import { ASSUMED } from './usage.ts'
import type { Estimate, EstimateLine } from './what-if.ts'
import { WEAKER } from './words.ts'

/** What the cloud gives an organization for nothing, in its own words; never deducted from a message. */
const freeTiersOf = ({ prices }: Tariff) => [...prices.values()].flatMap(({ id, free }) => (free === null ? [] : [{ price: id, free }]))

/** Sums as numbers of US dollars; `mxn` beside the totals, by the dated rate. */
export function estimateJson(answer: Estimate, tariff: Tariff): object {
  const { perMillion, perMonth, idle, beside, servers, sensitivity } = answer
  const line = ({ item, consumer, provider, usd, estimated }: EstimateLine) => ({
    item,
    consumer: rounded(consumer),
    provider: rounded(provider),
    usd: rounded(usd),
    estimated,
  })
  const sums = (list: Estimate['beside']) => list.map((each) => ({ ...each, usd: rounded(each.usd) }))
  const peso = (usd: Usd) => Math.round(rounded(usd) * rounded(tariff.exchange.mxnPerUsd) * 1e4) / 1e4
  return {
    currency: 'USD',
    prices: { dated: tariff.dated, region: tariff.region, stale: tariff.stale, unknown: tariff.unknown, estimated: isEstimated(tariff) },
    freeTiers: freeTiersOf(tariff),
    exchangeRate: { ...tariff.exchange, mxnPerUsd: rounded(tariff.exchange.mxnPerUsd) },
    asked: answer.asked,
    assumed: ASSUMED,
    perMillion: {
      lines: perMillion.lines.map(line),
      total: rounded(perMillion.total),
      transferInRegion: { ...line(perMillion.transferInRegion), upperBound: true },
      totalWithTransferInRegion: rounded(perMillion.totalWithTransferInRegion),
      mxn: peso(perMillion.total),
    },
    perMonth: { total: rounded(perMonth.total), transferInRegion: rounded(perMonth.transferInRegion), mxn: peso(perMonth.total) },
    idle: { lines: sums(idle.lines), total: rounded(idle.total) },
    beside: sums(beside),
    servers: servers.map((each) => ({ ...each, monthly: rounded(each.monthly), cheaperAbove: each.breakEven })),
    sensitivity: sensitivity.map((each) => ({ ...each, total: rounded(each.total) })),
    ...(answer.asked.tier === 'wrapped' ? { weaker: WEAKER } : {}),
  }
}
