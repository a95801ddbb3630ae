import type { Instant } from '../base/clock.ts'
import { sumOf, times, type Usd } from './money.ts'
import type { Item } from './price-lines.ts'
import type { Receipt } from './receipt.ts'
import type { SharedCharge } from './shared-costs.ts'
import { priceOf, type Tariff } from './tariff.ts'

/**
 * One row of our charge-back data: what a subsystem used of one price for one service on one day, or a standing cost of a month.
 * `cost` is `unitPrice` × `quantity`, exactly. The model of both writers (focus-write.ts). Source: FOCUS 1.2, "Cost and Usage".
 */
export type FocusRow = {
  readonly payer: string
  readonly agency: string
  /** Whose node it was: 'QRO/GOB/DIF/APOYOS'; for standing costs the agency itself. */
  readonly subsystem: string
  readonly service: string | null
  readonly counterparty: string | null
  readonly from: Instant
  readonly to: Instant
  readonly sku: string
  readonly unit: string
  /** In units of 1e-12. */
  readonly quantity: bigint
  readonly unitPrice: Usd
  readonly cost: Usd
  readonly exchanges: number
}

const QUANTITY = 10n ** 12n
const QUANTITY_FINE = 10n ** 18n
type Draft = Omit<FocusRow, 'quantity' | 'cost'> & { fine: bigint; exchanges: number }

/**
 * The rows of a month, in a fixed order. Receipts are added up before they are rounded; a row is rounded once, in its quantity.
 * @param payerOf who pays for an agency: itself, or its sponsor
 */
export function focusRows(
  receipts: readonly Receipt[],
  shared: readonly SharedCharge[],
  month: string,
  tariff: Tariff,
  payerOf: (agency: string) => string,
): readonly FocusRow[] {
  const drafts = new Map<string, Draft>()
  for (const receipt of receipts) if (receipt.day.startsWith(month)) addReceipt(drafts, receipt, tariff, payerOf)
  const rows = [...drafts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { fine, ...draft }]) => rowOf(draft, fine / (QUANTITY_FINE / QUANTITY)))
  return [...rows, ...shared.map((charge) => standingRow(charge, month, payerOf))]
}

const rowOf = (draft: Omit<FocusRow, 'quantity' | 'cost'>, quantity: bigint): FocusRow => ({
  ...draft,
  quantity,
  cost: times(draft.unitPrice, quantity, QUANTITY),
})

function addReceipt(
  drafts: Map<string, Draft>,
  { exchange, agency, counterparty, day, lines }: Receipt,
  tariff: Tariff,
  payerOf: (agency: string) => string,
): void {
  const subsystem = exchange.side === 'consumer' ? exchange.client : exchange.service.split('/').slice(0, 4).join('/')
  const from = Date.parse(`${day}T00:00:00Z`) as Instant
  const told = new Set<string>()
  for (const { item, price, quantity, per } of lines) {
    const sku = skuOf(item, price)
    const key = [agency, subsystem, exchange.service, counterparty, day, sku].join('\n')
    let draft = drafts.get(key)
    if (!draft) {
      const { unit, usd: unitPrice } = priceOf(tariff, price)
      const parties = { payer: payerOf(agency), agency, subsystem, service: exchange.service, counterparty }
      draft = {
        ...parties,
        from,
        to: (from + 86_400_000) as Instant,
        sku,
        unit: UNIT_WORDS[unit] ?? unit,
        unitPrice,
        fine: 0n,
        exchanges: 0,
      }
      drafts.set(key, draft)
    }
    draft.fine += times(QUANTITY_FINE as Usd, quantity, per)
    if (!told.has(sku)) draft.exchanges++
    told.add(sku)
  }
}

/** Of one price for one purpose: 'signature:kms.rsa2048.req'. */
const skuOf = (item: Item, price: string): string => `${item}:${price}`

/** Units as FOCUS writes them: capitalised, plural. Source: FOCUS 1.2, "Unit Format". */
const UNIT_WORDS: Readonly<Record<string, string>> = {
  request: 'Requests',
  'GB-second': 'GB-Seconds',
  GB: 'GB',
  'read request unit': 'Requests',
  'write request unit': 'Requests',
}

function standingRow({ agency, of, what, usd }: SharedCharge, month: string, payerOf: (agency: string) => string): FocusRow {
  const { from, to } = periodOf(month)
  const parties = { payer: payerOf(agency), agency, subsystem: agency, service: null, counterparty: null }
  return rowOf({ ...parties, from, to, sku: `standing:${of}.${what}`, unit: 'Months', unitPrice: usd, exchanges: 0 }, QUANTITY)
}

/** A month in UTC, its end exclusive. */
export function periodOf(month: string): { readonly from: Instant; readonly to: Instant } {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return { from: Date.UTC(year, number - 1, 1) as Instant, to: Date.UTC(year, number, 1) as Instant }
}

export const focusTotal = (rows: readonly FocusRow[]): Usd => sumOf(rows.map(({ cost }) => cost))

/** '12.5', without needless zeros; never an exponent. */
export function plainQuantity(quantity: bigint): string {
  const text = quantity.toString().padStart(13, '0')
  return `${text.slice(0, -12)}.${text.slice(-12)}`.replace(/\.?0+$/, '')
}
