import { isoInstant } from '../base/clock.ts'
import { monthForecast } from '../metering/month-forecast.ts'
import { pricedWorld, type WorldCost } from './cost-world.ts'
import { EXIT, type Io, inLanguage } from './io.ts'

export type ForecastOptions = WorldCost & { readonly month?: string; readonly agency?: string; readonly json: boolean }

/** `sacbe cost forecast`: what the month will come to, from its third day on; of a month that is over, how wrong each day was. */
export async function costForecast(options: ForecastOptions, io: Io): Promise<number> {
  const priced = await pricedWorld(options, io)
  if (!priced.ok) return priced.fault
  const { books, at, tariff } = priced.value
  const month = options.month ?? isoInstant(at).slice(0, 7)
  const told = monthForecast(books.receipts, month, options.agency ?? null, at, tariff)
  const { daysOver, spent, forecast, errors } = told
  if (options.json) io.out(JSON.stringify(told))
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
          es: `${month}: van USD ${spent.toFixed(6)} en ${daysOver} días; se espera USD ${forecast.total.toFixed(6)} = MXN ${forecast.mxn}`,
          en: `${month}: USD ${spent.toFixed(6)} in ${daysOver} days; USD ${forecast.total.toFixed(6)} = MXN ${forecast.mxn} is expected`,
        },
        io.lang,
      ),
    )
    for (const { day, error } of errors) io.out(`  ${day}: ${(100 * error).toFixed(1)} %`)
  }
  return EXIT.ok
}
