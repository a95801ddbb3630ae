import { isoInstant } from '../base/clock.ts'
import { type Statement, statementOf } from '../metering/statement.ts'
import { statementCsv } from '../metering/statement-csv.ts'
import { statementHtml } from '../metering/statement-html.ts'
import { statementJson } from '../metering/statement-json.ts'
import { budgetsIn } from './cost-budget.ts'
import { deliver, pricedWorld, type WorldCost } from './cost-world.ts'
import type { Io } from './io.ts'

export type StatementOptions = WorldCost & {
  readonly month?: string
  readonly agency?: string
  readonly format: 'json' | 'csv' | 'html'
  readonly budgets?: string
  readonly out?: string
}

/** `sacbe cost statement`: an agency's month, or the state's. */
export async function costStatement(options: StatementOptions, io: Io): Promise<number> {
  const priced = await pricedWorld(options, io)
  if (!priced.ok) return priced.fault
  const { tariff, books, at } = priced.value
  const budgets = budgetsIn(options.budgets, tariff, io)
  if (!budgets.ok) return budgets.fault
  const month = options.month ?? isoInstant(at).slice(0, 7)
  const payerOf = (agency: string) => budgets.value.sponsors.get(agency) ?? agency
  const statement = statementOf(books.receipts, books.shared, { month, agency: options.agency ?? null, tariff, payerOf, at })
  return deliver(textOf(statement, books, options.format, io.lang === 'en' ? 'en' : 'es'), options.out, io)
}

function textOf(
  statement: Statement,
  books: Parameters<typeof statementJson>[1],
  format: StatementOptions['format'],
  lang: 'es' | 'en',
): string {
  if (format === 'csv') return statementCsv(statement, lang)
  if (format === 'html') return statementHtml(statement, books, lang)
  const { closes, unmatched } = books
  return `${JSON.stringify(statementJson(statement, { closes, unmatched }))}\n`
}
