import { sumOf, times, type Usd } from './money.ts'
import { PRICE_IDS, type PriceId } from './price-ids.ts'
import { type Price, priceOf, type Tariff } from './tariff.ts'

/**
 * What a month's quantity of one price comes to, tier by tier, nothing free.
 * @param id any tier's row: 'apigw.rest.req.t1'
 * @param quantity with `per`: how many units, `quantity / per`, both whole
 */
export function priceOfMonth(tariff: Tariff, id: PriceId, quantity: bigint, per: bigint): Usd {
  return sumOf(
    tiersOf(tariff, id).map(({ usd, from, to }, index, all) =>
      times(usd, within(quantity, per, from, index === all.length - 1 ? null : to), per),
    ),
  )
}

/** How much of a quantity lies in a tier. */
function within(quantity: bigint, per: bigint, from: number, to: number | null): bigint {
  const low = BigInt(from) * per
  const high = to === null || quantity < BigInt(to) * per ? quantity : BigInt(to) * per
  return high > low ? high - low : 0n
}

const baseOf = (id: string): string => id.replace(/\.t\d$/, '')

const tiersOf = (tariff: Tariff, id: PriceId): readonly Price[] =>
  PRICE_IDS.filter((each) => baseOf(each) === baseOf(id))
    .map((each) => priceOf(tariff, each))
    .toSorted((a, b) => a.from - b.from)
