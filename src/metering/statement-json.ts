import type { Close, Unmatched } from './daily-close.ts'
import { inUsd, type Usd } from './money.ts'
import type { Part, Statement } from './statement.ts'

/** What goes with a statement: how the days close, and what has no counterpart. */
export type Books = {
  readonly closes: readonly (Close & { readonly node: string; readonly day: string })[]
  readonly unmatched: readonly (Unmatched & { readonly node: string })[]
}

const PLACES = 12
const money = (usd: Usd): string => inUsd(usd, PLACES)
const part = ({ name, exchanges, usd }: Part) => ({ name, exchanges, usd: money(usd) })

/** Sums are decimal strings: no reader's floating point touches them. */
export function statementJson(statement: Statement, { closes, unmatched }: Books): object {
  const { prices, shared, byItem } = statement
  return {
    month: statement.month,
    agency: statement.agency,
    currency: 'USD',
    prices: { ...prices, rate: inUsd(prices.rate, 4) },
    exchanges: statement.exchanges,
    assumedTimes: statement.assumedTimes,
    messagesUsd: money(statement.messagesUsd),
    sharedUsd: money(statement.sharedUsd),
    usd: money(statement.usd),
    mxn: inUsd(statement.mxn, 4),
    byItem: byItem.map(({ item, usd }) => ({ item, usd: money(usd) })),
    byAgency: statement.byAgency.map(part),
    byPayer: statement.byPayer.map(part),
    byService: statement.byService.map(part),
    byCounterparty: statement.byCounterparty.map(part),
    byPurpose: statement.byPurpose.map(part),
    byDay: statement.byDay.map(part),
    shared: shared.map((charge) => ({ ...charge, usd: money(charge.usd) })),
    closes,
    unmatched,
    madeAt: new Date(statement.madeAt).toISOString(),
  }
}
