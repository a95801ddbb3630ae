import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const SACBE = join(import.meta.dirname, '../../bin/sacbe.ts')

/** A command that stays up until it is told to end. */
export type Standing = AsyncDisposable & { readonly said: () => string; readonly says: (what: RegExp) => Promise<RegExpExecArray> }
export type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

function launch(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): { child: ChildProcess; out: string[]; err: string[]; over: Promise<number | null> } {
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env.PATH ?? '', LANG: 'en_US.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out, err]: [string[], string[]] = [[], []]
  child.stdout?.setEncoding('utf8').on('data', (text: string) => out.push(text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => err.push(text))
  return { child, out, err, over: new Promise((resolve) => child.once('close', resolve)) }
}

/** One command line, to its end, as a person types it. */
export async function sacbe(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const { out, err, over } = launch(SACBE, args, env)
  return { code: await over, out: out.join(''), err: err.join('') }
}

/** One that stays up; it ends by its id when the test is over. */
export const standing = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Standing => standingScript(SACBE, args, env)

/** The same for a script of the tests' own. */
export function standingScript(script: string, args: readonly string[], env: Readonly<Record<string, string>>): Standing {
  const { child, out, err, over } = launch(script, args, env)
  const said = () => [...out, ...err].join('')
  return {
    said,
    says: async (what) => {
      for (let tries = 0; tries < 2400; tries++) {
        const found = what.exec(said())
        if (found) return found
        if (child.exitCode !== null) break
        await pause(100)
      }
      throw new Error(`${args.slice(0, 2).join(' ')} never said ${what}: ${said()}`)
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await over
    },
  }
}
