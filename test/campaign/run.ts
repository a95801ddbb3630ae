// Long campaigns: npm run campaign -- [NAME…] [--count N] [--seed N]
// Every module here that exports `run(count, seed)` is one. Without --seed the clock gives it; it is printed, and the same seed gives the same cases.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

type Figures = { readonly cases?: number; readonly accepted?: number; readonly refused?: number }
type Campaign = { readonly run?: (count: number, seed: number) => Promise<Figures> }

/** How many cases each has when nobody says; parsers have PARSER. Of load: seconds. */
const USUAL: Readonly<Record<string, number>> = {
  tamper: 20_000,
  kill: 200,
  metering: 1_000_000,
  budget: 100,
  focus: 5000,
  unattended: 180,
  rogue: 6,
  load: 1800,
  disk: 60,
  noisy: 300,
  flat: 200_000,
}
const PARSER = 100_000
/** A campaign whose cases nearly all go one way proves little. */
const LEAST_SHARE = 0.2

const { values, positionals } = parseArgs({ allowPositionals: true, options: { count: { type: 'string' }, seed: { type: 'string' } } })
const seed = Number(values.seed ?? Date.now() % 0xffffffff)
const modules = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && name !== 'run.ts')
const known = modules.map((name) => name.slice(0, -'.ts'.length))
const unknown = positionals.find((name) => !known.includes(name))
if (unknown !== undefined || !Number.isSafeInteger(seed)) {
  console.error(`No hay campaña ${unknown} / There is no campaign ${unknown}: ${known.join(', ')}`)
  process.exit(2)
}
// A count means cases of one campaign, days of another and seconds of a third.
if (values.count !== undefined && positionals.length === 0) {
  console.error('--count va con el nombre de una campaña / --count goes with the name of a campaign')
  process.exit(2)
}

let failures = 0
for (const name of positionals.length > 0 ? positionals : known) {
  const { run } = (await import(join(import.meta.dirname, `${name}.ts`))) as Campaign
  if (run) failures += await conduct(name, run)
}
console.log(failures === 0 ? 'all campaigns held' : `${failures} campaigns failed`)
process.exit(failures === 0 ? 0 : 1)

async function conduct(name: string, run: NonNullable<Campaign['run']>): Promise<0 | 1> {
  const count = Number(values.count ?? USUAL[name] ?? PARSER)
  const began = performance.now()
  console.log(`\n== ${name}: ${count} cases, seed ${seed}`)
  try {
    const figures = await run(count, seed)
    console.log(JSON.stringify(figures, (key, value) => (key === 'sample' ? undefined : value), 2))
    const share = figures.cases === undefined || figures.accepted === undefined ? undefined : figures.accepted / figures.cases
    const lopsided = share !== undefined && Math.min(share, 1 - share) < LEAST_SHARE
    const ratio = share === undefined ? '' : `${(100 * share).toFixed(1)} % accepted, `
    console.log(`${name}: ${ratio}${((performance.now() - began) / 1000).toFixed(1)} s${lopsided ? ' FAILED: too few go one way' : ''}`)
    return lopsided ? 1 : 0
  } catch (problem) {
    console.error(`${name} FAILED:`, problem)
    return 1
  }
}
