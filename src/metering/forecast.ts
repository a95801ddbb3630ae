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
 * Days of rest are scaled to working days by the month's own ratio; days far off the others are left out. The line is the median of the slopes between all pairs of days
 * (Theil 1950, Sen 1968), so that no single day bends it; the slope counts as far as the days agree
 * on it: by the share of pairs that rise less those that fall (Kendall 1938). null before the third day.
 * @param days the month's first days, in order, none missing
 */
export function forecastOf(days: readonly Day[], daysInMonth: number): Forecast | null {
  const last = days.at(-1)
  if (!last || days.length < FIRST_FORECAST) return null
  const rest = restShare(days)
  const level = (each: Day): number => each.spent / (isRest(each.weekday) ? rest : 1)
  const isOrdinary = ordinary(days.map(level))
  const points = days.map((each) => [each.day, level(each)] as const).filter(([, height]) => isOrdinary(height))
  const slope = slopeOf(points)
  const base = median(points.map(([day, height]) => height - slope * day))
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

/** Each day of rest beside the working day next to it, so that a campaign over both does not count. */
function restShare(days: readonly Day[]): number {
  const shares = days.flatMap((each, index) => {
    const beside = each.weekday === 6 ? days[index - 1] : (days[index + 1] ?? days[index - 2])
    return isRest(each.weekday) && beside && beside.spent > 0 ? [each.spent / beside.spent] : []
  })
  return shares.length === 0 ? REST_SHARE : Math.max(0.01, median(shares))
}

/** Days far off the others are a campaign: over, or declared by whoever plans it. Source: Iglewicz and Hoaglin 1993, modified z-score. */
function ordinary(levels: readonly number[]): (level: number) => boolean {
  const middle = median(levels)
  const spread = median(levels.map((level) => Math.abs(level - middle)))
  return (level) => spread === 0 || (0.6745 * Math.abs(level - middle)) / spread <= 3.5
}

/** In full when half of all pairs more rise than fall, or the reverse; by the square below. */
const AGREED = 0.5

function slopeOf(points: readonly (readonly [number, number])[]): number {
  const slopes: number[] = []
  for (const [index, [x, y]] of points.entries())
    for (const [other, height] of points.slice(index + 1)) slopes.push((height - y) / (other - x))
  const agreement = Math.abs(slopes.reduce((sum, slope) => sum + Math.sign(slope), 0)) / Math.max(1, slopes.length)
  return median(slopes) * Math.min(1, (agreement / AGREED) ** 2)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  if (sorted.length === 0) return 0
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}
