// Makes a fresh clone ready, then runs one job on Node 24. Plain JavaScript: the Node that starts it may be older.
//   node bin/ready.mjs ready|start|test|sacbe|synth|deploy|campaign|bench [arguments]
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
/** Where the person stands: npm has moved us to the root and says so in INIT_CWD; else it is simply here. */
const folder = process.cwd() === root && process.env.INIT_CWD ? process.env.INIT_CWD : process.cwd()
const [job = 'start', ...rest] = process.argv.slice(2)

/**
 * A node serves many exchanges at once, and what they make lives as long as they do. With 16 MiB for what is young most of it is over before it is
 * collected; without guesses from what lived long before, nothing young is put among the old. Figures: docs/decisions/0020-where-time-goes.md.
 * While a large body streams through, the node collects what is young by itself (`src/adapters/local/sweep.ts`).
 */
const NODE_OPTIONS = JSON.parse(readFileSync(join(root, 'bin', 'node-options.json'), 'utf8'))

/** What each job runs, and whether it needs the development packages. `ready` only makes ready. */
const JOBS = {
  ready: { dev: true, args: ['--version'] },
  start: { dev: false, args: [...NODE_OPTIONS, 'bin/sacbe.ts', 'start'] },
  sacbe: { dev: false, args: [...NODE_OPTIONS, 'bin/sacbe.ts'] },
  synth: { dev: true, args: ['bin/app.ts'] },
  deploy: { dev: true, args: ['bin/sacbe.ts', 'deploy'] },
  test: { dev: true, args: ['node_modules/vitest/vitest.mjs', 'run'] },
  campaign: { dev: true, args: ['test/campaign/run.ts'] },
  bench: { dev: true, args: [...NODE_OPTIONS, 'bench/run.ts'] },
}

function refuse(spanish, english) {
  console.error(`${spanish}\n${english}`)
  process.exit(2)
}

/**
 * The stamp names the lockfile and the set that was installed, so a pull that changes packages installs again.
 * Where the development packages are, they stay: `npm start` never takes them away.
 */
function installed(dev) {
  const stamp = join(root, 'node_modules', '.sacbe-ready')
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const have = existsSync(stamp) ? readFileSync(stamp, 'utf8').trim() : ''
  const all = dev || have.endsWith(' all') || existsSync(join(root, 'node_modules', 'vitest'))
  return { stamp, all, want: `${lock} ${all ? 'all' : 'run'}`, ready: have === `${lock} all` || (!all && have === `${lock} run`) }
}

function install(dev) {
  const state = installed(dev)
  if (state.ready) return
  console.error(
    'Preparando Sacbé: se instalan los paquetes (solo la primera vez)…\nGetting Sacbé ready: installing packages (first time only)…',
  )
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...(state.all ? [] : ['--omit=dev'])]
  // npm's own words go to standard error: standard output belongs to the job (--json).
  const done = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (done.status !== 0)
    refuse(
      'No se pudieron instalar los paquetes. Revise la conexión con el registro de npm y repita la orden.',
      'The packages could not be installed. Check the connection to the npm registry and run the command again.',
    )
  writeFileSync(state.stamp, `${state.want}\n`)
}

/** Node 24 or later: the one that came with the packages on Linux, else the one already here. */
function node24() {
  const shipped = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')
  if (process.platform === 'linux' && existsSync(shipped)) return shipped
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  return refuse(
    `Sacbé necesita Node 24 o posterior; aquí hay ${process.versions.node} en ${process.platform} ${process.arch}. Instale Node 24 (https://nodejs.org) y repita la orden.`,
    `Sacbé needs Node 24 or later; this is ${process.versions.node} on ${process.platform} ${process.arch}. Install Node 24 (https://nodejs.org) and run the command again.`,
  )
}

const chosen = JOBS[job]
if (!chosen) refuse(`Trabajo desconocido: ${job}`, `Unknown job: ${job}`)
install(chosen.dev)
const node = node24()
const child = spawn(node, [...chosen.args, ...rest], {
  cwd: root,
  stdio: 'inherit',
  // The job runs in the project's root; INIT_CWD tells it where the person stands, as npm does.
  env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}`, INIT_CWD: folder },
})
const pass = (signal) => child.kill(signal)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass)
// npm gives a signal to its shell, and the shell keeps it to itself: when that shell is gone, the job ends too.
const parent = process.ppid
if (process.env.npm_lifecycle_event) setInterval(() => process.ppid !== parent && pass('SIGTERM'), 300).unref()
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
