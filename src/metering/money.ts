import type { Brand } from '../base/brand.ts'

/** US dollars in units of 1e-18, exact: a million receipts add up to the same sum in any order. */
export type Usd = Brand<bigint, 'Usd'>

const PLACES = 18
const ONE = 10n ** BigInt(PLACES)
export const NOTHING = 0n as Usd

/** Reads '0.0000133334'; undefined for what is not a plain decimal of at most 18 places. */
export function readUsd(decimal: string): Usd | undefined {
  const [, sign, whole, fraction = ''] = /^(-?)(\d{1,15})(?:\.(\d{1,18}))?$/.exec(decimal) ?? []
  if (whole === undefined) return undefined
  const units = BigInt(whole) * ONE + BigInt(fraction.padEnd(PLACES, '0'))
  return (sign ? -units : units) as Usd
}

export const add = (...sums: readonly Usd[]): Usd => sumOf(sums)

/** The sum of however many. */
export function sumOf(sums: Iterable<Usd>): Usd {
  let total = 0n
  for (const each of sums) total += each
  return total as Usd
}
export const less = (from: Usd, what: Usd): Usd => (from - what) as Usd

/** Price × quantity ÷ per, half up: `times(perGbSecond, megabyteMilliseconds, 1_024_000)`. Quantities are whole numbers, not below 0. */
export function times(price: Usd, quantity: number | bigint, per: number | bigint = 1n): Usd {
  const [of, by] = [price * BigInt(quantity), BigInt(per)]
  return ((2n * of + by) / (2n * by)) as Usd
}

/** '20.600000' with so many places; never an exponent, never a thousands separator. */
export function inUsd(sum: Usd, places = 9): string {
  const step = 10n ** BigInt(PLACES - places)
  const units = ((sum < 0n ? -sum : sum) + step / 2n) / step
  const text = units.toString().padStart(places + 1, '0')
  const number = places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`
  return sum < 0n && units > 0n ? `-${number}` : number
}

/** For JSON that people read: a number, rounded. Never reckoned with again. */
export const rounded = (sum: Usd, places = 9): number => Number(inUsd(sum, places))

/** A sum in another currency, by a rate such as 18.50 pesos for a dollar. */
export const exchanged = (sum: Usd, rate: Usd): Usd => (sum < 0n ? -times(-sum as Usd, rate, ONE) : times(sum, rate, ONE)) as Usd
