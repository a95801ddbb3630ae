import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, CommanderError } from 'commander'
import { addCentre, addRights } from './admin-lines.ts'
import { addCeremony } from './ceremony-lines.ts'
import { addDeploy, addPreflight, addRemove, addUpgrade } from './cloud-lines.ts'
import { addCost } from './cost-lines.ts'
import { type Frame, newProgram } from './frame.ts'
import { EXIT, type Io, inLanguage, tellCannot } from './io.ts'
import { addAgency, addDoctor, addDrill, addJoin } from './life-lines.ts'
import { mistakeIn } from './usage.ts'
import { addConfVerify, addVerify, addVerifyArchive } from './verify-lines.ts'
import { addCall, addEvidence, addNode, addReset, addStart } from './world-lines.ts'

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/**
 * The command line: reads it, runs one command, gives the exit code.
 * @param args what follows the program's name
 * @returns 0 done, or all valid; 1 some invalid; 2 could not run
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const first = await attempt(args, io, io.lang === 'en' ? 'en' : 'es')
  if (!first.helped || io.lang !== 'both') return first.code
  io.out('')
  return (await attempt(args, io, 'en')).code
}

/** One reading of the command line. `helped`: it asked for help and got it. */
async function attempt(args: readonly string[], io: Io, help: 'es' | 'en'): Promise<{ code: number; helped: boolean }> {
  let code: number = EXIT.ok
  const run: Frame['run'] = async (body) => {
    code = await body()
  }
  try {
    await sacbeProgram({ io, help, home: resolve(io.env.SACBE_HOME ?? join(ROOT, '.sacbe')), run }).parseAsync(args, { from: 'user' })
    return { code, helped: false }
  } catch (problem) {
    const helped = problem instanceof CommanderError && ['commander.help', 'commander.helpDisplayed'].includes(problem.code)
    return { code: helped ? EXIT.ok : await complain(problem, io), helped }
  }
}

/** Every command, each loading its own code only when it runs: `verify` knows nothing of the local world. */
export function sacbeProgram(frame: Frame): Command {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const program = newProgram(frame, version)
  for (const add of [
    addStart,
    addCall,
    addEvidence,
    addReset,
    addNode,
    addJoin,
    addAgency,
    addDoctor,
    addDrill,
    addVerify,
    addVerifyArchive,
    addConfVerify,
    addCost,
    addCentre,
    addRights,
    addPreflight,
    addDeploy,
    addCeremony,
    addUpgrade,
    addRemove,
  ])
    add(program, frame)
  return program
}

async function complain(problem: unknown, io: Io): Promise<number> {
  if (!(problem instanceof CommanderError)) {
    const words = (await import('./cloud/what-aws-refused.ts')).whatAwsRefused(problem)
    return words ? tellCannot(words, io) : broken(problem, io)
  }
  if (problem.code === 'commander.version') return EXIT.ok
  io.err(mistakeIn(problem, io.lang))
  return EXIT.cannot
}

/** A bug of ours: said without a stack trace, unless the one who looks for it asks. */
function broken(problem: unknown, io: Io): number {
  const what = problem instanceof Error ? problem.message : String(problem)
  io.err(
    inLanguage(
      { es: `Error interno de Sacbé, no de sus datos: ${what}`, en: `An internal error of Sacbé, not of your data: ${what}` },
      io.lang,
    ),
  )
  if (io.env.SACBE_DEBUG && problem instanceof Error) io.err(problem.stack ?? '')
  return EXIT.cannot
}

/**
 * The folder a person stands in. `npm run` moves to the project's root and leaves the true one in INIT_CWD;
 * a process that was started elsewhere keeps its own, whatever an outer npm left in the environment.
 */
export const callersFolder = (cwd: string, env: Io['env']): string =>
  cwd === ROOT && env.INIT_CWD && existsSync(env.INIT_CWD) ? env.INIT_CWD : cwd
