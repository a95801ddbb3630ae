import { isoInstant } from '../base/clock.ts'
import { focusRows } from '../metering/focus.ts'
import { type FocusVersion, focusNote, focusSchema, writeFocus } from '../metering/focus-write.ts'
import { budgetsIn } from './cost-budget.ts'
import { deliver, pricedWorld, type WorldCost } from './cost-world.ts'
import type { Io } from './io.ts'

export type FocusOptions = WorldCost & {
  readonly month?: string
  readonly version: FocusVersion
  readonly issuer: string
  readonly budgets?: string
  readonly out?: string
  readonly schema: boolean
}

/** `sacbe cost focus`: the month's charge-back as a FOCUS file, or its schema. */
export async function costFocus(options: FocusOptions, io: Io): Promise<number> {
  const priced = await pricedWorld(options, io)
  if (!priced.ok) return priced.fault
  const { tariff, books, at } = priced.value
  const note = focusNote(options.version)
  if (note !== null) io.err(`FOCUS ${options.version}: ${note}`)
  if (options.schema) return deliver(`${JSON.stringify(focusSchema(options.version, isoInstant(at)), null, 2)}\n`, options.out, io)
  const budgets = budgetsIn(options.budgets, tariff, io)
  if (!budgets.ok) return budgets.fault
  const month = options.month ?? isoInstant(at).slice(0, 7)
  const rows = focusRows(books.receipts, books.shared, month, tariff, (agency) => budgets.value.sponsors.get(agency) ?? agency)
  const issuer = { name: options.issuer, month, region: tariff.region, regionName: tariff.region }
  return deliver(writeFocus(rows, issuer, options.version), options.out, io)
}
