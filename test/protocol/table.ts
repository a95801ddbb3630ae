import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'

/** One line of a table: what is expected ('ok' or a fault code, perhaps with the reason behind a '/'), the inputs, and why. */
export type Row = { readonly expected: string; readonly inputs: readonly string[]; readonly why: string; readonly line: number }

/**
 * The rows of test/protocol/data/<name>.txt. A line is: expected, then inputs as JSON strings, then '#' and the reason.
 * Empty lines and lines that begin with '#' are passed over. Another implementation can read the same files.
 */
export function table(name: string): readonly Row[] {
  const text = readFileSync(join(import.meta.dirname, 'data', `${name}.txt`), 'utf8')
  return text.split('\n').flatMap((line, index) => (line.trim() === '' || line.startsWith('#') ? [] : [rowOf(line, index + 1, name)]))
}

function rowOf(line: string, number: number, name: string): Row {
  const found = /^(\S+)((?:\s+"(?:[^"\\]|\\.)*")+)\s*(?:#\s*(.*))?$/.exec(line)
  if (!found) throw new Error(`${name}.txt line ${number} is not a row: ${line}`)
  const inputs = [...(found[2] as string).matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([text]) => JSON.parse(text) as string)
  return { expected: found[1] as string, inputs, why: found[3] ?? '', line: number }
}

/** 'ok', or the code, with '/reason' behind it where the refusal names one. */
export function verdictOf(outcome: Outcome<unknown>): string {
  if (outcome.ok) return 'ok'
  const { fault } = outcome
  return fault.reason ? `${codeOf(fault)}/${fault.reason}` : codeOf(fault)
}
