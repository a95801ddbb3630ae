import { join } from 'node:path'
import { instant, type Now } from '../base/clock.ts'
import { fileLog } from '../local/file-log.ts'
import { type Home, openHome } from '../local/home.ts'
import type { Scenario, StepResult } from '../local/scenario.ts'
import { trouble } from '../local/troubles.ts'
import { viewOf } from '../local/view.ts'
import { startWorld, type World } from '../local/world.ts'
import { EXIT, type Io, inLanguage, tell } from './io.ts'
import { billOf, type StepTime } from './start-bill.ts'
import { curlLines, greeting, type StepLine, stepLines } from './start-words.ts'

export type StartOptions = {
  readonly home: string
  readonly scenario: string
  /** Ends after the scenario; the exit code says whether every step held. */
  readonly once: boolean
  readonly json: boolean
  readonly port?: number
}

/** Where a world listens when nobody says otherwise: ports that no well-known program takes. */
const FIRST_PORT = 4510
/** Minutes in the cloud; here somebody is waiting to look. */
const ARCHIVE_SECONDS = 2

const SCENARIOS: Readonly<Record<string, () => Promise<Scenario>>> = {
  queretaro: async () => (await import('../../scenarios/queretaro/scenario.ts')).scenario,
}

/**
 * `sacbe start`: boots the world of a scenario, runs its steps, prints what was seen, and stays up until it is interrupted.
 * @returns 0 when every step held (or when it was interrupted while up), 1 when one did not, 2 when it could not start
 */
export async function startCommand(options: StartOptions, io: Io): Promise<number> {
  const load = Object.hasOwn(SCENARIOS, options.scenario) ? SCENARIOS[options.scenario] : undefined
  if (!load) return tell(trouble('unknown_scenario', { scenario: options.scenario, known: Object.keys(SCENARIOS).join(', ') }), io)
  const scenario = await load()
  const home = openHome(options.home, { scenario: scenario.name, passphrase: io.env.SACBE_PASSPHRASE })
  if (!home.ok) return tell(home, io)
  try {
    return await run(scenario, home.value, options, io)
  } finally {
    home.value.lock.release()
  }
}

const now: Now = () => instant(Date.now())

async function run(scenario: Scenario, home: Home, options: StartOptions, io: Io): Promise<number> {
  const say = options.json ? io.err : io.out
  say(inLanguage({ es: 'Levantando el mundo local…', en: 'Booting the local world…' }, io.lang))
  const began = performance.now()
  const log = fileLog(home.folder, now)
  const port = options.port ?? FIRST_PORT
  const world = await startWorld({ home, plan: scenario.plan, port, now, log, archive: 'ticking', archiveSeconds: ARCHIVE_SECONDS })
  if (!world.ok) return tell(world, io)
  try {
    home.lock.announce(world.value.file.nodes[0]?.consumer ?? world.value.file.centre)
    for (const line of greeting(scenario, world.value.file, Math.round(performance.now() - began), io.lang)) say(line)
    const steps = await runSteps(
      scenario,
      world.value,
      join(home.folder, 'evidence'),
      (step) => {
        for (const line of stepLines(step, io.lang)) say(line)
      },
      io,
    )
    const held = steps.every((step) => step.held)
    const bill = await billOf(world.value, steps, now(), io)
    for (const line of bill?.lines ?? []) say(line)
    for (const line of whereThingsAre(home, held, io)) say(line)
    if (options.json)
      io.out(JSON.stringify({ scenario: scenario.name, home: home.folder, held, steps, bill: bill?.bill ?? null, world: world.value.file }))
    if (!options.once && !io.interrupted.aborted) await stayUp(scenario, world.value, home.folder, say, io)
    return held ? EXIT.ok : EXIT.no
  } finally {
    await world.value.close()
  }
}

async function runSteps(
  scenario: Scenario,
  world: World,
  evidence: string,
  seen: (step: StepLine) => void,
  io: Io,
): Promise<readonly (StepLine & StepTime)[]> {
  const view = viewOf(world, evidence, now)
  const steps: (StepLine & StepTime)[] = []
  for (const { id, title, run } of scenario.steps) {
    if (io.interrupted.aborted) break
    const from = now()
    const result = await run(view).catch((problem: unknown) => broken(problem))
    const step = { id, title, ...result, from, to: now() }
    steps.push(step)
    seen(step)
  }
  return steps
}

/** A step that fell over did not hold; the others still run. */
function broken(problem: unknown): StepResult {
  const why = problem instanceof Error ? problem.message : String(problem)
  return { held: false, shown: { es: `el paso no pudo terminar: ${why}`, en: `the step could not finish: ${why}` } }
}

function whereThingsAre(home: Home, held: boolean, io: Io): readonly string[] {
  const words = held
    ? { es: 'Todos los pasos se cumplieron.', en: 'Every step held.' }
    : { es: 'Hubo pasos que no se cumplieron.', en: 'Some steps did not hold.' }
  const places = {
    es: `La evidencia exportada está en ${join(home.folder, 'evidence')}; los archivos sellados de cada nodo, en ${join(home.folder, 'nodes')}/*/archive.`,
    en: `The exported evidence is in ${join(home.folder, 'evidence')}; the sealed archive of each node in ${join(home.folder, 'nodes')}/*/archive.`,
  }
  return ['', inLanguage(words, io.lang), inLanguage(places, io.lang)]
}

async function stayUp(scenario: Scenario, world: World, home: string, say: Io['out'], io: Io): Promise<void> {
  for (const line of curlLines(scenario, world.file, home, io.lang)) say(line)
  await new Promise<void>((resolve) => {
    if (io.interrupted.aborted) resolve()
    else io.interrupted.addEventListener('abort', () => resolve(), { once: true })
  })
  say('')
  say(inLanguage({ es: 'Deteniendo…', en: 'Stopping…' }, io.lang))
}
