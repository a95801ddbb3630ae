import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { finished } from 'node:stream/promises'
import nodeOptions from '../../bin/node-options.json' with { type: 'json' }
import { clientNamed, type WorldFile } from '../../src/local/world-file.ts'
import { BANK } from '../journeys/plan.ts'
import { GETSTATE, question } from '../journeys/soap-world.ts'

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

/** What is large: the body of a REST call, or the attachment of a SOAP call. */
export type Large = 'body' | 'attachment'

/** One call with so much in it, answered with as much, through two nodes, each in a process whose memory is watched. */
export async function largeCall(bytes: number, limit: number, large: Large = 'body'): Promise<LargeFigures> {
  const service = await echoService()
  const consumer = await started('consumer', service.url, String(limit))
  const provider = await started('provider', consumer.told.folder)
  const nodes = [consumer.process, provider.process] as const
  try {
    const file = consumer.told.file as WorldFile
    for (let times = 0; times < 2; times++) await call(file, large, WARMING) // everything is loaded, and certificates are judged
    for (const node of nodes) await settled(node)
    const idle = nodes.map((node) => memoryOf(node, 'VmRSS'))
    nodes.forEach(forgetPeak)
    const began = performance.now()
    const answer = await call(file, large, bytes)
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

/** More than is held, so that it takes the same way. */
const WARMING = 4 * MIB

/** Once what it kept is archived: nothing is left to do, so what comes now is the call's. */
async function settled(node: ChildProcess): Promise<void> {
  node.send('settle')
  await once(node, 'message')
}

type Told = { readonly file?: WorldFile; readonly folder: string }

async function started(...args: readonly string[]): Promise<{ readonly process: ChildProcess; readonly told: Told }> {
  const child = fork(join(import.meta.dirname, 'node-process.ts'), args, { stdio: 'inherit', execArgv: nodeOptions })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${args[0]} did not start`)
  })
  const [told] = (await Promise.race([once(child, 'message'), ended])) as [Told]
  ended.catch(() => {}) // later it ends because it is told to
  return { process: child, told }
}

/** Gives back what it is given, at once; of a SOAP question it makes an answer. */
async function echoService() {
  let digest = ''
  const server = createServer((asked, response) => {
    const hash = new Attached(asked.headers['content-type'])
    response.writeHead(200, { 'Content-Type': String(asked.headers['content-type']) })
    asked
      .on('data', (chunk) => hash.update(chunk))
      .on('end', () => {
        digest = hash.digest()
      })
      .pipe(new Transform({ transform: (chunk: Buffer, _encoding, done) => done(null, answered(chunk)) }))
      .pipe(response)
  })
  server.requestTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, digest: () => digest, close: () => server.close() }
}

const QUESTION = '<getstate xmlns="http://producer.test/">1</getstate>'
const ANSWER = QUESTION.replaceAll('getstate', 'getstateResponse')
/** The envelope is all in one chunk, and early; what follows is passed on as it is. */
function answered(chunk: Buffer): Buffer {
  const at = chunk.subarray(0, 4096).indexOf(QUESTION)
  return at < 0 ? chunk : Buffer.concat([chunk.subarray(0, at), Buffer.from(ANSWER), chunk.subarray(at + QUESTION.length)])
}

/** The digest of what is large: of a body, or of what lies between the head of the attachment and the end of the package. */
class Attached {
  readonly #hash = createHash('sha256')
  readonly #packaged: boolean
  #inside: boolean
  #held = Buffer.alloc(0)
  size = 0

  constructor(type: string | undefined) {
    this.#packaged = /^multipart/i.test(type ?? '')
    this.#inside = !this.#packaged
  }

  update(chunk: Uint8Array): void {
    if (!this.#packaged) return void this.#add(chunk)
    this.#held = Buffer.concat([this.#held, chunk])
    const head = this.#inside ? -1 : this.#held.indexOf(ATTACHMENT)
    if (head >= 0) this.#held = this.#held.subarray(head + ATTACHMENT.length)
    this.#inside ||= head >= 0
    if (!this.#inside) return
    const most = Math.max(0, this.#held.length - CLOSING.length)
    this.#add(this.#held.subarray(0, most))
    this.#held = Buffer.from(this.#held.subarray(most))
  }

  #add(octets: Uint8Array): void {
    this.#hash.update(octets)
    this.size += octets.length
  }

  digest = (): string => this.#hash.digest('hex')
}
/** The last header of an attachment here, and the end of a package, as both sides write it. */
const ATTACHMENT = 'Content-ID: <grande>\r\n\r\n'
const CLOSING = '\r\n--frontera--\r\n'
const PACKAGE = 'multipart/related; type="text/xml"; boundary=frontera'
const opening = `--frontera\r\nContent-Type: text/xml\r\n\r\n${question({ service: GETSTATE })}\r\n--frontera\r\nContent-Type: application/octet-stream\r\n${ATTACHMENT}`

const CALLS = {
  body: { path: '/r1/EE/GOV/111/register/persons/eco', type: 'application/octet-stream', before: '', after: '' },
  attachment: { path: '/', type: PACKAGE, before: opening, after: CLOSING },
} as const

async function call(file: WorldFile, large: Large, bytes: number) {
  const client = clientNamed(file, BANK)
  const consumer = file.nodes.find(({ name }) => name === 'bank')?.consumer
  if (!client.ok || !consumer) throw new Error('no bank')
  const { hostname: host, port } = new URL(consumer)
  const identity = {
    ca: readFileSync(client.value.authority),
    cert: readFileSync(client.value.certificate),
    key: readFileSync(client.value.key),
  }
  const { path, type, before, after } = CALLS[large]
  const length = String(before.length + bytes + after.length)
  const headers = { 'X-Road-Client': BANK, 'Content-Type': type, 'Content-Length': length }
  const made = request({ host, port, method: 'POST', path, agent: false, headers, ...identity })
  let answered = false
  const response = once(made, 'response').then(async ([incoming]) => {
    answered = true
    const hash = new Attached(incoming.headers['content-type'])
    const first: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => {
      if (first.length < 2) first.push(chunk)
      hash.update(chunk)
    })
    await finished(incoming)
    const fault = /<faultcode>([^<]*)/.exec(Buffer.concat(first).toString('latin1'))?.[1]
    const code = (incoming.headers['x-road-error'] as string | undefined) ?? fault
    return { status: incoming.statusCode as number, code, digest: hash.digest(), received: hash.size }
  })
  made.on('error', () => {}) // told by the answer, or by its absence
  const hash = createHash('sha256')
  let written = 0
  if (before) made.write(before)
  for (let n = 0; written < bytes && !answered; n++) {
    const chunk = Buffer.alloc(Math.min(256 * 1024, bytes - written), n % 251)
    hash.update(chunk)
    written += chunk.length
    if (!made.write(chunk)) await Promise.race([once(made, 'drain'), response])
  }
  made.end(after)
  return { ...(await response), sent: hash.digest('hex'), written }
}

/** From the kernel: 'VmRSS' now, 'VmHWM' the most since forgetPeak. */
function memoryOf({ pid }: ChildProcess, name: 'VmRSS' | 'VmHWM'): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(found) / 1024
}
const forgetPeak = ({ pid }: ChildProcess): void => writeFileSync(`/proc/${pid}/clear_refs`, '5')

if (import.meta.main) {
  const [mib, large] = [Number(process.argv[2] ?? 1024), (process.argv[3] ?? 'body') as Large]
  console.log('through', await largeCall(mib * MIB, (mib + 1) * MIB, large))
  console.log('refused', await largeCall(100 * MIB, 10 * MIB))
}
