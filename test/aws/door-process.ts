import { type ChildProcess, fork } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Edge } from '../../src/local/gateway-events.ts'

type Listen = {
  readonly kind: 'listen'
  readonly edge: Edge
  readonly certificate: string
  readonly key: string
  readonly clientCertificate: 'required' | 'requested'
}
export type ToDoor =
  | Listen
  | { readonly kind: 'invoke'; readonly id: number; readonly event: unknown; readonly ms: number }
  | { readonly kind: 'heap' }
export type FromDoor =
  | { readonly kind: 'loaded'; readonly importMs: number }
  | { readonly kind: 'listening'; readonly port: number; readonly importMs: number }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly why: string }
  | { readonly kind: 'heap'; readonly octets: number }

/** A bundle running in a process of its own, as a function has one. */
export type DoorProcess = {
  /** Of the bundle. */
  readonly octets: number
  readonly importMs: number
  /** Opens its edge on loopback; the port. */
  readonly listen: (edge: Omit<Listen, 'kind'>) => Promise<number>
  /** One invocation, by the schedule when there is no event. Throws what the function throws. @param ms until Lambda would stop it */
  readonly invoke: (event?: unknown, ms?: number) => Promise<unknown>
  readonly heap: () => Promise<number>
  /** JSON lines it logged so far, and what else it wrote. */
  readonly log: () => readonly string[]
  /** Ends it where it stands. */
  readonly kill: () => Promise<void>
}

/** @param environment all it knows of the world: its settings and its role's credentials */
export async function startDoor(bundle: string, environment: Readonly<Record<string, string>>): Promise<DoorProcess> {
  const child = fork(join(import.meta.dirname, 'run-door.ts'), [bundle], {
    env: { ...environment, NODE_OPTIONS: '' },
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said += chunk
    })
  const log = () => said.split('\n').filter((line) => line !== '')
  const loaded = await answerOf(child, ({ kind }) => kind === 'loaded', log)
  let invocations = 0
  const ask = (message: ToDoor, isIt: (answer: FromDoor) => boolean) => {
    const answer = answerOf(child, isIt, log)
    child.send(message)
    return answer
  }
  return {
    octets: statSync(bundle).size,
    importMs: loaded.kind === 'loaded' ? loaded.importMs : 0,
    listen: async (edge) => {
      const answer = await ask({ kind: 'listen', ...edge }, ({ kind }) => kind === 'listening')
      return answer.kind === 'listening' ? answer.port : 0
    },
    invoke: async (event = {}, ms = 600_000) => {
      const id = ++invocations
      const answer = await ask({ kind: 'invoke', id, event, ms }, (each) => 'id' in each && each.id === id)
      if (answer.kind === 'failed') throw new Error(answer.why)
      return answer.kind === 'result' ? answer.result : undefined
    },
    heap: async () => {
      const answer = await ask({ kind: 'heap' }, ({ kind }) => kind === 'heap')
      return answer.kind === 'heap' ? answer.octets : 0
    },
    log,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** The next message that is the one. A door that ends instead is told with its last words. */
function answerOf(child: ChildProcess, isIt: (answer: FromDoor) => boolean, log: () => readonly string[]): Promise<FromDoor> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: unknown) => {
      const answer = message as FromDoor
      if (!isIt(answer)) return
      settle()
      resolve(answer)
    }
    const onExit = () => {
      settle()
      reject(new Error(`the door ended: ${log().slice(-20).join('\n')}`))
    }
    const settle = () => {
      child.off('message', onMessage)
      child.off('exit', onExit)
    }
    child.on('message', onMessage)
    child.once('exit', onExit)
  })
}
