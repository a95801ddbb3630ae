import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { benchConfiguration } from './configuration.ts'
import { performanceDocument } from './document.ts'
import { benchDoors } from './doors.ts'
import { benchExchange } from './exchange.ts'
import type { Figures } from './figures.ts'
import { benchGrowth } from './growth.ts'
import { benchSealing } from './sealing.ts'
import { benchSteps } from './steps.ts'
import { benchTail } from './tail.ts'
import { benchThroughput } from './throughput/run.ts'

/**
 * npm run bench -- [PART…] [--json] [--write]: figures as ratios taken in one run, with the machine they were taken on.
 * --write makes docs/performance.md of them.
 */
const PARTS = {
  exchange: () => benchExchange(),
  steps: () => benchSteps(),
  sealing: () => benchSealing(),
  growth: () => benchGrowth(),
  tail: () => benchTail(),
  configuration: () => benchConfiguration(),
  throughput: () => benchThroughput(),
  doors: () => benchDoors(),
}
type Parts = typeof PARTS

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, write: { type: 'boolean' } },
})
const unknown = positionals.find((name) => !(name in PARTS))
if (unknown !== undefined) {
  console.error(`There is no part ${unknown}: ${Object.keys(PARTS).join(', ')}`)
  process.exit(2)
}
const wanted = (positionals.length > 0 ? positionals : Object.keys(PARTS)) as (keyof Parts)[]
const measured: Record<string, unknown> = {}
for (const name of wanted) {
  if (!values.json) console.error(`${name}…`)
  measured[name] = await PARTS[name]()
}
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}, OpenSSL ${process.versions.openssl}`
const figures = { machine, at: new Date().toISOString().slice(0, 10), ...measured } as Figures
if (values.json) console.log(JSON.stringify(figures))
else console.log(performanceDocument(figures))
if (values.write) writeFileSync(new URL('../docs/performance.md', import.meta.url), performanceDocument(figures))
process.exit(0)
