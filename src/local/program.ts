import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { ok, type Result } from '../base/result.ts'
import type { ProgramPlan } from './plan.ts'
import { type Trouble, trouble } from './troubles.ts'

/** An agency's own system while it runs. */
export type Program = {
  readonly name: string
  /** Where it listens now; another port after a restart. */
  readonly port: () => number
  readonly stop: () => Promise<void>
}

/** One that ends instead is known at once; on a machine with other things to do, a start takes its time. */
const START_MS = 60_000
const STOP_MS = 3000
/** A program that ends by itself is started again, but not more often than this within a minute. */
const RESTARTS_PER_MINUTE = 5

/**
 * Starts a program as a process of its own and keeps it running.
 * @param data a folder that is the program's own
 * @param say  a line for the operator when it ended and was started again, or given up
 */
export async function startProgram(plan: ProgramPlan, data: string, say: (line: string) => void): Promise<Result<Program, Trouble>> {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  let running = await launch(plan, data, 0)
  if (!running.ok) return running
  let child = running.value.child
  let port = running.value.port
  let stopping = false
  let relaunched: Promise<void> = Promise.resolve()
  const recent: number[] = []
  const watch = () =>
    child.once('exit', () => {
      relaunched = again()
    })
  const again = async (): Promise<void> => {
    const clock = performance.now()
    if (stopping || recent.filter((at) => clock - at < 60_000).length >= RESTARTS_PER_MINUTE) return
    recent.push(clock)
    running = await launch(plan, data, port)
    if (!running.ok) return say(`${plan.name}: ${running.fault.en}`)
    child = running.value.child
    port = running.value.port
    if (stopping) return end(child)
    say(`${plan.name}: restarted on ${port}`)
    watch()
  }
  watch()
  return ok({
    name: plan.name,
    port: () => port,
    stop: async () => {
      stopping = true
      await end(child)
      await relaunched
    },
  })
}

/** Starts the process and waits for its line `{"listening":PORT}`. */
function launch(plan: ProgramPlan, data: string, port: number): Promise<Result<{ child: ChildProcess; port: number }, Trouble>> {
  const child = spawn(process.execPath, [plan.run], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // a Ctrl-C in our terminal is for us; its end of our pipe tells it when we are gone
    env: { SACBE_PORT: String(port), SACBE_DATA: data },
  })
  return new Promise((resolve) => {
    const errors: string[] = []
    const settle = (result: Result<{ child: ChildProcess; port: number }, Trouble>) => {
      clearTimeout(patience)
      child.removeAllListeners('exit')
      if (!result.ok) child.kill('SIGKILL')
      resolve(result)
    }
    const fail = (reason: string) => settle(trouble('service_failed_to_start', { service: plan.name, reason: reason.slice(0, 300) }))
    const patience = setTimeout(() => fail(`no answer in ${START_MS / 1000} s`), START_MS)
    child.once('error', (problem) => fail(problem.message))
    child.once('exit', (code, signal) => fail(errors.join(' ') || `exit ${code ?? signal}`))
    child.stderr.setEncoding('utf8').on('data', (text: string) => errors.length < 20 && errors.push(text.trim()))
    child.stdin.on('error', () => {}) // It ended first; its exit is what counts.
    createInterface({ input: child.stdout }).on('line', (line) => {
      const listening = portIn(line)
      if (listening) settle(ok({ child, port: listening }))
    })
  })
}

function portIn(line: string): number | undefined {
  const found = /^\{"listening": ?(\d{1,5})\}$/.exec(line.trim())
  return found ? Number(found[1]) : undefined
}

/** Asks it to end, then makes it. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await gone
  clearTimeout(patience)
}
