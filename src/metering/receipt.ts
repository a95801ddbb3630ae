import { isoInstant } from '../base/clock.ts'
import type { Exchange } from './exchanges.ts'
import { agencyOf, counterpartyOf } from './exchanges.ts'
import type { Usd } from './money.ts'
import { type PriceLine, priceLines, totalOf } from './price-lines.ts'
import type { Tariff } from './tariff.ts'
import { ASSUMED, batchOf, type NodeTerms, ownMs, type Usage } from './usage.ts'

/** What the door itself measured of one exchange, where the cloud tells it: the milliseconds billed, and those of a cold start. */
export type Measured = { readonly billedMs: number; readonly startMs: number }

/** One exchange on one side with its price, line by line. */
export type Receipt = {
  readonly exchange: Exchange
  readonly agency: string
  readonly counterparty: string
  /** UTC: '2026-11-24'. */
  readonly day: string
  readonly lines: readonly PriceLine[]
  readonly usd: Usd
  /** The time was measured by the door, follows from its two records, or is assumed because no answer was kept. */
  readonly time: 'measured' | 'records' | 'assumed'
}

/** Before the first record and after the last. */
const AROUND_MS = 10
/** For an exchange of which no answer was kept: the consumer waited, nobody knows how long. */
const NO_ANSWER_MS = 1000

export function receiptOf(exchange: Exchange, terms: NodeTerms, tariff: Tariff, measured?: Measured): Receipt {
  const time = measured ? 'measured' : exchange.requestBytes !== null && exchange.responseBytes !== null ? 'records' : 'assumed'
  const batches = exchange.records.map(({ sharedBy }) => batchOf(sharedBy))
  const lines = priceLines(usageIn(exchange, terms, time, measured), tariff, batches)
  const day = isoInstant(exchange.at).slice(0, 10)
  return { exchange, agency: agencyOf(exchange), counterparty: counterpartyOf(exchange), day, lines, usd: totalOf(lines), time }
}

/** What the exchange used: counted where it was counted, and assumed (usage.ts) where not. */
export function usageIn(exchange: Exchange, { edge, tier, memoryMb }: NodeTerms, time: Receipt['time'], measured?: Measured): Usage {
  const { side, requestBytes, responseBytes, records } = exchange
  const [asked, answered] = [requestBytes ?? 0, responseBytes ?? 0]
  const consumer = side === 'consumer'
  const between = exchange.until - exchange.at + AROUND_MS
  const wire = consumer
    ? { of: 'request', overhead: ASSUMED.overhead.request, bytes: asked }
    : { of: 'response', overhead: ASSUMED.overhead.response, bytes: answered }
  const sent = records.some(({ direction }) => direction === wire.of)
  return {
    edge: consumer ? edge : 'http',
    edgeBytes: consumer ? asked : asked + ASSUMED.overhead.request,
    memoryMb,
    billedMs: measured?.billedMs ?? (time === 'records' ? between : NO_ANSWER_MS + ownMs(memoryMb)),
    startMs: measured?.startMs ?? ASSUMED.coldStartMs * ASSUMED.coldShare,
    signatures: exchange.signatures,
    key: tier,
    queued: records.map(({ bytes }) => Math.ceil(bytes * ASSUMED.queueGrowth)),
    logBytes: ASSUMED.logBytes,
    outBytes: consumer ? answered : asked,
    regionBytes: sent ? wire.bytes + wire.overhead : 0,
  }
}

/** A call that the consumer's own door refuses before anything is signed: gateway, function and log line; nothing is kept, so it has no receipt. */
export function refusalPrice({ edge, tier, memoryMb }: NodeTerms, tariff: Tariff): Usd {
  const bytes = { edgeBytes: 1024, outBytes: 1024, regionBytes: 0, logBytes: ASSUMED.logBytes }
  const time = { memoryMb, billedMs: AROUND_MS, startMs: ASSUMED.coldStartMs * ASSUMED.coldShare }
  return totalOf(priceLines({ edge, key: tier, signatures: 0, queued: [], ...bytes, ...time }, tariff, []))
}
