import { readFileSync } from 'node:fs'
import { isoInstant } from '../base/clock.ts'
import { readCloudBill } from '../metering/cloud-bill.ts'
import { reconcile, reconciledJson } from '../metering/reconcile.ts'
import { statementOf } from '../metering/statement.ts'
import { refuse } from '../protocol/faults.ts'
import { pricedWorld, type WorldCost } from './cost-world.ts'
import { EXIT, type Io, inLanguage } from './io.ts'
import { tellFault } from './tell-fault.ts'

export type ReconcileOptions = WorldCost & { readonly bill: string; readonly month?: string; readonly json: boolean }

/** `sacbe cost reconcile FILE`: the state's month beside the cloud's own FOCUS export, line by line. */
export async function costReconcile(options: ReconcileOptions, io: Io): Promise<number> {
  const text = textIn(options.bill)
  const bill = text === undefined ? refuse('invalid_bill', `${options.bill} cannot be read`) : readCloudBill(text)
  if (!bill.ok) return tellFault(bill, io)
  const priced = await pricedWorld(options, io)
  if (!priced.ok) return priced.fault
  const { tariff, books, at } = priced.value
  const month = options.month ?? isoInstant(at).slice(0, 7)
  const statement = statementOf(books.receipts, books.shared, { month, agency: null, tariff, payerOf: (agency) => agency, at })
  const lines = reconcile(
    statement,
    bill.value.filter(({ from }) => from.startsWith(month)),
  )
  if (!options.json)
    io.out(
      inLanguage(
        { es: 'línea: nuestro, nube a precio de lista, facturado, diferencia', en: 'line: ours, cloud at list price, billed, difference' },
        io.lang,
      ),
    )
  for (const each of lines) {
    const { line, percent, ...sums } = reconciledJson(each)
    if (options.json) io.out(JSON.stringify({ line, ...sums, percent }))
    else
      io.out(
        `  ${line.padEnd(40)} ${Object.values(sums)
          .map((sum) => sum.padStart(16))
          .join(' ')} ${percent === null ? '' : `${percent.toFixed(2)} %`}`,
      )
  }
  return EXIT.ok
}

function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined // the caller names the file
  }
}
