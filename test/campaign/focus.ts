import { spawnSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { focusRows, focusTotal } from '../../src/metering/focus.ts'
import { writeFocus } from '../../src/metering/focus-write.ts'
import { inUsd } from '../../src/metering/money.ts'
import { archivedBytesOf, sharedCharges } from '../../src/metering/shared-costs.ts'
import { agencyNamed, inventedMonth } from '../metering/invented-month.ts'
import { pythonWith } from '../metering/oracles.ts'
import { tariffOf } from '../metering/prices.ts'
import { runTool } from '../tools.ts'

export type FocusFigures = {
  readonly agencies: number
  readonly exchanges: number
  readonly rows: number
  readonly usd: string
  readonly validator: string
}

const AGENCIES = 50
/** What this version of the exchange is, in the validator's words: the rules of everything else do not apply. */
const CRITERIA = [
  'ACCOUNT_NAMING',
  'PUBLIC_PRICE_LIST',
  'UNIT_PRICING',
  'USAGE_MEASUREMENT',
  'SUB_ACCOUNT',
  'MULTIPLE_SUB_ACCOUNT_TYPES',
  'REGION',
  'TAGGING',
].map((name) => `${name}_SUPPORTED`)
/**
 * InvoiceId is null or it is not, by whether there is an invoice: two rules of which a file always breaks one. The rule over both (InvoiceId-C-003-C)
 * holds; the validator lists the other as failed all the same.
 */
const EITHER_OR = ['InvoiceId-C-004-C']

/** A month of fifty agencies as FOCUS 1.2, judged by focus-validator, offline. Throws when any rule fails that can hold. */
export async function run(count: number, seed: number): Promise<FocusFigures> {
  const tariff = tariffOf()
  const receipts = inventedMonth(AGENCIES, count, tariff, seed)
  const agencies = Array.from({ length: AGENCIES }, (_, n) => agencyNamed(n))
  const shared = sharedCharges(agencies, archivedBytesOf(receipts.map(({ exchange }) => exchange)), 'kms', tariff)
  const rows = focusRows(receipts, shared, '2026-11', tariff, (agency) => agency)
  const issuer = { name: 'Gobierno del Estado', month: '2026-11', region: 'us-east-1', regionName: 'US East (N. Virginia)' }
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sacbe-focus-')))
  try {
    const file = join(folder, 'focus.csv')
    writeFileSync(file, writeFocus(rows, issuer, '1.2'))
    return { agencies: AGENCIES, exchanges: count, rows: rows.length, usd: inUsd(focusTotal(rows)), validator: judged(file) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function judged(file: string): string {
  const python = pythonWith('focus_validator')
  if (python === null)
    return 'absent: set SACBE_PYTHON to a python 3.12 or later that has the package focus-validator 2 (with pyarrow below 20)'
  const place = runTool(python, ['-c', 'import focus_validator, os; print(os.path.dirname(os.path.dirname(focus_validator.__file__)))'])
    .stdout.toString()
    .trim()
  const options = [
    '--validate-version',
    '1.2',
    '--applicability-criteria',
    CRITERIA.join(','),
    '--output-type',
    'console',
    '--block-download',
  ]
  // It looks for its list of currencies from the folder it stands in.
  const said = spawnSync(python, ['-m', 'focus_validator.main', '--data-file', file, ...options], {
    cwd: place,
    encoding: 'utf8',
    timeout: 600_000,
    maxBuffer: 1 << 28,
  })
  const total = /^Total: .*$/m.exec(said.stdout)?.[0]
  if (total === undefined) throw new Error(`focus-validator in ${dirname(python)} did not finish: ${said.stderr.slice(-500)}`)
  const failed = [...said.stdout.matchAll(/^❌ (\S+): FAIL/gm)].map(([, rule]) => rule as string)
  const broken = failed.filter((rule) => !EITHER_OR.includes(rule))
  if (broken.length > 0 || !/^✅ InvoiceId-C-003-C: PASS/m.test(said.stdout))
    throw new Error(`focus-validator: ${broken.join(', ') || 'InvoiceId'} failed`)
  return `${total}; failed: ${failed.join(', ') || 'none'}`
}
