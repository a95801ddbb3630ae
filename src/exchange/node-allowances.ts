import type { Allowance } from '../metering/allowance.ts'
import { type AlertLevel, alertOf, readBudgets } from '../metering/budget.ts'
import { inUsd, type Usd } from '../metering/money.ts'
import type { Tariff } from '../metering/tariff.ts'
import { type Edge, USUAL_TERMS } from '../metering/usage.ts'
import { expectedPrice } from '../metering/what-if.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import type { Log } from './ports.ts'
import { type AllowancePorts, refreshAllowances } from './refresh-allowances.ts'

/** A node's budgets, as docs/costos.md has them: its operator writes them beside the node's other records. */
export const BUDGETS = 'node/budgets'
/** What its doors may spend: written by the archive after each run, read by the doors with the rest of the configuration. */
export const ALLOWANCES = 'usage/allowances'

export type Spending = {
  /** When it is refused, the log tells why and the doors keep what they had. */
  readonly tariff: () => Outcome<Tariff>
  readonly edge: Edge
  /** How many of the node's consumer doors may be awake at once: their reserved concurrency. */
  readonly doors: number
}

/** After a run of the archive: adds up the receipts that came since and writes what is left of each budget. Nothing where nobody set one. */
export async function keepAllowances(ports: AllowancePorts & { readonly log: Log }, spending: Spending): Promise<void> {
  const { store, log } = ports
  const budgets = await store.get(BUDGETS)
  const known = await store.get<readonly StoredAllowance[]>(ALLOWANCES)
  if (!budgets) return void (known && known.value.length > 0 && (await store.put(ALLOWANCES, [], known.version)))
  const allowances = await allowancesNow(budgets.value, ports, spending)
  if (!allowances.ok) return log({ level: 'error', event: 'allowances_not_refreshed', why: allowances.fault.detail })
  tellAlerts(readAllowances(known?.value), allowances.value, log)
  await store.put(ALLOWANCES, allowances.value.map(stored), known?.version ?? 0) // false: another run was faster, and knows as much
}

async function allowancesNow(
  content: unknown,
  ports: AllowancePorts,
  { tariff, edge, doors }: Spending,
): Promise<Outcome<readonly Allowance[]>> {
  if (!Number.isSafeInteger(doors) || doors < 1) return refuse('invalid_budget', `${doors} is no number of doors`)
  const prices = tariff()
  if (!prices.ok) return prices
  const budgets = readBudgets(content, prices.value)
  if (!budgets.ok) return budgets
  const terms = { ...USUAL_TERMS, edge }
  return refreshAllowances(ports, { tariff: prices.value, terms, budgets: budgets.value, doors, expected: expectedPrice(prices.value) })
}

type StoredAllowance = Omit<Allowance, 'ceiling' | 'left' | 'perCall'> & {
  readonly ceiling: string
  readonly left: string
  readonly perCall: string
}

/** Sums are decimal text: a store keeps no big numbers. */
const stored = ({ ceiling, left, perCall, ...allowance }: Allowance): StoredAllowance => ({
  ...allowance,
  ...{ ceiling: ceiling.toString(), left: left.toString(), perCall: perCall.toString() },
})

/** What `keepAllowances` wrote; none when it never ran. */
export const readAllowances = (value: unknown): readonly Allowance[] =>
  ((value ?? []) as readonly StoredAllowance[]).map(({ ceiling, left, perCall, ...allowance }) => ({
    ...allowance,
    ...{ ceiling: BigInt(ceiling) as Usd, left: BigInt(left) as Usd, perCall: BigInt(perCall) as Usd },
  }))

/** One line in the log for each budget that went over 50, 80 or 100 % since it was last looked at. */
export function tellAlerts(before: readonly Allowance[], after: readonly Allowance[], log: Log): void {
  for (const allowance of after) {
    const { agency, service, month, ceiling, left, ask } = allowance
    const same = before.find((each) => each.agency === agency && each.service === service && each.month === month)
    const [then, now] = [same ? levelOf(same) : 0, levelOf(allowance)]
    if (now <= then) continue
    const facts = { agency, service: service ?? undefined, month, percent: now, ceiling: inUsd(ceiling, 2), left: inUsd(left, 6), ask }
    log({ level: now === 100 ? 'error' : 'warn', event: 'budget_alert', ...facts })
  }
}

const levelOf = ({ ceiling, left }: Allowance): AlertLevel => alertOf(ceiling - left, ceiling)
