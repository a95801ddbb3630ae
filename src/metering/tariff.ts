import { DAY, type Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { readUsd, times, type Usd } from './money.ts'
import { PRICE_IDS, type PriceId } from './price-ids.ts'
import { type Price, readPrice } from './price-row.ts'

export type { Price } from './price-row.ts'

/** The prices of one Region, all of them. */
export type Tariff = {
  readonly dated: string
  readonly region: string
  /** Pesos for a dollar, and the day of that rate: an input, never fetched. */
  readonly exchange: { readonly mxnPerUsd: Usd; readonly dated: string; readonly source: string }
  readonly prices: ReadonlyMap<PriceId, Price>
  /** Prices that were last checked longer ago than the file says they may be. */
  readonly stale: readonly PriceId[]
  /** What nobody found a price of for this Region: estimated instead. */
  readonly unknown: readonly string[]
}

type Region = { estimateOf: string | null; multiplier: string; exceptServices?: string[]; unknown?: string[] }
type File = {
  dated: string
  currency: string
  staleAfterDays: number
  exchangeRate: { mxnPerUsd: string; dated: string; source: string }
  regions: Record<string, Region>
  prices: unknown[]
}

/**
 * The prices of one Region from a price file.
 *
 * Refuses with 'invalid_tariff', naming the row and the field: what is missing, negative, not a number, unknown, in another unit, or of
 * an unknown currency or Region. A stale file is still read: `stale` names its rows, estimates say so, and `mustBeFresh` refuses to bill by it.
 */
export function readTariff(file: unknown, region: string, at: Instant): Outcome<Tariff> {
  if (!isFile(file)) return refuse('invalid_tariff', 'the file lacks dated, currency, staleAfterDays, exchangeRate, regions or prices')
  if (file.currency !== 'USD') return refuse('invalid_tariff', `currency: USD is wanted, not ${file.currency}`)
  const here = Object.hasOwn(file.regions, region) ? file.regions[region] : undefined
  if (!here) return refuse('invalid_tariff', `region ${region} is not in the price file; it has ${Object.keys(file.regions).join(', ')}`)
  const rate = readUsd(file.exchangeRate.mxnPerUsd)
  if (!rate || rate <= 0n) return refuse('invalid_tariff', 'exchangeRate.mxnPerUsd is not a rate')
  const prices = pricesOf(file, region, here)
  if (!prices.ok) return prices
  const missing = PRICE_IDS.find((id) => !prices.value.has(id))
  if (missing) return refuse('invalid_tariff', `row ${missing} is missing for ${region}`)
  const late = (checked: string) => at - Date.parse(checked) > file.staleAfterDays * DAY
  const stale = [...prices.value.values()].filter(({ checked }) => late(checked ?? file.dated)).map(({ id }) => id)
  const exchange = { mxnPerUsd: rate, dated: file.exchangeRate.dated, source: file.exchangeRate.source }
  return ok({ dated: file.dated, region, exchange, prices: prices.value, stale, unknown: here.unknown ?? [] })
}

/** Bills are made by prices that somebody checked lately: 'invalid_tariff' with the rows that nobody did. */
export function mustBeFresh(tariff: Tariff): Outcome<Tariff> {
  const { stale, dated } = tariff
  if (stale.length === 0) return ok(tariff)
  return refuse(
    'invalid_tariff',
    `stale since it was dated ${dated}: row ${stale.slice(0, 5).join(', ')}${stale.length > 5 ? ` and ${stale.length - 5} more` : ''}`,
  )
}

/** A price by its row's name: a tariff has them all. */
export function priceOf(tariff: Tariff, id: PriceId): Price {
  const price = tariff.prices.get(id)
  if (!price) throw new Error(`the tariff was read without ${id}`)
  return price
}

/** Whether any price is of another Region, multiplied. */
export const isEstimated = ({ prices }: Tariff): boolean => [...prices.values()].some(({ estimated }) => estimated)

function isFile(file: unknown): file is File {
  const candidate = file as Partial<File> | null
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    !Number.isNaN(Date.parse(String(candidate.dated))) &&
    typeof candidate.staleAfterDays === 'number' &&
    typeof candidate.exchangeRate?.mxnPerUsd === 'string' &&
    typeof candidate.exchangeRate.dated === 'string' &&
    typeof candidate.regions === 'object' &&
    Array.isArray(candidate.prices)
  )
}

/** A Region's own rows, and for the rest those of the Region it is estimated by. */
function pricesOf(file: File, region: string, { estimateOf, multiplier, exceptServices = [] }: Region): Outcome<Map<PriceId, Price>> {
  const factor = readUsd(multiplier)
  if (!factor || factor <= 0n) return refuse('invalid_tariff', `regions.${region}.multiplier is not a number above 0`)
  const own = new Map<PriceId, Price>()
  const estimates = new Map<PriceId, Price>()
  const seen = new Set<string>()
  for (const [index, row] of file.prices.entries()) {
    const price = readPrice(row, index)
    if (!price.ok) return price
    const key = `${price.value.region} ${price.value.id}`
    if (seen.has(key)) return refuse('invalid_tariff', `row ${index + 1}: ${price.value.id} of ${price.value.region} stands twice`)
    seen.add(key)
    if (price.value.region === region) own.set(price.value.id, price.value)
    else if (price.value.region === estimateOf)
      estimates.set(price.value.id, estimate(price.value, exceptServices.includes(price.value.service) ? null : factor))
  }
  return ok(new Map([...estimates, ...own]))
}

function estimate(price: Price, factor: Usd | null): Price {
  return factor ? { ...price, usd: times(factor, price.usd, 10n ** 18n), estimated: true } : { ...price, estimated: true }
}
