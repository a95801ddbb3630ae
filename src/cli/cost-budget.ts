import { readFileSync } from 'node:fs'
import { isoInstant } from '../base/clock.ts'
import { ok, type Result } from '../base/result.ts'
import { type Budgets, budgetStates, inPesos, NO_BUDGETS, readBudgets, spendingOf, stateJson } from '../metering/budget.ts'
import { inUsd } from '../metering/money.ts'
import type { Tariff } from '../metering/tariff.ts'
import { refuse } from '../protocol/faults.ts'
import { pricedWorld, type WorldCost } from './cost-world.ts'
import { EXIT, type Io, inLanguage } from './io.ts'
import { tellFault } from './tell-fault.ts'

/** The budgets of a file; none without one. Refused, after saying why: the exit code. */
export function budgetsIn(file: string | undefined, tariff: Tariff, io: Io): Result<Budgets, number> {
  if (file === undefined) return ok(NO_BUDGETS)
  const content = jsonIn(file)
  const read = content === undefined ? refuse('invalid_budget', `${file} cannot be read, or is not JSON`) : readBudgets(content, tariff)
  return read.ok ? read : { ok: false, fault: tellFault(read, io) }
}

function jsonIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined // the caller names the file
  }
}

/** `sacbe cost budget`: where each ceiling stands this month. Exit code 1 when one is reached. */
export async function costBudget(
  options: WorldCost & { readonly budgets: string; readonly month?: string; readonly json: boolean },
  io: Io,
): Promise<number> {
  const priced = await pricedWorld(options, io)
  if (!priced.ok) return priced.fault
  const { tariff, books, at } = priced.value
  const budgets = budgetsIn(options.budgets, tariff, io)
  if (!budgets.ok) return budgets.fault
  const month = options.month ?? isoInstant(at).slice(0, 7)
  const states = budgetStates(budgets.value, spendingOf(books.receipts), month)
  for (const state of states) {
    const { budget, spent, percent, alerts } = state
    const { agency, service, ceiling, critical, ask } = budget
    if (options.json) io.out(JSON.stringify(stateJson(month, state)))
    else
      io.out(
        inLanguage(
          {
            es: `${percent.toFixed(1).padStart(6)} %  ${agency} ${service ?? '(todo)'}: MXN ${inUsd(inPesos(spent, tariff), 4)} de ${inUsd(inPesos(ceiling, tariff), 2)}${critical ? ', crítico: nunca se detiene' : ''}${alerts.length > 0 ? ` · AVISO ${alerts.at(-1)} %, pregunte a ${ask}` : ''}`,
            en: `${percent.toFixed(1).padStart(6)} %  ${agency} ${service ?? '(all)'}: MXN ${inUsd(inPesos(spent, tariff), 4)} of ${inUsd(inPesos(ceiling, tariff), 2)}${critical ? ', critical: never blocked' : ''}${alerts.length > 0 ? ` · ALERT ${alerts.at(-1)} %, ask ${ask}` : ''}`,
          },
          io.lang,
        ),
      )
  }
  return states.some(({ alerts }) => alerts.includes(100)) ? EXIT.no : EXIT.ok
}
