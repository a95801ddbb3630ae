import { loadTariff } from '../adapters/local/price-file.ts'
import { instant } from '../base/clock.ts'
import { rounded, type Usd } from '../metering/money.ts'
import type { WhatIf } from '../metering/question.ts'
import { isEstimated, type Tariff } from '../metering/tariff.ts'
import { ASSUMED } from '../metering/usage.ts'
import { type Estimate, type EstimateLine, estimate } from '../metering/what-if.ts'
import { WEAKER } from '../metering/words.ts'
import { estimateLines } from './cost-estimate-lines.ts'
import { EXIT, type Io } from './io.ts'
import { tellFault } from './tell-fault.ts'

export type EstimateOptions = { readonly asked: WhatIf; readonly region: string; readonly prices?: string; readonly json: boolean }

/** `sacbe cost estimate`: what a month of such exchanges would cost, and on what that rests. */
export async function costEstimate({ asked, region, prices, json }: EstimateOptions, io: Io): Promise<number> {
  const tariff = loadTariff(prices, region, instant(Date.now()))
  if (!tariff.ok) return tellFault(tariff, io)
  const answer = estimate(asked, tariff.value)
  if (json) io.out(JSON.stringify(estimateJson(answer, tariff.value)))
  else for (const line of estimateLines(answer, tariff.value, io.lang)) io.out(line)
  return EXIT.ok
}

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
