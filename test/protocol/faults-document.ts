import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FAULTS } from '../../src/protocol/fault-catalogue.ts'
import { REASONS } from '../../src/protocol/fault-reasons.ts'
import { TEXTS } from '../../src/protocol/fault-texts.ts'

/** docs/faults.md, whose tables lie between markers. `node test/protocol/faults-document.ts` writes them anew. */
export const FAULTS_DOCUMENT = join(import.meta.dirname, '../../docs/faults.md')

const RETRY = { never: 'no · never', later: 'sí, más tarde · later' } as const
const ORIGIN = {
  consumer: 'nodo consumidor · consumer node',
  provider: 'nodo proveedor · provider node',
  both: 'ambos nodos · both nodes',
  verifier: 'verificador · verifier',
  configuration: 'configuración global · global configuration',
  metering: 'medición · metering',
  centre: 'centro · centre',
} as const

/** One line for each code, in the order of the catalogue. */
export const codeRows = (): readonly string[] =>
  Object.entries(FAULTS).map(([code, row]) => {
    const { origin, es, en } = TEXTS[code as keyof typeof FAULTS]
    const { legacy, retry, own, status }: { legacy: string; retry: 'never' | 'later'; own?: true; status?: number } = row
    const marks = `${own ? ' ★' : ''}${status ? ` (HTTP ${status})` : ''}`
    return `| \`${code}\`${marks} | \`${legacy}\` | ${RETRY[retry]} | ${ORIGIN[origin]} | ${es} | ${en} |`
  })

/** One line for each sentence that stands in for a code that says too little. */
export const reasonRows = (): readonly string[] =>
  Object.entries(REASONS).map(([reason, { es, en }]) => `| \`${reason}\` | ${es} | ${en} |`)

/** The lines of the table called `name` in the document, without its head. */
export function rowsIn(document: string, name: string): readonly string[] {
  const found = new RegExp(`<!-- ${name} -->\n([\\s\\S]*?)<!-- /${name} -->`).exec(document)?.[1]
  if (found === undefined) throw new Error(`docs/faults.md has no table ${name}`)
  return found.split('\n').filter((line) => line.startsWith('| `'))
}

/** The document with its tables written anew. */
export function renewed(document: string): string {
  const tables = { codes: codeRows(), reasons: reasonRows() }
  return Object.entries(tables).reduce(
    (text, [name, rows]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\n)((?:\\| [^\`][^\n]*\n|\\|[-|: ]*\n)*)[\\s\\S]*?(<!-- /${name} -->)`),
        (_, open, head, close) => `${open}${head}${rows.join('\n')}\n${close}`,
      ),
    document,
  )
}

if (import.meta.main) writeFileSync(FAULTS_DOCUMENT, renewed(readFileSync(FAULTS_DOCUMENT, 'utf8')))
