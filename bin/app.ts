import { rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { synthLines } from '../lib/bill/report.ts'
import { bundleDoors } from '../lib/bundle.ts'
import { problemLines } from '../lib/config/problems.ts'
import { readConfig } from '../lib/config/read-config.ts'
import { synthesize } from '../lib/synth.ts'

// The CDK app. `npm run synth` runs it alone and tells what came out; the CDK's command runs it too and reads the folder it names.
//   npm run synth [-- --config other.config.ts] [--bill] [--limits]
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const asked = process.argv.slice(2)
const file = asked.includes('--config')
  ? resolve(process.env.INIT_CWD ?? '.', asked[asked.indexOf('--config') + 1] ?? '')
  : join(root, 'exchange.config.ts')
const exchange = readConfig(((await import(pathToFileURL(file).href)) as { default?: unknown }).default)
if (!exchange.ok) {
  console.error(problemLines(exchange.fault).join('\n'))
  process.exit(1)
}
const byCdk = process.env.CDK_OUTDIR
const outdir = byCdk ?? join(root, 'cdk.out')
const began = Date.now()
if (byCdk === undefined) rmSync(outdir, { recursive: true, force: true })
const bundles = bundleDoors(root, join(root, 'node_modules', '.cache', 'sacbe-doors'))
const { templates } = synthesize(exchange.value, bundles, outdir, root)
if (byCdk === undefined || asked.includes('--tell'))
  console.log(synthLines({ exchange: exchange.value, bundles, templates, ms: Date.now() - began, asked, root }).join('\n'))
