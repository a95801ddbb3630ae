import { add, less, sumOf, times, type Usd } from './money.ts'
import { ITEMS, type Item, type PriceLine, priceLines } from './price-lines.ts'
import { USUAL, type WhatIf } from './question.ts'
import { type ServerComparison, serverBills } from './servers.ts'
import { idleBill, type NamedSum, rareBills } from './standing-costs.ts'
import type { Tariff } from './tariff.ts'
import { priceOfMonth } from './tiers.ts'
import { ASSUMED, ownMs, type Side, USUAL_BATCH, type Usage } from './usage.ts'

export type EstimateLine = {
  readonly item: Item
  readonly consumer: Usd
  readonly provider: Usd
  readonly usd: Usd
  readonly estimated: boolean
}
export type Estimate = {
  readonly asked: WhatIf
  /** Both sides together. `total` is the sum of `lines`, at list price; transfer between the nodes stands apart, at the most it can be. */
  readonly perMillion: {
    readonly lines: readonly EstimateLine[]
    readonly total: Usd
    readonly transferInRegion: EstimateLine
    readonly totalWithTransferInRegion: Usd
  }
  /** `messages` of them, by the tiers of so many; transfer in the Region apart. */
  readonly perMonth: { readonly total: Usd; readonly transferInRegion: Usd }
  /** What one agency's node costs that sleeps, a month. */
  readonly idle: { readonly lines: readonly NamedSum[]; readonly total: Usd }
  /** What is easily forgotten: not in `total`, some of it a choice. */
  readonly beside: readonly NamedSum[]
  readonly servers: readonly ServerComparison[]
  readonly sensitivity: readonly Sensitivity[]
}
/** `perMillion.total` had one thing been otherwise. */
export type Sensitivity = { readonly what: 'processorMs' | 'serviceMs' | 'memoryMb'; readonly value: number; readonly total: Usd }

const MILLION = 1_000_000

/** The usage that the question implies on one side. */
export function usageOf(asked: WhatIf, side: Side): Usage {
  const request = asked.requestBytes + ASSUMED.overhead.request
  const response = asked.responseBytes + ASSUMED.overhead.response
  const providerMs = ownMs(asked.memoryMb, asked.processorMs) + asked.serviceMs
  const common = {
    memoryMb: asked.memoryMb,
    startMs: ASSUMED.coldStartMs * ASSUMED.coldShare,
    signatures: 1,
    key: asked.tier,
    queued: [asked.requestBytes, asked.responseBytes].map((bytes) => Math.ceil((bytes + ASSUMED.overhead.record) * ASSUMED.queueGrowth)),
    logBytes: ASSUMED.logBytes,
  }
  if (side === 'provider')
    return { ...common, edge: 'http', edgeBytes: request, billedMs: providerMs, outBytes: asked.requestBytes, regionBytes: response }
  const billedMs = ownMs(asked.memoryMb, asked.processorMs) + providerMs
  return { ...common, edge: asked.edge, edgeBytes: asked.requestBytes, billedMs, outBytes: asked.responseBytes, regionBytes: request }
}

/** What a month costs, per million, idle and against servers. */
export function estimate(asked: WhatIf, tariff: Tariff): Estimate {
  const perMillion = perMillionOf(asked, tariff)
  const idle = idleBill(tariff, asked.tier)
  return {
    asked,
    perMillion,
    perMonth: perMonthOf(asked, tariff),
    idle,
    beside: rareBills(asked, tariff),
    servers: serverBills(tariff, idle.total, perMillion.total),
    sensitivity: sensitivityOf(asked, tariff),
  }
}

const linesOf = (asked: WhatIf, side: Side, tariff: Tariff): readonly PriceLine[] =>
  priceLines(usageOf(asked, side), tariff, [USUAL_BATCH, USUAL_BATCH])

function perMillionOf(asked: WhatIf, tariff: Tariff): Estimate['perMillion'] {
  const [consumer, provider] = [linesOf(asked, 'consumer', tariff), linesOf(asked, 'provider', tariff)]
  const all = [...consumer, ...provider]
  const sum = (lines: readonly PriceLine[], item: Item) => sumOf(lines.filter((line) => line.item === item).map(perMillionUsd(tariff)))
  const lines = ITEMS.filter((item) => all.some((line) => line.item === item)).map((item): EstimateLine => {
    const [asking, answering] = [sum(consumer, item), sum(provider, item)]
    const estimated = all.some((line) => line.item === item && line.estimated)
    return { item, consumer: asking, provider: answering, usd: add(asking, answering), estimated }
  })
  const certain = lines.filter(({ item }) => item !== 'transfer-region')
  const transferInRegion = lines.find(({ item }) => item === 'transfer-region') as EstimateLine
  const total = sumOf(certain.map(({ usd }) => usd))
  return { lines: certain, total, transferInRegion, totalWithTransferInRegion: add(total, transferInRegion.usd) }
}

/** A million at the first tier, reckoned from the quantity and not from one rounded price. */
const perMillionUsd =
  (tariff: Tariff) =>
  ({ price, quantity, per }: PriceLine): Usd =>
    times(tariff.prices.get(price)?.usd as Usd, BigInt(quantity) * BigInt(MILLION), BigInt(per))

function perMonthOf(asked: WhatIf, tariff: Tariff): Estimate['perMonth'] {
  const lines = [...linesOf(asked, 'consumer', tariff), ...linesOf(asked, 'provider', tariff)]
  const month = (some: readonly PriceLine[]) =>
    sumOf(some.map(({ price, quantity, per }) => priceOfMonth(tariff, price, BigInt(quantity) * BigInt(asked.messages), BigInt(per))))
  const total = month(lines)
  const transferInRegion = month(lines.filter(({ item }) => item === 'transfer-region'))
  return { total: less(total, transferInRegion), transferInRegion }
}

function sensitivityOf(asked: WhatIf, tariff: Tariff): readonly Sensitivity[] {
  const tried = [
    ...[2, 5, 10, 20].map((value) => ({ what: 'processorMs', value }) as const),
    ...[20, 100, 300, 1000, 3000].map((value) => ({ what: 'serviceMs', value }) as const),
    ...[128, 256, 512, 1024].map((value) => ({ what: 'memoryMb', value }) as const),
  ]
  return tried.map(({ what, value }) => ({ what, value, total: perMillionOf({ ...asked, [what]: value }, tariff).total }))
}

/** What one usual exchange costs its consumer: expected of a call as long as nothing better is known. */
export const expectedPrice = (tariff: Tariff): Usd => sumOf(linesOf(USUAL, 'consumer', tariff).map(({ usd }) => usd))
