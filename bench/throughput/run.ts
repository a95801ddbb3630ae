import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { instant } from '../../src/base/clock.ts'
import { openHome } from '../../src/local/home.ts'
import { startProgram } from '../../src/local/program.ts'
import { startWorld } from '../../src/local/world.ts'
import { othersShare, type Spread, spreadOf } from '../cpu.ts'
import { textOf } from '../nodes.ts'
import { figuresOf, type LoadFigures, type Question, type Stretch, stretch } from './load.ts'
import { ECHO, PLAN, SERVICE } from './plan.ts'
import { freePort, launch, launchNode, type Running } from './processes.ts'

/**
 * Exchanges through real TLS listeners, consumer's and provider's node each one process, records kept on disk before anything goes on; and
 * beside it, turn and turn about in the same minutes, two plain proxies with mutual TLS that pass the same octets on and sign as often. One
 * machine carries all of it: nodes, the service, and whoever asks.
 */
export type ThroughputFigures = {
  readonly nodes: readonly LoadFigures[]
  readonly proxies: readonly LoadFigures[]
  /** Exchanges a second of ours for every one of the proxies', at the highest concurrency. */
  readonly share: Spread
  /** RSA-2048 signatures a second by openssl on one core of this machine, before and after every turn of the highest concurrency. */
  readonly signaturesPerSecond: Spread
  /** Exchanges a second and CPU of both nodes for one, each turn scaled by the signatures that openssl made just before and after it. */
  readonly scaled: { readonly perSecond: Spread; readonly cpuMs: Spread }
  /** What other machines on the same processors took of them meanwhile. */
  readonly others: number
}

/** Until the compiler has settled: nodes that just started spend twice the CPU, and it is at work for 20,000 exchanges. */
const WARM_UP = 20_000
/** The signing speed, by openssl, of the machine on which the reference proxies were measured. */
export const REFERENCE_SPEED = 3350
/** How many at once, in how many turns, and of the exchanges asked for how many in each: one at a time takes long. */
const LEVELS = [
  { atOnce: 1, turns: 3, share: 1 / 4 },
  { atOnce: 8, turns: 3, share: 1 },
  { atOnce: 64, turns: 5, share: 2 },
] as const
/** What a signed 4 KiB request and its 8 KiB answer measure beyond their bodies between nodes. */
const ENVELOPE = 6500

/** Of a turn's exchanges, as many lead in: processors that were idle, or at something else, are slower for most of a second. */
const LEAD_IN = 1 / 3

type Asked = { readonly question: Question; readonly stop: () => Promise<void> }

export async function benchThroughput(times = 1500): Promise<ThroughputFigures> {
  const body = Buffer.from(textOf(4096))
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-throughput-'))
  const nodes = await startNodes(folder, body)
  const proxies = await startProxies(folder, body)
  try {
    for (const { question } of [nodes, proxies]) await stretch(question, 16, WARM_UP)
    const others = othersShare()
    const levels: { readonly atOnce: number; readonly turns: readonly Turn[] }[] = []
    for (const { atOnce, turns, share } of LEVELS)
      levels.push({ atOnce, turns: await inTurns(nodes.question, proxies.question, atOnce, Math.ceil(times * share), turns) })
    const figures = (side: 'ours' | 'plain') =>
      levels.map(({ atOnce, turns }) =>
        figuresOf(
          atOnce,
          turns.map((turn) => turn[side]),
        ),
      )
    return { nodes: figures('ours'), proxies: figures('plain'), ...compared(levels.at(-1)?.turns ?? []), others: others() }
  } finally {
    await nodes.stop()
    await proxies.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A stretch of ours and one of theirs, and the signatures that openssl made before and after ours. */
type Turn = { readonly ours: Stretch; readonly plain: Stretch; readonly signatures: number }

async function inTurns(ours: Question, plain: Question, atOnce: number, count: number, times: number): Promise<readonly Turn[]> {
  const turns: Turn[] = []
  const through = (question: Question) => stretch(question, atOnce, count, Math.ceil(count * LEAD_IN))
  for (let turn = 0; turn < times; turn++) {
    const before = signatureSpeed()
    const seen = await through(ours)
    turns.push({ ours: seen, signatures: (before + signatureSpeed()) / 2, plain: await through(plain) })
  }
  return turns
}

function compared(turns: readonly Turn[]): Pick<ThroughputFigures, 'share' | 'signaturesPerSecond' | 'scaled'> {
  const each = (of: (turn: Turn) => number) => spreadOf(turns.map(of))
  return {
    share: each(({ ours, plain }) => perSecond(ours) / perSecond(plain)),
    signaturesPerSecond: each(({ signatures }) => signatures),
    scaled: {
      perSecond: each(({ ours, signatures }) => (perSecond(ours) * REFERENCE_SPEED) / signatures),
      cpuMs: each(({ ours, signatures }) => ((ours.cpuMs / ours.took.length) * signatures) / REFERENCE_SPEED),
    },
  }
}

const perSecond = ({ took, seconds }: Stretch): number => took.length / seconds

export async function startNodes(folder: string, body: Uint8Array): Promise<Asked> {
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
  for (const name of ['register', 'bank']) running.push(await launchNode(join(folder, 'home'), name))
  const [client, node] = [world.value.file.clients[0], world.value.file.nodes.find(({ name }) => name === 'bank')]
  if (!client || !node) throw new Error('a world without a bank')
  const tls = { cert: readFileSync(client.certificate, 'utf8'), key: readFileSync(client.key, 'utf8') }
  const question: Question = {
    url: node.consumer,
    path: `/r1/${SERVICE}/personas`,
    headers: { 'X-Road-Client': client.id, 'Content-Type': 'application/json' },
    body,
    tls: { ...tls, ca: readFileSync(client.authority, 'utf8') },
    pids: running.map(({ pid }) => pid),
  }
  const stop = async () => {
    for (const each of running) await each.stop()
    await world.value.close()
    home.value.lock.release()
  }
  return { question, stop }
}

async function startProxies(folder: string, body: Uint8Array): Promise<Asked> {
  const [one, two] = [await freePort(), await freePort()]
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-days', '2']
  execFileSync('openssl', [...request, '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')], { stdio: 'ignore' })
  const service = await startProgram(ECHO, join(folder, 'echo'), () => {})
  if (!service.ok) throw new Error(service.fault.en)
  const running: Running[] = []
  running.push(await launch('proxy.ts', [folder, String(two), `http://127.0.0.1:${service.value.port()}`, String(ENVELOPE)]))
  running.push(await launch('proxy.ts', [folder, String(one), `https://127.0.0.1:${two}`, String(ENVELOPE)]))
  const tls = { cert: readFileSync(join(folder, 'cert.pem'), 'utf8'), key: readFileSync(join(folder, 'key.pem'), 'utf8') }
  const stop = async () => {
    for (const each of [...running, service.value]) await each.stop()
  }
  return { question: { url: `https://127.0.0.1:${one}`, path: '/', headers: {}, body, tls, pids: running.map(({ pid }) => pid) }, stop }
}

/** openssl's own measure, in a second. */
function signatureSpeed(): number {
  const said = execFileSync('openssl', ['speed', '-seconds', '1', 'rsa2048'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return Number(/^rsa\s+2048.*?([\d.]+)\s+[\d.]+\s*$/m.exec(said)?.[1] ?? 0)
}
