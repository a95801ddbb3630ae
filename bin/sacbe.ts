// The command line. Everything it says is said by src/cli; this file is its way to the terminal.
import { createInterface } from 'node:readline/promises'
import type { Io } from '../src/cli/io.ts'
import { languageOf } from '../src/cli/language.ts'
import { callersFolder, main } from '../src/cli/main.ts'

const args = process.argv.slice(2)
const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interruption.abort())
// A reader that went away, as in `sacbe … | head`, is no error of ours.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (problem: NodeJS.ErrnoException) => {
    if (problem.code !== 'EPIPE') throw problem
  })

const io: Io = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  lang: languageOf(args, process.env),
  env: process.env,
  ask,
  interrupted: interruption.signal,
}

async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await terminal.question(question, { signal: interruption.signal })
  } catch {
    return undefined // Ctrl-C, or the terminal went away: nobody answered.
  } finally {
    terminal.close()
  }
}

process.chdir(callersFolder(process.cwd(), process.env))
process.exit(await main(args, io))
