/** A day's spending, as any number; `weekday` 0 is Sunday. */
export type Day = { readonly day: number; readonly weekday: number; readonly spent: number }
export type Forecast = { readonly day: number; readonly total: number }

/** A forecast earlier than this would be a guess. */
export const FIRST_FORECAST = 3
/** Of a working day's traffic on a day of rest, until the month has shown its own. */
const REST_SHARE = 0.25
const isRest = (weekday: number): boolean => weekday === 0 || weekday === 6

/**
 * What a month will come to, from the days that are over: those as they were, the rest on a line through them.
 *
 * Days of rest are scaled to working days by the month's own ratio. The line is the median of the slopes between all pairs of days
 * (Theil 1950, Sen 1968), so that a campaign of a few days, over or under way, does not bend it; the slope counts in full only once ten
 * days have shown it. null before the third day.
 * @param days the month's first days, in order, none missing
 */
export function forecastOf(days: readonly Day[], daysInMonth: number): Forecast | null {
  const last = days.at(-1)
  if (!last || days.length < FIRST_FORECAST) return null
  const rest = restShare(days)
  const level = (each: Day): number => each.spent / (isRest(each.weekday) ? rest : 1)
  const slope = slopeOf(days.map((each) => [each.day, level(each)] as const)) * Math.min(1, days.length / 10)
  const base = median(days.map((each) => level(each) - slope * each.day))
  let total = days.reduce((sum, { spent }) => sum + spent, 0)
  for (let day = last.day + 1; day <= daysInMonth; day++) {
    const weekday = (last.weekday + day - last.day) % 7
    total += Math.max(0, base + slope * day) * (isRest(weekday) ? rest : 1)
  }
  return { day: last.day, total }
}

/** How wrong each day's forecast was, once the month is over: (forecast − actual) / actual. */
export function forecastErrors(month: readonly Day[]): readonly (Forecast & { readonly error: number })[] {
  const actual = month.reduce((sum, { spent }) => sum + spent, 0)
  return month.flatMap((_, index) => {
    const forecast = forecastOf(month.slice(0, index + 1), month.length)
    return forecast && actual > 0 ? [{ ...forecast, error: (forecast.total - actual) / actual }] : []
  })
}

function restShare(days: readonly Day[]): number {
  const working = median(days.filter(({ weekday }) => !isRest(weekday)).map(({ spent }) => spent))
  const resting = days.filter(({ weekday }) => isRest(weekday)).map(({ spent }) => spent)
  if (resting.length === 0 || !(working > 0)) return REST_SHARE
  return Math.max(0.01, median(resting) / working)
}

function slopeOf(points: readonly (readonly [number, number])[]): number {
  const slopes: number[] = []
  for (const [index, [x, y]] of points.entries())
    for (const [other, height] of points.slice(index + 1)) slopes.push((height - y) / (other - x))
  return median(slopes)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  if (sorted.length === 0) return 0
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}
