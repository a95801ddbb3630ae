import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Row } from './table.ts'
import { EDGES } from './world.ts'

export const CONFORMANCE_DOCUMENT = join(import.meta.dirname, '../../docs/conformance.md')

/** Outcomes by name of scenario and edge. */
export type Seen = Map<string, string>

export function writeWhenAsked(made: string): void {
  if (process.env.SACBE_WRITE_DOCS === '1') writeFileSync(CONFORMANCE_DOCUMENT, made)
}

const HEADLINE: Readonly<Record<string, string>> = { local: 'local', rest: 'REST edge', http: 'HTTP edge' }

function mark(row: Row, edge: string, seen: Seen): string {
  const outcome = seen.get(`${row.name} ${edge}`)
  if (outcome === undefined) return 'not run'
  if (outcome.startsWith('n/a')) return 'n/a'
  if (outcome === row.expected) return 'pass'
  return `${row.why.startsWith('not yet') ? 'not yet' : 'stricter'}: \`${outcome}\``
}

/** docs/conformance.md as this run makes it. */
export function documentOf(rows: readonly Row[], seen: Seen): string {
  const count = (what: string) => rows.filter((row) => EDGES.some((edge) => mark(row, edge, seen).startsWith(what))).length
  const parts = [...new Set(rows.map(({ part }) => part))]
  const table = (part: string) =>
    rows
      .filter((row) => row.part === part)
      .map(
        (row) =>
          `| ${row.name} | ${row.sent} | \`${row.expected}\` | ${EDGES.map((edge) => mark(row, edge, seen)).join(' | ')} | ${noteOf(row, seen)} |`,
      )
  const head = `| scenario | what is sent | stock servers | ${EDGES.map((edge) => HEADLINE[edge]).join(' | ')} | |\n|${'---|'.repeat(EDGES.length + 4)}`
  return [
    '# Conformance\n',
    'The scenarios by which stock X-Road® servers are tested, played against our doors over real sockets: same outcome, same code.',
    'Written by the test run itself (`SACBE_WRITE_DOCS=1 npx vitest run test/conformance`); a run that sees something else fails.\n',
    '- `local`: nodes that listen by themselves; `REST edge`, `HTTP edge`: the gateways of the cloud, as the local world plays them.',
    '- `pass`: as stock servers. `stricter`: refused where they are careless, with the paragraph. `n/a`: the edge cannot carry it.\n',
    `${rows.length} scenarios; ${count('stricter')} stricter, ${count('not yet')} not yet.\n`,
    ...parts.map((part) => `## ${part}\n\n${head}\n${table(part).join('\n')}\n`),
  ].join('\n')
}

const noteOf = (row: Row, seen: Seen): string =>
  [
    ...new Set([
      row.why,
      ...EDGES.map((edge) => seen.get(`${row.name} ${edge}`) ?? '')
        .filter((each) => each.startsWith('n/a'))
        .map((each) => each.slice(5)),
    ]),
  ]
    .filter(Boolean)
    .join('; ')
