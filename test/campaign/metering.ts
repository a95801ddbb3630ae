import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { archivedByDay, closeOf } from '../../src/metering/daily-close.ts'
import { exchangesOf } from '../../src/metering/exchanges.ts'
import { inUsd, type Usd } from '../../src/metering/money.ts'
import { receiptOf } from '../../src/metering/receipt.ts'
import { type Position, readAllReceipts } from '../../src/metering/receipts.ts'
import { USUAL_TERMS } from '../../src/metering/usage.ts'
import { inventedLedger, type Ledger, priceOfLogs } from '../metering/ledger.ts'
import { pythonWith } from '../metering/oracles.ts'
import { tariffOf } from '../metering/prices.ts'
import { runTool } from '../tools.ts'

export type MeteringFigures = {
  readonly seed: number
  readonly exchanges: number
  readonly receipts: number
  readonly records: number
  readonly usd: string
  readonly differenceUsd: string
  readonly bugsFound: string
  readonly duckdb: string
}

const CHUNK = 50_000
const MOST_APART = 10n ** 9n // 1e-9 USD, in units of 1e-18

/**
 * `count` exchanges, in chunks of two nodes each: the sum of all receipts is what the logs of both ends' programs come to, to the message
 * and to 1e-9 USD, whatever was delivered twice and wherever a run died. In each chunk four bugs are sown one at a time, and each is found.
 */
export async function run(count: number, seed: number): Promise<MeteringFigures> {
  const sums = { exchanges: 0, receipts: 0, records: 0, usd: 0n, logged: 0n, found: 0, sown: 0 }
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-receipts-'))
  try {
    for (let from = 0, chunk = 0; from < count; from += CHUNK, chunk++) {
      const ledger = inventedLedger(Math.min(CHUNK, count - from), (seed + chunk) >>> 0)
      const chunked = settle(ledger)
      sums.exchanges += ledger.logs.exchanges.consumer
      sums.receipts += chunked.receipts
      sums.records += ledger.sent.consumer + ledger.sent.provider
      sums.usd += chunked.usd
      sums.logged += priceOfLogs(ledger.logs)
      sums.sown += BUGS.length
      sums.found += BUGS.filter((bug) => isFound(ledger, bug)).length
      for (const side of ['consumer', 'provider'] as const)
        writeFileSync(join(folder, `${side}-${String(chunk).padStart(4, '0')}.jsonl`), ledger[side].map(({ text }) => text).join(''))
    }
    const apart = sums.usd > sums.logged ? sums.usd - sums.logged : sums.logged - sums.usd
    if (apart > MOST_APART) throw new Error(`seed ${seed}: receipts and logs differ by ${inUsd(apart as Usd, 18)} USD`)
    if (sums.found !== sums.sown) throw new Error(`seed ${seed}: ${sums.sown - sums.found} of ${sums.sown} bugs were not found`)
    const { exchanges, receipts, records } = sums
    return {
      ...{ seed, exchanges, receipts, records, usd: inUsd(sums.usd as Usd, 12), differenceUsd: inUsd(apart as Usd, 18) },
      bugsFound: `${sums.found} of ${sums.sown}`,
      duckdb: readByDuckdb(folder, records),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const must = (files: Ledger['consumer']): readonly Position[] => {
  const read = readAllReceipts(files)
  if (!read.ok) throw new Error(read.fault.detail)
  return read.value
}

/** Prices both nodes; throws when exchanges, or the days' close, do not come out as the logs say. */
function settle(ledger: Ledger): { receipts: number; usd: bigint } {
  let receipts = 0
  let usd = 0n
  for (const side of ['consumer', 'provider'] as const) {
    const exchanges = exchangesOf(must(ledger[side]))
    if (exchanges.length !== ledger.logs.exchanges[side])
      throw new Error(`${side}: ${exchanges.length} receipts, the logs have ${ledger.logs.exchanges[side]}`)
    if (recordsApart(ledger, side) !== 0) throw new Error(`${side}: the days do not close`)
    receipts += exchanges.length
    for (const exchange of exchanges) usd += receiptOf(exchange, USUAL_TERMS, TARIFF).usd
  }
  return { receipts, usd }
}
const TARIFF = tariffOf()

/** Records sent by the doors' word, less those archived. */
function recordsApart(ledger: Ledger, side: 'consumer' | 'provider'): number {
  const days = [...archivedByDay(must(ledger[side])).values()]
  const sum = (of: 'archived' | 'setAside' | 'signatures') => days.reduce((total, day) => total + day[of], 0)
  const counts = { sent: ledger.sent[side], archived: sum('archived'), waiting: 0, setAside: sum('setAside') }
  return closeOf({ ...counts, keySignatures: null, keptSignatures: sum('signatures'), namedFailures: 0 }).records ?? Number.NaN
}

type Bug = (text: string) => string
const lines = (text: string) => text.slice(0, -1).split('\n')
const recounted = (text: string, by: number) => text.replace(/"sealed":(\d+)/, (_, sealed) => `"sealed":${Number(sealed) + by}`)
/** A receipt dropped or doubled; the head counted anew to match it, or not. */
const BUGS: readonly Bug[] = [
  (text) => `${lines(text).toSpliced(2, 1).join('\n')}\n`,
  (text) => recounted(`${lines(text).toSpliced(2, 1).join('\n')}\n`, -1),
  (text) =>
    `${lines(text)
      .toSpliced(2, 0, lines(text)[2] as string)
      .join('\n')}\n`,
  (text) =>
    recounted(
      `${lines(text)
        .toSpliced(2, 0, (lines(text)[2] as string).replace('"identity":"', '"identity":"other-'))
        .join('\n')}\n`,
      1,
    ),
]

/** Whether reading refuses it, or the day does not close. A line doubled as it is would be no bug: identities count once. */
function isFound(ledger: Ledger, bug: Bug): boolean {
  const [first, ...rest] = ledger.provider
  if (!first) return false
  const provider = [{ name: first.name, text: bug(first.text) }, ...rest]
  const read = readAllReceipts(provider)
  return !read.ok || recordsApart({ ...ledger, provider }, 'provider') !== 0
}

const QUERY = `
SELECT service, count(DISTINCT requestId || side) AS exchanges, count(DISTINCT identity) AS records, sum(signed) AS signatures
FROM read_json('FOLDER/*.jsonl', format='newline_delimited', columns={identity:'VARCHAR', requestId:'VARCHAR', side:'VARCHAR', service:'VARCHAR', signed:'INTEGER'})
WHERE identity IS NOT NULL GROUP BY service ORDER BY service`

/** The receipts as they are, by DuckDB: the same identities, and how long it took. */
function readByDuckdb(folder: string, records: number): string {
  const python = pythonWith('duckdb')
  if (python === null) return 'absent: set SACBE_PYTHON to a python that has the package duckdb'
  const program = `import duckdb,json,time
duckdb.sql("SET enable_progress_bar=false")
t=time.time()
rows=duckdb.sql("""${QUERY.replace('FOLDER', folder)}""").fetchall()
print(json.dumps({"rows":rows,"seconds":round(time.time()-t,2),"version":duckdb.__version__}))`
  const said = runTool(python, ['-c', program])
  if (said.status !== 0) throw new Error(`DuckDB: ${said.stderr}`)
  const { rows, seconds, version } = JSON.parse(said.stdout.toString()) as {
    rows: [string, number, number, number][]
    seconds: number
    version: string
  }
  const counted = rows.reduce((sum, [, , each]) => sum + each, 0)
  if (counted !== records) throw new Error(`DuckDB counts ${counted} records, the doors ${records}`)
  return `${counted} records in ${seconds} s, DuckDB ${version}:${QUERY.replace('FOLDER', 'receipts')}`
}
