import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { instant } from '../../src/base/clock.ts'
import { openHome } from '../../src/local/home.ts'
import type { WorldPlan } from '../../src/local/plan.ts'
import { startProgram } from '../../src/local/program.ts'
import { startWorld } from '../../src/local/world.ts'
import { textOf } from '../nodes.ts'
import { type LoadFigures, load, type Question } from './load.ts'
import { freePort, launch, type Running } from './processes.ts'

/**
 * Exchanges through real TLS listeners, consumer's and provider's node each one process, records kept on disk before anything goes on; and
 * beside it two plain proxies with mutual TLS that pass the same octets on and sign as often. One machine carries all of it: nodes, the
 * service, and whoever asks.
 */
export type ThroughputFigures = {
  readonly nodes: readonly LoadFigures[]
  readonly proxies: readonly LoadFigures[]
  /** Exchanges a second of ours for every one of the proxies', at the highest concurrency. */
  readonly share: number
  /** RSA-2048 signatures a second by openssl on one core of this machine, just now. */
  readonly signaturesPerSecond: number
}

/** Until the compiler has settled: nodes that just started spend twice the CPU. */
const WARM_UP = 3000
const CONCURRENCY = [1, 8, 64]
/** What a signed 4 KiB request and its 8 KiB answer measure beyond their bodies between nodes. */
const ENVELOPE = 6500

export async function benchThroughput(times = 3000): Promise<ThroughputFigures> {
  const body = Buffer.from(textOf(4096))
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-throughput-'))
  try {
    const nodes = await throughNodes(folder, body, times)
    const proxies = await throughProxies(folder, body, times)
    const [ours, plain] = [nodes.at(-1) as LoadFigures, proxies.at(-1) as LoadFigures]
    return { nodes, proxies, share: ours.perSecond / plain.perSecond, signaturesPerSecond: signatureSpeed() }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function throughNodes(folder: string, body: Uint8Array, times: number): Promise<readonly LoadFigures[]> {
  const home = openHome(join(folder, 'home'), { passphrase: 'nopal azul', scenario: 'bench' })
  if (!home.ok) throw new Error(home.fault.en)
  const world = await startWorld({
    home: home.value,
    plan: PLAN,
    port: 0,
    now: () => instant(Date.now()),
    log: () => {},
    archive: 'by hand',
    archiveSeconds: 3600,
    apart: ['bank', 'register'],
  })
  if (!world.ok) throw new Error(world.fault.en)
  const running: Running[] = []
  try {
    for (const name of ['register', 'bank']) running.push(await launch('node.ts', [join(folder, 'home'), name]))
    const [client, node] = [world.value.file.clients[0], world.value.file.nodes.find(({ name }) => name === 'bank')]
    if (!client || !node) throw new Error('a world without a bank')
    const tls = { cert: readFileSync(client.certificate, 'utf8'), key: readFileSync(client.key, 'utf8') }
    const question: Question = {
      url: node.consumer,
      path: `/r1/${SERVICE}/personas`,
      headers: { 'X-Road-Client': client.id, 'Content-Type': 'application/json' },
      body,
      tls: { ...tls, ca: readFileSync(client.authority, 'utf8') },
    }
    return await atEach(question, times, running)
  } finally {
    for (const each of running) await each.stop()
    await world.value.close()
    home.value.lock.release()
  }
}

async function throughProxies(folder: string, body: Uint8Array, times: number): Promise<readonly LoadFigures[]> {
  const [one, two] = [await freePort(), await freePort()]
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-days', '2']
  execFileSync('openssl', [...request, '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')], { stdio: 'ignore' })
  const running: Running[] = []
  const service = await startProgram(ECHO, join(folder, 'echo'), () => {})
  if (!service.ok) throw new Error(service.fault.en)
  try {
    running.push(await launch('proxy.ts', [folder, String(two), `http://127.0.0.1:${service.value.port()}`, String(ENVELOPE)]))
    running.push(await launch('proxy.ts', [folder, String(one), `https://127.0.0.1:${two}`, String(ENVELOPE)]))
    const tls = { cert: readFileSync(join(folder, 'cert.pem'), 'utf8'), key: readFileSync(join(folder, 'key.pem'), 'utf8') }
    return await atEach({ url: `https://127.0.0.1:${one}`, path: '/', headers: {}, body, tls }, times, running)
  } finally {
    for (const each of [...running, service.value]) await each.stop()
  }
}

const ECHO = { name: 'echo', run: fileURLToPath(new URL('echo.ts', import.meta.url)), title: { es: 'eco', en: 'echo' } }

async function atEach(question: Question, times: number, running: readonly Running[]): Promise<readonly LoadFigures[]> {
  const pids = running.map(({ pid }) => pid)
  await load(question, 16, WARM_UP, pids)
  const figures: LoadFigures[] = []
  for (const atOnce of CONCURRENCY) figures.push(await load(question, atOnce, atOnce === 1 ? Math.ceil(times / 4) : times, pids))
  return figures
}

/** openssl's own measure, in a second. */
function signatureSpeed(): number {
  const said = execFileSync('openssl', ['speed', '-seconds', '1', 'rsa2048'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return Number(/^rsa\s+2048.*?([\d.]+)\s+[\d.]+\s*$/m.exec(said)?.[1] ?? 0)
}

const OWNER = 'EE/GOV/111'
const SERVICE = `${OWNER}/register/persons`
const PLAN: WorldPlan = {
  instance: 'EE',
  memberClasses: [
    { code: 'GOV', description: 'Government' },
    { code: 'COM', description: 'Companies' },
  ],
  members: [
    { id: OWNER, name: 'Register', subsystems: [{ code: 'register' }] },
    { id: 'EE/COM/222', name: 'Bank', subsystems: [{ code: 'bank' }] },
  ],
  nodes: [
    {
      name: 'bank',
      owner: 'EE/COM/222',
      serverCode: 'S1',
      edge: 'rest',
      clients: [{ id: 'EE/COM/222/bank' }],
      services: [],
      rights: [],
      policies: [],
      settings: { ownListener: true },
    },
    {
      name: 'register',
      owner: OWNER,
      serverCode: 'S1',
      edge: 'rest',
      clients: [],
      services: [{ id: SERVICE, type: 'REST', at: { program: 'echo', path: '' } }],
      rights: [{ service: SERVICE, subject: { client: 'EE/COM/222/bank' } }],
      policies: [],
      settings: { ownListener: true },
    },
  ],
  programs: [ECHO],
}
