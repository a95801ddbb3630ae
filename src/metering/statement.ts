import type { Instant } from '../base/clock.ts'
import { exchanged, NOTHING, sumOf, type Usd } from './money.ts'
import type { Item } from './price-lines.ts'
import type { Receipt } from './receipt.ts'
import type { SharedCharge } from './shared-costs.ts'
import { isEstimated, type Tariff } from './tariff.ts'

/** Exchanges and their price under one name: a service, a counterparty, a purpose, a day, an agency. */
export type Part = { readonly name: string; readonly exchanges: number; readonly usd: Usd }

/** A month of one agency, or of all of them. Every grouping has the same exchanges and comes to the same sum. */
export type Statement = {
  /** '2026-11', in UTC, as the cloud's own bill. */
  readonly month: string
  /** null: the whole state. */
  readonly agency: string | null
  readonly exchanges: number
  readonly byItem: readonly { readonly item: Item; readonly usd: Usd }[]
  readonly byAgency: readonly Part[]
  readonly byPayer: readonly Part[]
  readonly byService: readonly Part[]
  readonly byCounterparty: readonly Part[]
  readonly byPurpose: readonly Part[]
  readonly byDay: readonly Part[]
  /** How many prices rest on a time that nobody measured. */
  readonly assumedTimes: number
  readonly shared: readonly SharedCharge[]
  readonly messagesUsd: Usd
  readonly sharedUsd: Usd
  readonly usd: Usd
  readonly mxn: Usd
  readonly prices: {
    readonly dated: string
    readonly region: string
    readonly estimated: boolean
    readonly rate: Usd
    readonly rateDated: string
  }
  readonly madeAt: Instant
}

/** Purpose of exchanges that name none. */
export const NO_PURPOSE = ''

/**
 * Sums receipts.
 * @param payerOf who pays for an agency: itself, or its sponsor
 * @param shared  the standing costs of the month, already split; those of other agencies are left out here
 */
export function statementOf(
  receipts: readonly Receipt[],
  shared: readonly SharedCharge[],
  {
    month,
    agency,
    tariff,
    payerOf,
    at,
  }: { month: string; agency: string | null; tariff: Tariff; payerOf: (agency: string) => string; at: Instant },
): Statement {
  const own = receipts.filter((receipt) => receipt.day.startsWith(month) && (agency === null || receipt.agency === agency))
  const charges = shared.filter((charge) => agency === null || charge.agency === agency)
  const messagesUsd = sumOf(own.map(({ usd }) => usd))
  const sharedUsd = sumOf(charges.map(({ usd }) => usd))
  const usd = (messagesUsd + sharedUsd) as Usd
  const { mxnPerUsd: rate, dated: rateDated } = tariff.exchange
  return {
    month,
    agency,
    exchanges: own.length,
    byItem: byItem(own),
    byAgency: partsBy(own, (receipt) => receipt.agency),
    byPayer: partsBy(own, (receipt) => payerOf(receipt.agency)),
    byService: partsBy(own, ({ exchange }) => exchange.service),
    byCounterparty: partsBy(own, ({ counterparty }) => counterparty),
    byPurpose: partsBy(own, ({ exchange }) => exchange.purpose ?? NO_PURPOSE),
    byDay: partsBy(own, ({ day }) => day),
    assumedTimes: own.filter(({ time }) => time === 'assumed').length,
    shared: charges,
    messagesUsd,
    sharedUsd,
    usd,
    mxn: exchanged(usd, rate),
    prices: { dated: tariff.dated, region: tariff.region, estimated: isEstimated(tariff), rate, rateDated },
    madeAt: at,
  }
}

/** In the order of their names. */
function partsBy(receipts: readonly Receipt[], nameOf: (receipt: Receipt) => string): readonly Part[] {
  const parts = new Map<string, { name: string; exchanges: number; usd: Usd }>()
  for (const receipt of receipts) {
    const name = nameOf(receipt)
    const part = parts.get(name) ?? { name, exchanges: 0, usd: NOTHING }
    part.exchanges++
    part.usd = (part.usd + receipt.usd) as Usd
    parts.set(name, part)
  }
  return [...parts.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function byItem(receipts: readonly Receipt[]): Statement['byItem'] {
  const sums = new Map<Item, Usd>()
  for (const { lines } of receipts) for (const { item, usd } of lines) sums.set(item, ((sums.get(item) ?? NOTHING) + usd) as Usd)
  return [...sums].map(([item, usd]) => ({ item, usd }))
}
