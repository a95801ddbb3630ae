import { DAY, type Instant } from '../base/clock.ts'
import { periodOf } from './focus.ts'
import { type Day, type Forecast, forecastErrors, forecastOf } from './forecast.ts'
import { rounded } from './money.ts'
import type { Receipt } from './receipt.ts'
import type { Tariff } from './tariff.ts'

/** Sums as numbers of US dollars; `mxn` by the dated rate. */
export type MonthForecast = {
  readonly month: string
  readonly agency: string | null
  /** Days of the month that are over (UTC), and what they cost. */
  readonly daysOver: number
  readonly spent: number
  /** null before the third day. */
  readonly forecast: (Forecast & { readonly mxn: number }) | null
  /** Of a month that is over: how wrong each day's forecast was. */
  readonly errors: readonly (Forecast & { readonly error: number })[]
}

/** What a month's messages will come to, by its receipts up to the last midnight. @param agency null: all of them */
export function monthForecast(
  receipts: readonly Receipt[],
  month: string,
  agency: string | null,
  at: Instant,
  tariff: Tariff,
): MonthForecast {
  const { from, to } = periodOf(month)
  const length = (to - from) / DAY
  const daysOver = Math.max(0, Math.min(length, Math.floor((at - from) / DAY)))
  const days = daysOf(
    receipts.filter((receipt) => agency === null || receipt.agency === agency),
    from,
    daysOver,
  )
  const forecast = forecastOf(days, length)
  const mxn = (usd: number) => Math.round(usd * rounded(tariff.exchange.mxnPerUsd) * 1e6) / 1e6
  return {
    month,
    agency,
    daysOver,
    spent: days.reduce((sum, day) => sum + day.spent, 0),
    forecast: forecast && { ...forecast, mxn: mxn(forecast.total) },
    errors: daysOver === length ? forecastErrors(days) : [],
  }
}

function daysOf(receipts: readonly Receipt[], from: number, over: number): readonly Day[] {
  const spent = new Map<string, number>()
  for (const { day, usd } of receipts) spent.set(day, (spent.get(day) ?? 0) + rounded(usd, 15))
  return Array.from({ length: over }, (_, index) => {
    const date = new Date(from + index * DAY)
    return { day: index + 1, weekday: date.getUTCDay(), spent: spent.get(date.toISOString().slice(0, 10)) ?? 0 }
  })
}
