import { DAY, type Instant, MINUTE } from '../../src/base/clock.ts'
import { type Allowance, allowancesOf, mayPay, type Tally } from '../../src/metering/allowance.ts'
import type { Budget } from '../../src/metering/budget.ts'
import type { Usd } from '../../src/metering/money.ts'
import { type Seeded, seeded } from './seeded.ts'

export type BudgetFigures = {
  readonly seed: number
  readonly months: number
  readonly calls: number
  readonly refused: number
  /** The most that any month spent above its ceiling, and the most that it left unspent when it first refused, in per cent. */
  readonly mostOver: number
  readonly mostLeftAtFirstRefusal: number
  readonly criticalRefused: number
}

const DOORS = 20
const MOST_OVER = 1

/**
 * `count` months, each with twenty doors awake at once, traffic that lies on few of them, doors that die and forget, bursts of fifty times
 * the usual, an archive line five minutes apart that knows nothing of the last seven, and prices of calls that vary threefold. No month may
 * spend more than 1 % above its ceiling.
 */
export async function run(count: number, seed: number): Promise<BudgetFigures> {
  const figures = { calls: 0, refused: 0, mostOver: Number.NEGATIVE_INFINITY, mostLeft: 0, criticalRefused: 0 }
  for (let month = 0; month < count; month++) {
    const random = seeded((seed + month) >>> 0)
    const { calls, refused, over, left } = simulate(random, month % 4 === 0)
    figures.calls += calls
    if (month % 4 === 0) figures.criticalRefused += refused
    else {
      figures.refused += refused
      figures.mostOver = Math.max(figures.mostOver, over)
      figures.mostLeft = Math.max(figures.mostLeft, left)
    }
  }
  if (figures.criticalRefused > 0) throw new Error(`seed ${seed}: ${figures.criticalRefused} critical calls were refused`)
  if (figures.mostOver > MOST_OVER) throw new Error(`seed ${seed}: a month spent ${figures.mostOver.toFixed(3)} % above its ceiling`)
  const { calls, refused, mostOver, mostLeft, criticalRefused } = figures
  return { seed, months: count, calls, refused, mostOver, mostLeftAtFirstRefusal: mostLeft, criticalRefused }
}

const START = Date.UTC(2026, 10, 1) as Instant
const PER_CALL = 20n * 10n ** 12n
/** What the archive line has not seen yet: its own interval, and what is in the queue. */
const BEHIND = 2 * MINUTE
const EVERY = 5 * MINUTE

function simulate(random: Seeded, critical: boolean): { calls: number; refused: number; over: number; left: number } {
  const usual = 5 + random.below(40) // calls in five minutes
  const ceiling = BigInt(usual) * 288n * 10n * PER_CALL // ten days of it
  const budget: Budget = { agency: 'QRO/GOB/DIF', service: null, ceiling: ceiling as Usd, critical, ask: 'Finanzas' }
  const tallies: Tally[] = Array.from({ length: DOORS }, () => new Map())
  let allowances: readonly Allowance[] = []
  let [receipted, receiptedCalls, calls, refused, left] = [0n, 0, 0, 0, 0]
  let inFlight: { at: number; usd: bigint }[] = []
  let spent = 0n
  const busiest = random.below(DOORS)
  for (let at: number = START; at < START + 14 * DAY; at += EVERY) {
    const asOf = (at - BEHIND) as Instant
    for (const each of inFlight) if (each.at <= asOf) [receipted, receiptedCalls] = [receipted + each.usd, receiptedCalls + 1]
    inFlight = inFlight.filter((each) => each.at > asOf)
    const state = { budget, spent: receipted as Usd, exchanges: receiptedCalls, percent: 0, alerts: [] }
    allowances = allowancesOf({ budgets: [budget], sponsors: new Map() }, [state], {
      month: '2026-11',
      asOf,
      doors: DOORS,
      expected: PER_CALL as Usd,
    })
    const now = usual * (random.chance(0.01) ? 50 : 1)
    for (let n = 0; n < now; n++) {
      const when = (at + random.below(EVERY)) as Instant
      const door = random.chance(0.6) ? busiest : random.below(DOORS)
      if (random.chance(0.002)) tallies[door] = new Map() // it died, and forgot
      calls++
      if (!mayPay(allowances, { agency: 'QRO/GOB/DIF', service: 's', at: when }, tallies[door] as Tally).ok) {
        if (refused++ === 0) left = 100 - Number((spent * 10_000n) / ceiling) / 100
        continue
      }
      const usd = (PER_CALL * BigInt(50 + random.below(101))) / 100n
      spent += usd
      inFlight.push({ at: when, usd })
    }
  }
  return { calls, refused, over: Number(((spent - ceiling) * 100_000n) / ceiling) / 1000, left }
}
