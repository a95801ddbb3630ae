import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { bundleDoors, bundleKilobytes } from '../lib/bundle.ts'

const ROOT = join(import.meta.dirname, '..')
const RUNS = 7

export type DoorFigures = {
  readonly door: string
  readonly kilobytes: number
  /** Import and set-up in a fresh process, median and fastest. */
  readonly importMs: { readonly median: number; readonly fastest: number }
  /** Of the heap once loaded and collected. */
  readonly megabytes: number
}

/** What the doors' bundles weigh and take to load; and, for comparison, the five clients of Amazon's SDK that they do without. */
export async function benchDoors(): Promise<readonly DoorFigures[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-bench-'))
  try {
    const figures: DoorFigures[] = []
    for (const [door, at] of bundleDoors(ROOT, folder))
      figures.push(figuresOf(door, join(at, 'index.mjs'), bundleKilobytes(at), await settingsOf(door)))
    return [...figures, figuresOf('AWS SDK, five clients', ...sdkBundle(folder), RUNTIME)]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A door finds settings of any kind; it asks nothing of anybody before its first message. */
const RUNTIME = ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']
const settingsOf = async (door: string): Promise<readonly string[]> => {
  const module = (await import(`../functions/${door}/settings.ts`)) as Record<string, unknown>
  return [...Object.values(module).flatMap((value) => (Array.isArray(value) ? (value as string[]) : [])), ...RUNTIME]
}

function figuresOf(door: string, bundle: string, kilobytes: number, settings: readonly string[]): DoorFigures {
  const env = Object.fromEntries(settings.map((name) => [name, 'bench/uno bench/dos']))
  const program = `const began = performance.now()
    await import(${JSON.stringify(bundle)})
    const ms = performance.now() - began
    gc()
    console.log(JSON.stringify({ ms, heap: process.memoryUsage().heapUsed }))`
  const runs = Array.from({ length: RUNS }, () => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', program], { env, encoding: 'utf8' })
    if (stdout === '') throw new Error(`${door} does not load: ${stderr.slice(-400)}`)
    return JSON.parse(stdout) as { ms: number; heap: number }
  })
  const times = runs.map(({ ms }) => ms).toSorted((a, b) => a - b)
  const importMs = { median: times[RUNS >> 1] ?? 0, fastest: times[0] ?? 0 }
  return { door, kilobytes, importMs, megabytes: Math.max(...runs.map(({ heap }) => heap)) / 1e6 }
}

const CLIENTS = [
  'KMSClient:client-kms',
  'S3Client:client-s3',
  'SQSClient:client-sqs',
  'SSMClient:client-ssm',
  'DynamoDBClient:client-dynamodb',
]
const COMMANDS: Readonly<Record<string, string>> = {
  'client-kms': 'SignCommand',
  'client-s3': 'PutObjectCommand, GetObjectCommand, ListObjectsV2Command',
  'client-sqs': 'SendMessageCommand',
  'client-ssm': 'GetParameterCommand',
  'client-dynamodb': 'GetItemCommand, PutItemCommand, QueryCommand',
}

function sdkBundle(folder: string): [file: string, kilobytes: number] {
  const imports = CLIENTS.map((each) => each.split(':') as [string, string])
  const lines = imports.map(([client, name]) => `import { ${client}, ${COMMANDS[name]} } from '@aws-sdk/${name}'`)
  const source = join(folder, 'sdk.mjs')
  const all = imports.map(([client, name]) => `new ${client}({}), ${COMMANDS[name]}`)
  writeFileSync(source, `${lines.join('\n')}\nexport const all = [${all.join(', ')}]\n`)
  const outfile = join(folder, 'sdk-bundle.mjs')
  const banner = { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" }
  buildSync({
    entryPoints: [source],
    outfile,
    banner,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    nodePaths: [join(ROOT, 'node_modules')],
    legalComments: 'none',
  })
  return [outfile, Math.ceil(statSync(outfile).size / 1024)]
}
