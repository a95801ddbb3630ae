import { loadTariff } from '../adapters/local/price-file.ts'
import { instant } from '../base/clock.ts'
import { estimateJson } from '../metering/estimate-json.ts'
import type { WhatIf } from '../metering/question.ts'
import { estimate } from '../metering/what-if.ts'
import { estimateLines } from './cost-estimate-lines.ts'
import { EXIT, type Io } from './io.ts'
import { tellFault } from './tell-fault.ts'

export type EstimateOptions = { readonly asked: WhatIf; readonly region: string; readonly prices?: string; readonly json: boolean }

/** `sacbe cost estimate`: what a month of such exchanges would cost, and on what that rests. */
export async function costEstimate({ asked, region, prices, json }: EstimateOptions, io: Io): Promise<number> {
  const tariff = loadTariff(prices, region, instant(Date.now()))
  if (!tariff.ok) return tellFault(tariff, io)
  const answer = estimate(asked, tariff.value)
  if (json) io.out(JSON.stringify(estimateJson(answer, tariff.value)))
  else for (const line of estimateLines(answer, tariff.value, io.lang)) io.out(line)
  return EXIT.ok
}
