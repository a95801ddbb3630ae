import { type Instant, isoInstant, MINUTE } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import type { BudgetState, Budgets } from './budget.ts'
import { inUsd, less, NOTHING, type Usd } from './money.ts'

/**
 * What is left of one budget, as the archive line last knew it: a node's doors hold it in memory and ask nobody.
 * Everything that was sent up to `asOf` is in `left` already; what a door let through since then it remembers itself.
 */
export type Allowance = {
  readonly agency: string
  /** Whose calls it pays: the agency's own, and those of agencies it sponsors. */
  readonly covers: readonly string[]
  readonly service: string | null
  readonly month: string
  readonly asOf: Instant
  readonly ceiling: Usd
  readonly left: Usd
  /** What one call is expected to cost: the mean of the month so far, else the estimate. */
  readonly perCall: Usd
  /** How many doors may be awake at once: each may spend its equal part of what is left. */
  readonly doors: number
  readonly critical: boolean
  readonly ask: string
}
/** What a door let through by itself, by budget and minute. It forgets what an allowance has taken in. */
export type Tally = Map<string, Map<number, bigint>>
export type PaidCall = { readonly agency: string; readonly service: string; readonly at: Instant }

/**
 * Whether a call is within every budget it falls under, and notes it in the tally if so. No input or output: two look-ups and a sum.
 *
 * Since a door counts all it let through since `asOf`, and no door passes its part, all doors together stay within what is left; only a door
 * that dies forgets, and then at most its part is spent again. A critical call is counted and never refused.
 * Refused with 'budget_exceeded', naming the budget and whom to ask.
 */
export function mayPay(allowances: readonly Allowance[], call: PaidCall, tally: Tally): Outcome<true> {
  const applying = allowances.filter(
    ({ covers, service }) => covers.includes(call.agency) && (service === null || service === call.service),
  )
  const spentOut = applying.find((allowance) => !allowance.critical && !hasRoom(allowance, call.at, tally))
  if (spentOut && !applying.some(({ critical, service }) => critical && service === call.service))
    return refuse('budget_exceeded', detailOf(spentOut))
  for (const allowance of applying) note(allowance, call.at, tally)
  return ok(true)
}

function hasRoom(allowance: Allowance, at: Instant, tally: Tally): boolean {
  const { ceiling, left, perCall, doors, month } = allowance
  const now = isoInstant(at).slice(0, 7)
  const rest = now > month ? ceiling : left
  return (spentSince(allowance, now > month ? monthStart(now) : allowance.asOf, tally) + perCall) * BigInt(doors) <= rest
}

const keyOf = ({ agency, service }: Pick<Allowance, 'agency' | 'service'>): string => `${agency} ${service ?? ''}`
const monthStart = (month: string): number => Date.parse(`${month}-01T00:00:00Z`)
const minuteOf = (at: number): number => Math.floor(at / MINUTE)

/** What this door let through since; whole minutes that are taken in already are forgotten. */
function spentSince(allowance: Allowance, since: number, tally: Tally): bigint {
  const minutes = tally.get(keyOf(allowance))
  let spent = 0n
  for (const [minute, usd] of minutes ?? [])
    if (minute < minuteOf(since)) minutes?.delete(minute)
    else spent += usd
  return spent
}

function note(allowance: Allowance, at: Instant, tally: Tally): void {
  const key = keyOf(allowance)
  const minutes = tally.get(key) ?? new Map<number, bigint>()
  const minute = minuteOf(Math.max(at, allowance.asOf)) // a door whose clock is behind must not forget at once
  minutes.set(minute, (minutes.get(minute) ?? 0n) + allowance.perCall)
  tally.set(key, minutes)
}

const detailOf = ({ agency, service, month, ceiling, ask }: Allowance): string =>
  `${agency}${service === null ? '' : ` ${service}`}: USD ${inUsd(ceiling, 2)} for ${month}; ask / pregunte a: ${ask}`

/**
 * The allowances that the archive line gives out after a run.
 * @param asOf everything sent up to this instant is in the receipts
 * @param expected what a call costs where nothing was received yet
 */
export function allowancesOf(
  { sponsors }: Budgets,
  states: readonly BudgetState[],
  { month, asOf, doors, expected }: { month: string; asOf: Instant; doors: number; expected: Usd },
): readonly Allowance[] {
  return states.map(({ budget: { agency, service, ceiling, critical, ask }, spent, exchanges }) => {
    const left = less(ceiling, spent)
    const perCall = exchanges > 0 ? ((spent / BigInt(exchanges)) as Usd) : expected
    const covers = [agency, ...[...sponsors].filter(([, payer]) => payer === agency).map(([sponsored]) => sponsored)]
    return { agency, covers, service, month, asOf, ceiling, left: left > 0n ? left : NOTHING, perCall, doors, critical, ask }
  })
}
