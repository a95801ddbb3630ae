import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { absent } from '../tools.ts'

/** Where `.ci/emulators` put them. */
const FOLDER = process.env.SACBE_EMULATORS ?? join(import.meta.dirname, '..', '..', '.sacbe-emulators')

/** Whether the emulators are here, for tests that need them: `describe.skipIf(!needsEmulators())`. With SACBE_NO_SKIP=1 it throws instead. */
export const needsEmulators = (): boolean =>
  existsSync(join(FOLDER, 'installed')) || absent('AWS emulators', `Run .ci/emulators ${FOLDER} (Python 3, Java 17) to run these tests.`)

/** The root user of an account by that number. MiniStack takes its word; whoever is not root must sign, and may do what policies say. */
export const REGION = 'mx-central-1'
export const ROOT = { accessKeyId: '111111111111', secretAccessKey: 'emulated-secret-access-key-of-forty-chars' }

export type Emulators = {
  /** Where MiniStack answers for all services. */
  readonly ministack: string
  /** Where a service answers: 'http://127.0.0.1:41234'. */
  readonly endpointOf: (service: string) => string
  readonly stop: () => Promise<void>
}

/**
 * MiniStack for everything, with IAM enforced; DynamoDB Local for DynamoDB. On free ports of loopback, with nothing in them.
 * @param options `enforced`: whether roles may do only what their policies say; `second`: whether DynamoDB Local is needed beside MiniStack's own
 */
export async function startEmulators({ enforced = true, second = true }: EmulatorOptions = {}): Promise<Emulators> {
  const ministack = await startMiniStack(enforced)
  const dynamo = second ? await startDynamo() : ministack
  const started = second ? [ministack, dynamo] : [ministack]
  await Promise.all(started.map(({ ready }) => ready()))
  return {
    ministack: ministack.url,
    endpointOf: (service) => (service === 'dynamodb' ? dynamo : ministack).url,
    stop: async () => {
      await Promise.all(started.map(({ child }) => ended(child)))
    },
  }
}

type EmulatorOptions = { readonly enforced?: boolean; readonly second?: boolean }
type Started = { readonly child: ChildProcess; readonly url: string; readonly ready: () => Promise<void> }

async function startMiniStack(enforced: boolean): Promise<Started> {
  const port = await freePort()
  const env = {
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    IOT_MTLS_ENABLED: 'false',
    // Else it is reckoned from the machine's memory.
    LAMBDA_ACCOUNT_CONCURRENCY: '600',
    ...(enforced ? { AUTH: 'true' } : {}),
  }
  return started(join(FOLDER, 'python', 'bin', 'ministack'), [], env, FOLDER, `http://127.0.0.1:${port}`)
}

async function startDynamo(): Promise<Started> {
  const port = await freePort()
  const args = [
    '-Xmx200m',
    '-Djava.library.path=./DynamoDBLocal_lib',
    '-jar',
    'DynamoDBLocal.jar',
    '-inMemory',
    '-sharedDb',
    '-disableTelemetry',
    '-port',
  ]
  return started('java', [...args, String(port)], {}, join(FOLDER, 'dynamodb'), `http://127.0.0.1:${port}`)
}

/** Runs a program until our end of the pipe is closed, be it that we are done, or that we died. */
const WHILE_HEARD = 'exec 3<&0; "$0" "$@" 3<&- </dev/null & pid=$!; cat <&3 >/dev/null; kill -9 $pid; wait'

function started(program: string, args: readonly string[], env: Record<string, string>, cwd: string, url: string): Started {
  const child = spawn('sh', ['-c', WHILE_HEARD, program, ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-2000)
  })
  const ready = async () => {
    for (const until = performance.now() + 180_000; performance.now() < until; await new Promise((resolve) => setTimeout(resolve, 100))) {
      if (child.exitCode !== null) break
      if (await fetch(url).catch(() => undefined)) return
    }
    child.stdin.destroy()
    throw new Error(`${program} did not start: ${said}`)
  }
  return { child, url, ready }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.stdin?.destroy()
  await gone
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}
