import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { memberIn } from './exchanges.ts'
import { exchanged, inUsd, readUsd, sumOf, times, type Usd } from './money.ts'
import type { Receipt } from './receipt.ts'
import type { Tariff } from './tariff.ts'

/** A month's ceiling of an agency, for one service or for all of them together. */
export type Budget = {
  readonly agency: string
  /** 'QRO/GOB/SEDESOQ/PADRON/consulta'; null: everything the agency pays for its messages. */
  readonly service: string | null
  readonly ceiling: Usd
  /** Never blocked, only told. */
  readonly critical: boolean
  /** Whom a caller who is refused should ask: a name, an address. */
  readonly ask: string
}
export type Budgets = { readonly budgets: readonly Budget[]; readonly sponsors: ReadonlyMap<string, string> }
export const NO_BUDGETS: Budgets = { budgets: [], sponsors: new Map() }

/**
 * Reads budgets: `{ "budgets": [{ agency, service?, ceiling: "200.00", currency: "MXN", critical?, ask }], "sponsors": { agency: payer } }`.
 * Pesos become dollars by the tariff's dated rate. Refuses with 'invalid_budget', naming the entry: another currency, a ceiling that is
 * missing or below nothing, two for the same, nobody to ask, a sponsor of a sponsor.
 */
export function readBudgets(content: unknown, tariff: Tariff): Outcome<Budgets> {
  const { budgets, sponsors = {}, ...strange } = (content ?? {}) as Record<string, unknown>
  if (!Array.isArray(budgets)) return refuse('invalid_budget', 'there is no list called budgets')
  const [unknown] = Object.keys(strange)
  if (unknown) return refuse('invalid_budget', `unknown field ${unknown}`)
  const read: Budget[] = []
  for (const [index, entry] of budgets.entries()) {
    const budget = readBudget(entry, index, tariff)
    if (!budget.ok) return budget
    if (read.some(({ agency, service }) => agency === budget.value.agency && service === budget.value.service))
      return refuse(
        'invalid_budget',
        `entry ${index + 1}: ${budget.value.agency} ${budget.value.service ?? 'as a whole'} has a ceiling already`,
      )
    read.push(budget.value)
  }
  const payers = readSponsors(sponsors)
  return payers.ok ? ok({ budgets: read, sponsors: payers.value }) : payers
}

const FIELDS = ['agency', 'service', 'ceiling', 'currency', 'critical', 'ask']

function readBudget(entry: unknown, index: number, tariff: Tariff): Outcome<Budget> {
  const row = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>
  const { agency, service = null, ceiling, currency, critical = false, ask } = row
  const no = (why: string) => refuse('invalid_budget', `entry ${index + 1} (${String(agency).slice(0, 100)}): ${why}`)
  const strange = Object.keys(row).find((field) => !FIELDS.includes(field))
  if (strange) return no(`unknown field ${strange}`)
  if (typeof agency !== 'string' || memberIn(agency) !== agency || agency.split('/').length !== 3)
    return no('agency is not INSTANCE/CLASS/CODE')
  if (service !== null && typeof service !== 'string') return no('service is no identifier')
  if (typeof critical !== 'boolean') return no('critical is neither true nor false')
  if (typeof ask !== 'string' || ask.trim() === '') return no('ask is missing: whom to ask')
  const sum = typeof ceiling === 'string' ? readUsd(ceiling) : undefined
  if (sum === undefined || sum < 0n) return no('ceiling is not a decimal in quotes, 0 or more')
  if (currency !== 'USD' && currency !== 'MXN') return no(`currency is ${String(currency)}, not USD or MXN`)
  const { mxnPerUsd } = tariff.exchange
  return ok({ agency, service, ceiling: currency === 'USD' ? sum : times(sum, 10n ** 18n, mxnPerUsd), critical, ask: ask.slice(0, 200) })
}

function readSponsors(sponsors: unknown): Outcome<ReadonlyMap<string, string>> {
  const pairs = Object.entries(sponsors as Record<string, unknown>)
  for (const [agency, payer] of pairs) {
    if (typeof payer !== 'string' || payer === '') return refuse('invalid_budget', `sponsors.${agency}: the payer is missing`)
    if (pairs.some(([each]) => each === payer)) return refuse('invalid_budget', `sponsors.${agency}: ${payer} has a sponsor itself`)
  }
  return ok(new Map(pairs as [string, string][]))
}

export const ALERTS = [50, 80, 100] as const
export type AlertLevel = 0 | (typeof ALERTS)[number]
const percentOf = (spent: bigint, ceiling: bigint): number =>
  ceiling === 0n ? (spent > 0n ? 100 : 0) : Number((spent * 10_000n) / ceiling) / 100
/** The highest level that was reached; 0: none. */
export const alertOf = (spent: bigint, ceiling: bigint): AlertLevel => ALERTS.findLast((level) => percentOf(spent, ceiling) >= level) ?? 0

export type BudgetState = {
  readonly budget: Budget
  readonly spent: Usd
  readonly exchanges: number
  readonly percent: number
  readonly alerts: readonly number[]
}

/** What an agency spent on one service in one month, and for how many exchanges. */
export type Spending = {
  readonly agency: string
  readonly service: string
  readonly month: string
  readonly usd: Usd
  readonly exchanges: number
}

export function spendingOf(receipts: readonly Receipt[]): readonly Spending[] {
  const sums = new Map<string, Spending>()
  for (const { agency, exchange, day, usd } of receipts) {
    const [service, month] = [exchange.service, day.slice(0, 7)]
    const key = `${agency} ${service} ${month}`
    const before = sums.get(key) ?? { agency, service, month, usd: 0n as Usd, exchanges: 0 }
    sums.set(key, { ...before, usd: (before.usd + usd) as Usd, exchanges: before.exchanges + 1 })
  }
  return [...sums.values()]
}

/** Where each budget stands after a month's spending: what the agency itself used, and what it pays for those it sponsors. */
export function budgetStates({ budgets, sponsors }: Budgets, spending: readonly Spending[], month: string): readonly BudgetState[] {
  return budgets.map((budget) => {
    const counted = spending.filter((each) => each.month === month && isCounted(each, budget, sponsors))
    const spent = sumOf(counted.map(({ usd }) => usd))
    const exchanges = counted.reduce((sum, each) => sum + each.exchanges, 0)
    const percent = percentOf(spent, budget.ceiling)
    return { budget, spent, exchanges, percent, alerts: ALERTS.filter((at) => percent >= at) }
  })
}

/** Sums are decimal strings in USD. */
export const stateJson = (month: string, { budget, spent, percent, alerts }: BudgetState): object => {
  const { agency, service, ceiling, critical, ask } = budget
  return { month, agency, service, ceiling: inUsd(ceiling, 9), spent: inUsd(spent, 12), percent, alerts, critical, ask }
}

const isCounted = ({ agency, service }: Spending, budget: Budget, sponsors: Budgets['sponsors']): boolean =>
  (agency === budget.agency || sponsors.get(agency) === budget.agency) && (budget.service === null || budget.service === service)

/** A sum of pesos, for people. */
export const inPesos = (usd: Usd, { exchange }: Tariff): Usd => exchanged(usd, exchange.mxnPerUsd)
