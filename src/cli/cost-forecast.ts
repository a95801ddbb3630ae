import { isoInstant } from '../base/clock.ts'
import { periodOf } from '../metering/focus.ts'
import { type Day, forecastErrors, forecastOf } from '../metering/forecast.ts'
import { rounded } from '../metering/money.ts'
import type { Receipt } from '../metering/receipt.ts'
import { pricedWorld, type WorldCost } from './cost-world.ts'
import { EXIT, type Io, inLanguage } from './io.ts'

export type ForecastOptions = WorldCost & { readonly month?: string; readonly agency?: string; readonly json: boolean }
const DAY_MS = 86_400_000

/** `sacbe cost forecast`: what the month will come to, from its third day on; of a month that is over, how wrong each day was. */
export async function costForecast(options: ForecastOptions, io: Io): Promise<number> {
  const priced = await pricedWorld(options, io)
  if (!priced.ok) return priced.fault
  const { books, at, tariff } = priced.value
  const month = options.month ?? isoInstant(at).slice(0, 7)
  const { from, to } = periodOf(month)
  const length = (to - from) / DAY_MS
  const over = Math.max(0, Math.min(length, Math.floor((at - from) / DAY_MS)))
  const days = daysOf(
    books.receipts.filter(({ agency }) => options.agency === undefined || agency === options.agency),
    from,
    over,
  )
  const forecast = forecastOf(days, length)
  const errors = over === length ? forecastErrors(days) : []
  const spent = days.reduce((sum, day) => sum + day.spent, 0)
  const mxn = (usd: number) => Math.round(usd * rounded(tariff.exchange.mxnPerUsd) * 1e6) / 1e6
  if (options.json)
    io.out(
      JSON.stringify({
        month,
        agency: options.agency ?? null,
        daysOver: over,
        spent,
        forecast: forecast && { ...forecast, mxn: mxn(forecast.total) },
        errors,
      }),
    )
  else if (!forecast)
    io.out(
      inLanguage(
        {
          es: 'El pronóstico empieza cuando terminan tres días del mes (UTC).',
          en: 'The forecast begins when three days of the month are over (UTC).',
        },
        io.lang,
      ),
    )
  else {
    io.out(
      inLanguage(
        {
          es: `${month}: van USD ${spent.toFixed(6)} en ${over} días; se espera USD ${forecast.total.toFixed(6)} = MXN ${mxn(forecast.total)}`,
          en: `${month}: USD ${spent.toFixed(6)} in ${over} days; USD ${forecast.total.toFixed(6)} = MXN ${mxn(forecast.total)} is expected`,
        },
        io.lang,
      ),
    )
    for (const { day, error } of errors) io.out(`  ${day}: ${(100 * error).toFixed(1)} %`)
  }
  return EXIT.ok
}

function daysOf(receipts: readonly Receipt[], from: number, over: number): readonly Day[] {
  const spent = new Map<string, number>()
  for (const { day, usd } of receipts) spent.set(day, (spent.get(day) ?? 0) + rounded(usd, 15))
  return Array.from({ length: over }, (_, index) => {
    const date = new Date(from + index * DAY_MS)
    return { day: index + 1, weekday: date.getUTCDay(), spent: spent.get(date.toISOString().slice(0, 10)) ?? 0 }
  })
}
