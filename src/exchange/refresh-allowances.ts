import { type Instant, instant, isoInstant, later, MINUTE } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type Allowance, allowancesOf } from '../metering/allowance.ts'
import { type Budgets, budgetStates, type Spending, spendingOf } from '../metering/budget.ts'
import { exchangesOf } from '../metering/exchanges.ts'
import type { Usd } from '../metering/money.ts'
import { receiptOf } from '../metering/receipt.ts'
import { readReceipts } from '../metering/receipts.ts'
import type { Tariff } from '../metering/tariff.ts'
import type { NodeTerms } from '../metering/usage.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { RECEIPTS } from './archive-names.ts'
import type { GetLocked, ListLocked, Now, Store } from './ports.ts'

export type AllowancePorts = { readonly getLocked: GetLocked; readonly listLocked: ListLocked; readonly store: Store; readonly now: Now }
/** What a node's calls cost, who may spend how much, and how many of its doors may be awake at once. */
export type SpendingRules = {
  readonly tariff: Tariff
  readonly terms: NodeTerms
  readonly budgets: Budgets
  readonly doors: number
  readonly expected: Usd
}

/** Where the adding up stands. Sums are decimal text: a store keeps no big numbers. */
type RollUp = {
  readonly through: string
  readonly asOf: number
  readonly spending: readonly (Omit<Spending, 'usd'> & { readonly usd: string })[]
}

const KEY = 'usage/spending'
/** Between a door's clock and the archive's, and from a record's time to its being kept. */
const BEHIND = 2 * MINUTE

/**
 * What a node's doors may spend until the next run: called by the archive line after it has sealed.
 *
 * Adds up only the receipts that came since. An exchange whose two records fell into two runs is counted as two here, on the safe side;
 * statements count it once. Refused with 'invalid_receipts' when a file cannot be read: then the doors keep what they had.
 */
export async function refreshAllowances(ports: AllowancePorts, rules: SpendingRules): Promise<Outcome<readonly Allowance[]>> {
  const month = isoInstant(ports.now()).slice(0, 7)
  const known = await ports.store.get<RollUp>(KEY)
  const rolled = await addNew(known?.value ?? { through: '', asOf: 0, spending: [] }, month, ports, rules)
  if (!rolled.ok) return rolled
  if (rolled.value.through !== known?.value.through) await ports.store.put(KEY, rolled.value, known?.version ?? 0)
  const spending = rolled.value.spending.map((each) => ({ ...each, usd: BigInt(each.usd) as Usd }))
  const states = budgetStates(rules.budgets, spending, month)
  return ok(allowancesOf(rules.budgets, states, { month, asOf: instant(rolled.value.asOf), doors: rules.doors, expected: rules.expected }))
}

async function addNew(
  start: RollUp,
  month: string,
  { listLocked, getLocked }: AllowancePorts,
  { tariff, terms }: SpendingRules,
): Promise<Outcome<RollUp>> {
  let { through, asOf } = start
  const added: Spending[] = []
  for (const name of await listLocked(RECEIPTS, through)) {
    const bytes = await getLocked(name)
    const read = bytes ? readReceipts(name, Buffer.from(bytes).toString('utf8')) : refuse('invalid_receipts', `${name} is not there`)
    if (!read.ok) return read
    added.push(...spendingOf(exchangesOf([read.value]).map((exchange) => receiptOf(exchange, terms, tariff))))
    through = name
    asOf = later(read.value.at as Instant, -BEHIND)
  }
  const before = start.spending.map((each) => ({ ...each, usd: BigInt(each.usd) as Usd }))
  return ok({ through, asOf, spending: merged([...before, ...added].filter((each) => each.month >= month)) })
}

function merged(spending: readonly Spending[]): RollUp['spending'] {
  const sums = new Map<string, Spending>()
  for (const each of spending) {
    const key = `${each.agency} ${each.service} ${each.month}`
    const sum = sums.get(key)
    sums.set(key, sum ? { ...sum, usd: (sum.usd + each.usd) as Usd, exchanges: sum.exchanges + each.exchanges } : each)
  }
  return [...sums.values()].map((each) => ({ ...each, usd: each.usd.toString() }))
}
