import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import nodeOptions from '../../bin/node-options.json' with { type: 'json' }

/** A program of the bench while it runs. */
export type Running = { readonly pid: number; readonly stop: () => Promise<void> }

export const launchNode = (home: string, name: string): Promise<Running> => launch('node.ts', [home, name], nodeOptions)

/** Starts one and waits for its line 'ready'. */
export async function launch(file: string, args: readonly string[], options: readonly string[] = []): Promise<Running> {
  const program = new URL(file, import.meta.url).pathname
  const child = spawn(process.execPath, [...options, program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)))
    createInterface({ input: child.stdout }).on('line', (line) => line === 'ready' && resolve())
  })
  return { pid: child.pid as number, stop: () => ended(child) }
}

function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.removeAllListeners('exit').stdin?.end()
  return child.exitCode === null
    ? Promise.race([gone, new Promise<void>((resolve) => child.once('close', () => resolve()))])
    : Promise.resolve()
}

/** Milliseconds of CPU a process has had, its threads with it. Source: proc(5), fields 14 and 15, in hundredths of a second. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
