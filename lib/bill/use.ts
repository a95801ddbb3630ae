import type { PriceId } from '../../src/metering/price-ids.ts'

/** So much of a price in a month. */
export type Use = { readonly price: PriceId; readonly quantity: number }
