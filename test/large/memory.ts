import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { clientNamed, type WorldFile } from '../../src/local/world-file.ts'
import { BANK } from '../journeys/plan.ts'

const MIB = 1024 * 1024

export type LargeFigures = {
  readonly sent: number
  readonly received: number
  readonly status: number
  readonly code: string | undefined
  /** Octets that arrived unchanged at the service, and back. */
  readonly unchanged: boolean
  readonly seconds: number
  /** Resident memory of each node's process, in MiB. */
  readonly consumer: Memory
  readonly provider: Memory
}
/** When idle, and at most while the call ran. */
export type Memory = { readonly idleMiB: number; readonly peakMiB: number }

/** One call with a large body, answered with a body as large, through two nodes, each in a process whose memory is watched. */
export async function largeCall(bytes: number, limit: number): Promise<LargeFigures> {
  const service = await echoService()
  const consumer = await started('consumer', service.url, String(limit))
  const provider = await started('provider', consumer.told.folder)
  const nodes = [consumer.process, provider.process] as const
  try {
    const file = consumer.told.file as WorldFile
    await call(file, MIB) // everything is loaded, and certificates are judged
    await new Promise((resolve) => setTimeout(resolve, 500))
    const idle = nodes.map((node) => memoryOf(node, 'VmRSS'))
    nodes.forEach(forgetPeak)
    const began = performance.now()
    const answer = await call(file, bytes)
    const seconds = (performance.now() - began) / 1000
    const memory = (node: 0 | 1): Memory => ({ idleMiB: Number(idle[node]), peakMiB: memoryOf(nodes[node], 'VmHWM') })
    const unchanged = answer.status === 200 && answer.sent === service.digest() && answer.digest === answer.sent
    const { status, code, written: sent, received } = answer
    return { sent, received, status, code, unchanged, seconds, consumer: memory(0), provider: memory(1) }
  } finally {
    for (const node of nodes) node.send('stop')
    await Promise.all(nodes.map((node) => once(node, 'exit')))
    service.close()
  }
}

/** A node that streams makes much short-lived garbage: a small nursery is swept more often, and less of it lies about. */
const SMALL_NURSERY = ['--max-semi-space-size=2']

type Told = { readonly file?: WorldFile; readonly folder: string }

async function started(...args: readonly string[]): Promise<{ readonly process: ChildProcess; readonly told: Told }> {
  const child = fork(join(import.meta.dirname, 'node-process.ts'), args, { stdio: 'inherit', execArgv: SMALL_NURSERY })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${args[0]} did not start`)
  })
  const [told] = (await Promise.race([once(child, 'message'), ended])) as [Told]
  ended.catch(() => {}) // later it ends because it is told to
  return { process: child, told }
}

/** Gives back what it is given, at once. */
async function echoService() {
  let digest = ''
  const server = createServer((asked, response) => {
    const hash = createHash('sha256')
    response.writeHead(200, { 'Content-Type': 'application/octet-stream' })
    asked
      .on('data', (chunk) => hash.update(chunk))
      .on('end', () => {
        digest = hash.digest('hex')
      })
    asked.pipe(response)
  })
  server.requestTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, digest: () => digest, close: () => server.close() }
}

async function call(file: WorldFile, bytes: number) {
  const client = clientNamed(file, BANK)
  const consumer = file.nodes.find(({ name }) => name === 'bank')?.consumer
  if (!client.ok || !consumer) throw new Error('no bank')
  const { hostname: host, port } = new URL(consumer)
  const identity = {
    ca: readFileSync(client.value.authority),
    cert: readFileSync(client.value.certificate),
    key: readFileSync(client.value.key),
  }
  const headers = { 'X-Road-Client': BANK, 'Content-Type': 'application/octet-stream', 'Content-Length': String(bytes) }
  const made = request({ host, port, method: 'POST', path: '/r1/EE/GOV/111/register/persons/eco', agent: false, headers, ...identity })
  let answered = false
  const response = once(made, 'response').then(async ([incoming]) => {
    answered = true
    const hash = createHash('sha256')
    let received = 0
    incoming.on('data', (chunk: Buffer) => {
      received += chunk.length
      hash.update(chunk)
    })
    await finished(incoming)
    return {
      status: incoming.statusCode as number,
      code: incoming.headers['x-road-error'] as string | undefined,
      digest: hash.digest('hex'),
      received,
    }
  })
  made.on('error', () => {}) // told by the answer, or by its absence
  const hash = createHash('sha256')
  let written = 0
  for (let n = 0; written < bytes && !answered; n++) {
    const chunk = Buffer.alloc(Math.min(256 * 1024, bytes - written), n % 251)
    hash.update(chunk)
    written += chunk.length
    if (!made.write(chunk)) await Promise.race([once(made, 'drain'), response])
  }
  made.end()
  return { ...(await response), sent: hash.digest('hex'), written }
}

/** From the kernel: 'VmRSS' now, 'VmHWM' the most since forgetPeak. */
function memoryOf({ pid }: ChildProcess, name: 'VmRSS' | 'VmHWM'): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(found) / 1024
}
const forgetPeak = ({ pid }: ChildProcess): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')

if (import.meta.main) {
  const mib = Number(process.argv[2] ?? 1024)
  console.log('through', await largeCall(mib * MIB, (mib + 1) * MIB))
  console.log('refused', await largeCall(100 * MIB, 10 * MIB))
}
