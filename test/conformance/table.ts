import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One row of scenarios.tsv. `expected`: 'OK' or the code stock servers answer. */
export type Row = {
  readonly part: string
  readonly name: string
  readonly sent: string
  readonly expected: string
  /** Where ours differs, by edge, or for all under '*'. */
  readonly ours: Readonly<Record<string, string>>
  /** Why it differs, with the paragraph it cites; '' when it does not. */
  readonly why: string
}

export const rows: readonly Row[] = readFileSync(join(import.meta.dirname, 'scenarios.tsv'), 'utf8')
  .split('\n')
  .slice(1)
  .filter((line) => line !== '')
  .map((line) => {
    const [part = '', name = '', sent = '', expected = '', ours = '', why = ''] = line.split('\t')
    return { part, name, sent, expected, ours: oursIn(ours), why }
  })

function oursIn(text: string): Row['ours'] {
  const pairs = text.split('; ').filter((each) => each !== '')
  return Object.fromEntries(pairs.map((each) => (each.includes('=') ? each.split('=') : ['*', each])))
}

export const oursAt = ({ ours, expected }: Row, edge: string): string => ours[edge] ?? ours['*'] ?? expected
