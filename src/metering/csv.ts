import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'

/** Rows as CSV, CR LF after each. Source: RFC 4180. A cell that a spreadsheet would run as a formula gets an apostrophe in front. */
export const writeCsv = (rows: readonly (readonly string[])[], guarded = true): string =>
  rows.map((row) => `${row.map((cell) => quoted(guarded ? withoutFormula(cell) : cell)).join(',')}\r\n`).join('')

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
const withoutFormula = (cell: string): string => (/^[=+@\t\r]|^-(?![\d.]+$)/.test(cell) ? `'${cell}` : cell)

/**
 * Reads CSV (RFC 4180; lines may end in LF). Every row must have as many cells as the first.
 * Refuses with 'invalid_bill', naming the row: a quote that does not end, text after a quote, a row of another length.
 */
export function readCsv(text: string): Outcome<readonly (readonly string[])[]> {
  const rows: string[][] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  let row: string[] = []
  for (let at = text.startsWith('\ufeff') ? 1 : 0; at < text.length; at = cell.lastIndex) {
    cell.lastIndex = at
    const found = cell.exec(text)
    if (!found) return refuse('invalid_bill', `row ${rows.length + 1}: a quote that does not end, or text beside one`)
    const [, inQuotes, plain = '', end] = found
    row.push(inQuotes === undefined ? plain : inQuotes.replaceAll('""', '"'))
    if (end === ',' && cell.lastIndex < text.length) continue
    if (end === ',') row.push('')
    rows.push(row)
    row = []
  }
  const [first] = rows
  const uneven = rows.findIndex((each) => each.length !== first?.length)
  return uneven < 0
    ? ok(rows)
    : refuse('invalid_bill', `row ${uneven + 1} has ${rows[uneven]?.length} cells, the first has ${first?.length}`)
}
