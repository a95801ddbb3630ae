import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { lockedFiles } from '../../src/adapters/local/locked-files.ts'
import { instant } from '../../src/base/clock.ts'
import { readArchive, verifyChain } from '../../src/evidence/archive-verify.ts'
import { verifyContainer } from '../../src/evidence/container-verify.ts'
import { trustOfDay } from '../../src/exchange/trust-refresh.ts'
import { containersIn, type EvidenceItem, evidenceItems, withEvidence } from '../../src/local/evidence.ts'
import { openHome } from '../../src/local/home.ts'
import { callAs } from '../../src/local/information-system.ts'
import { must } from '../../src/local/node-file.ts'
import { startWorld, type World } from '../../src/local/world.ts'
import { ANYWHERE, CONSUMER_STEPS, PROVIDER_STEPS, type Step } from '../journeys/kill-steps.ts'
import { BANK, PERSONS, plan } from '../journeys/plan.ts'
import { type Seeded, seeded } from './seeded.ts'

export type KillFigures = {
  readonly seed: number
  readonly kills: number
  readonly byStep: Readonly<Record<string, number>>
  /** Calls that got a whole answer, and calls that got none because the node was gone. */
  readonly answered: number
  readonly unanswered: number
  readonly serviceCalls: number
  /** Records sealed in both nodes, each verified strictly. */
  readonly sealed: number
}

/** Calls under way at once. */
const CALLERS = 6
const TRACED = new URL('../journeys/traced-node.ts', import.meta.url).pathname

/**
 * Kills a node with SIGKILL at `count` moments under load, the same number at each step between keeping and releasing, half of them at the
 * consumer's node and half at the provider's, and some anywhere. Then judges from outside: from its own log of answers, from the service's log
 * of calls, and from both nodes' evidence. Throws at the first thing that is not as it must be.
 */
export async function run(count: number, seed: number): Promise<KillFigures> {
  const random = seeded(seed)
  const each = Math.max(1, Math.floor(count / 9))
  const anywhere = Math.max(0, count - 8 * each)
  const half = Math.floor(anywhere / 2)
  const consumer = shuffled([...repeated(CONSUMER_STEPS, each), ...repeated([ANYWHERE], half)], random)
  const provider = shuffled([...repeated(PROVIDER_STEPS, each), ...repeated([ANYWHERE], anywhere - half)], random)
  const figures = [await killing('bank', consumer, random), await killing('register', provider, random)] as const
  const sum = (of: (one: (typeof figures)[number]) => number) => of(figures[0]) + of(figures[1])
  return {
    seed,
    kills: sum(({ kills }) => kills),
    byStep: Object.fromEntries(
      [...consumer, ...provider].map((step) => [step, [...consumer, ...provider].filter((other) => other === step).length]),
    ),
    answered: sum(({ answered }) => answered),
    unanswered: sum(({ unanswered }) => unanswered),
    serviceCalls: sum(({ serviceCalls }) => serviceCalls),
    sealed: sum(({ sealed }) => sealed),
  }
}

const repeated = (steps: readonly Step[], times: number): Step[] => steps.flatMap((step) => Array.from({ length: times }, () => step))

function shuffled<T>(list: readonly T[], random: Seeded): readonly T[] {
  const left = [...list]
  return list.map(() => left.splice(random.below(left.length), 1)[0] as T)
}

/** One world, one of whose nodes is killed again and again, and what there is to judge at the end. */
async function killing(victim: 'bank' | 'register', steps: readonly Step[], random: Seeded) {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-kill-'))
  const home = openHome(folder, { passphrase: 'nopal azul', scenario: 'kill' })
  if (!home.ok) throw new Error(home.fault.en)
  const now = () => instant(Date.now())
  const started = await startWorld({
    home: home.value,
    plan,
    port: 0,
    now,
    log: () => {},
    archive: 'ticking',
    archiveSeconds: 1,
    apart: [victim],
  })
  if (!started.ok) throw new Error(started.fault.en)
  const world = started.value
  try {
    const calls = new Map<string, string | null>()
    for (const step of steps) await killOnce(world, folder, victim, step, random, calls)
    await recover(folder, world, victim)
    return { ...(await judge(folder, world, calls)), kills: steps.length }
  } finally {
    await world.close()
    home.value.lock.release()
    rmSync(folder, { recursive: true, force: true })
  }
}

type Traced = { readonly child: ChildProcess; readonly line: (starts: string) => Promise<string> }

/** Starts the node that will be killed; `line` waits for a line it says. */
function launch(folder: string, victim: string, step: Step | 'none', occurrence: number): Traced {
  const child = spawn(process.execPath, [TRACED, folder, victim, step, String(occurrence)], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    env: {},
  })
  const said: string[] = []
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const each of waiting) each()
  }
  createInterface({ input: child.stdio[3] as NodeJS.ReadableStream }).on('line', (line) => {
    said.push(line)
    wake()
  })
  const errors: string[] = []
  child.stderr?.setEncoding('utf8').on('data', (text: string) => errors.push(text))
  child.on('exit', wake)
  return {
    child,
    line: async (starts) => {
      for (;;) {
        const found = said.find((line) => line.startsWith(starts))
        if (found) return found
        if (child.exitCode !== null) throw new Error(`the node ended by itself: ${said.join(' ')} ${errors.join('')}`)
        await new Promise<void>((resolve) => {
          waiting.add(resolve)
        })
      }
    },
  }
}

/** Starts the node, puts load on it, and kills it at the step; calls that were under way are left without an answer. */
async function killOnce(
  world: World,
  folder: string,
  victim: string,
  step: Step,
  random: Seeded,
  calls: Map<string, string | null>,
): Promise<void> {
  const node = launch(folder, victim, step, 1 + random.below(40))
  await node.line('ready')
  let up = true
  const callers = Array.from({ length: CALLERS }, async () => {
    while (up) await call(world, calls)
  })
  if (step === ANYWHERE) await pause(50 + random.below(1500))
  else await node.line('reached')
  node.child.kill('SIGKILL')
  up = false
  await Promise.all(callers)
  if (node.child.signalCode === null) await new Promise((resolve) => node.child.once('exit', resolve))
}

let calledSoFar = 0

/** One call, noted before it leaves; its answer is noted only when all of it arrived. */
async function call(world: World, calls: Map<string, string | null>): Promise<void> {
  const id = `kill-${process.pid}-${++calledSoFar}`
  const client = world.file.clients.find((each) => each.id === BANK)
  const node = world.file.nodes.find(({ name }) => name === 'bank')
  if (!client || !node) throw new Error('a world without a bank')
  calls.set(id, null)
  const body = Buffer.from(`expediente ${id}`)
  const answer = await callAs(client, node, { method: 'POST', service: PERSONS, path: '/x', headers: { 'X-Road-Id': id }, body }).catch(
    () => undefined,
  )
  if (answer?.status === 200) calls.set(id, createHash('sha512').update(answer.body).digest('hex'))
}

/** Starts the node once more, and leaves it up until all that it kept is sealed. */
async function recover(folder: string, world: World, victim: string): Promise<void> {
  const node = launch(folder, victim, 'none', 0)
  await node.line('ready')
  const settled = async () => {
    for (const { name, folder: nodeFolder } of world.file.nodes)
      if (!(await withEvidence(name, nodeFolder, evidenceItems)).every(({ state }) => state === 'sealed')) return false
    return true
  }
  for (let tries = 0; !(await settled()); tries++) {
    if (tries > 60) throw new Error('what was kept was not sealed within a minute after the restart')
    await pause(1000)
  }
  node.child.stdin?.end()
  await new Promise((resolve) => node.child.once('exit', resolve))
}

/** What must hold, whoever was killed when. */
async function judge(folder: string, world: World, calls: ReadonlyMap<string, string | null>) {
  const bank = await evidenceAt(world, 'bank')
  const register = await evidenceAt(world, 'register')
  const answered = [...calls].filter((entry): entry is [string, string] => entry[1] !== null)
  for (const [id, digest] of answered) {
    for (const [node, side] of [
      [bank, 'consumer'],
      [register, 'provider'],
    ] as const)
      for (const direction of ['request', 'response'] as const) mustHave(node, id, side, direction, 'an answer was released without it')
    const held = bank.digests.get(`${id} response`)
    if (held !== digest) throw new Error(`${id}: the answer released is not the one in evidence (${held})`)
  }
  for (const { messageId, direction } of register.items)
    mustHave(bank, messageId, 'consumer', 'request', `the provider holds its ${direction}`)
  for (const { messageId, direction } of bank.items)
    if (direction === 'response') mustHave(register, messageId, 'provider', 'response', 'the consumer holds it')
  const served = readFileSync(join(folder, 'programs', 'register', 'calls.log'), 'utf8')
    .trim()
    .split('\n')
  for (const id of served) mustHave(register, id, 'provider', 'request', 'the service was called')
  for (const id of served) if (!calls.has(id)) throw new Error(`the service was called with ${id}, which nobody sent`)
  return {
    answered: answered.length,
    unanswered: calls.size - answered.length,
    serviceCalls: served.length,
    sealed: bank.items.length + register.items.length,
  }
}

type Held = {
  readonly node: string
  readonly items: readonly EvidenceItem[]
  readonly names: ReadonlySet<string>
  readonly digests: ReadonlyMap<string, string>
}

function mustHave({ node, names }: Held, id: string, side: string, direction: string, why: string): void {
  if (!names.has(`${id} ${side} ${direction}`)) throw new Error(`${id}: ${node} has no ${side} ${direction}: ${why}`)
}

/** Everything a node sealed: each record once, each container valid by the strict rule, the chain whole. */
async function evidenceAt(world: World, name: string): Promise<Held> {
  const { folder } = world.file.nodes.find((node) => node.name === name) ?? { folder: '' }
  const files = lockedFiles(join(folder, 'archive'))
  const items = await withEvidence(name, folder, evidenceItems)
  const unsealed = items.find(({ state }) => state !== 'sealed')
  if (unsealed) throw new Error(`${name}: ${unsealed.messageId} ${unsealed.direction} is ${unsealed.state}`)
  await mustBeOnce(name, files)
  const digests = new Map<string, string>()
  const containerOf = containersIn(files)
  for (const item of items) {
    const verdict = await verifyContainer(await containerOf(item), must(await trustOfDay(item.configuration, files)), 'strict')
    if (!verdict.valid)
      throw new Error(
        `${name}: ${item.messageId} ${item.direction} does not verify: ${verdict.fault?.path.join('.')} ${verdict.fault?.detail}`,
      )
    digests.set(`${item.messageId} ${item.direction}`, verdict.parts.find((part) => part.name === '/attachment1')?.digest ?? '')
  }
  return { node: name, items, names: new Set(items.map(({ messageId, side, direction }) => `${messageId} ${side} ${direction}`)), digests }
}

/** No identity twice in the receipts, no container outside them, every archive file linked to the one before. */
async function mustBeOnce(name: string, { listLocked, getLocked }: ReturnType<typeof lockedFiles>): Promise<void> {
  const identities: string[] = []
  let last: string | 'first' = 'first'
  for (const receipts of await listLocked('receipts/')) {
    const [head = '', ...lines] = Buffer.from((await getLocked(receipts)) ?? [])
      .toString('utf8')
      .trim()
      .split('\n')
    identities.push(...lines.map((line) => (JSON.parse(line) as { identity: string }).identity))
    const file = (JSON.parse(head) as { last: { file: string } | null }).last?.file
    if (lines.length === 0 || !file) continue
    const archive = must(await readArchive((await getLocked(`archive/${file}`)) ?? new Uint8Array()))
    const verdict = verifyChain(archive, last)
    if (verdict.fault !== undefined) throw new Error(`${name}: ${file}: ${verdict.fault}`)
    if (archive.containers.length !== lines.length)
      throw new Error(`${name}: ${file} holds ${archive.containers.length} containers, its receipts ${lines.length}`)
    last = verdict.last
  }
  if (new Set(identities).size !== identities.length) throw new Error(`${name}: a record was sealed twice`)
}
