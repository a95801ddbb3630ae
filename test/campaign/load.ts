import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { percentile } from '../../bench/cpu.ts'
import { HOUR } from '../../src/base/clock.ts'
import type { EvidenceRecord } from '../../src/evidence/record.ts'
import type { NodePorts } from '../../src/local/node-ports.ts'
import { header, json, openExchange } from '../journeys/exchange.ts'
import { captured, deliver, identityOf } from '../journeys/peer.ts'
import { BANK, NOWHERE, PERSONS, SLOW, STRANGER } from '../journeys/plan.ts'
import { seeded } from './seeded.ts'

export type LoadFigures = {
  readonly seed: number
  readonly sent: number
  readonly answered: number
  /** Refusals by their code. */
  readonly refused: Readonly<Record<string, number>>
  readonly replayed: number
  readonly serviceCalls: number
  readonly sealed: number
  readonly verified: number
  /** Milliseconds of answered calls before the burst, in it and after it. */
  readonly p95: readonly [steady: number, burst: number, recovered: number]
  /** Of the whole process, nodes and callers together, in MiB: after the first tenth, and at the end. */
  readonly memory: readonly [before: number, after: number]
}

/** What a caller remembers of a call: this is the log that knows nothing of the nodes' own. */
type Asked = { readonly id: string; readonly ms: number; readonly phase: Phase; readonly code: string }
type Phase = 0 | 1 | 2

const STEADY_PER_SECOND = 8
const BURST = 10

/**
 * `seconds` of load on two nodes with real listeners and disks: six tenths steady, one tenth ten times as much, the rest steady again. All the
 * time some calls go to a slow service, to a dead one, or have no right; some messages are delivered a second time; two archivers run at once on
 * each node; for a while the provider's disk is full, and the consumer's clock jumps an hour ahead and back again. Then the sums must close, each from a log of its own:
 * the callers', the service's, and both nodes' evidence. Throws at the first that does not.
 */
export async function run(seconds: number, seed: number): Promise<LoadFigures> {
  const random = seeded(seed)
  const BANKS = captured('bank')
  let diskFull = false
  const wrap = (node: string, ports: NodePorts): NodePorts => {
    const watched = BANKS.wrap(node, ports)
    const keep = async (record: EvidenceRecord) => {
      if (diskFull && node === 'register') throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      await ports.keep(record)
    }
    return { ...watched, keep }
  }
  const skew: Record<string, number> = {}
  await using exchange = await openExchange({ wrap, skew })
  const bank = await identityOf(exchange, 'bank')
  const asked: Asked[] = []
  const running = new Set<Promise<void>>()
  let number = 0
  let replayed = 0

  const ask = async (phase: Phase) => {
    const id = `load-${seed}-${number++}`
    const kind = random.below(20)
    const [service, as] = kind === 0 ? [SLOW, BANK] : kind === 1 ? [NOWHERE, BANK] : kind === 2 ? [PERSONS, STRANGER] : [PERSONS, BANK]
    const path = kind === 0 ? '/slow/3000' : '/x'
    const began = performance.now()
    const more = { method: 'POST', service, as, headers: { 'X-Road-Id': id }, body: Buffer.from(`expediente ${id}`) }
    const answer = await exchange.get(path, more).catch((problem: unknown) => String(problem))
    const ms = performance.now() - began
    const code =
      typeof answer === 'string'
        ? answer
        : answer.status === 200
          ? 'ok'
          : (header(answer, 'x-road-error') ?? `${answer.status} ${json(answer).message}`)
    asked.push({ id, ms, phase, code })
  }
  const start = (work: Promise<void>) => {
    running.add(work)
    void work.finally(() => running.delete(work))
  }
  const replay = async () => {
    const message = BANKS.messages[random.below(BANKS.messages.length)]
    if (!message) return
    replayed++
    await deliver(exchange, message, bank).catch(() => {}) // whether it is answered is the register's to know
  }
  const archiving = { on: true }
  const archivers = [...exchange.world.nodes.values()].flatMap((node) => [0, 1].map(() => archiver(node.archive, archiving)))

  const began = performance.now()
  const share = () => (performance.now() - began) / (seconds * 1000)
  let before = 0
  while (share() < 1) {
    const phase: Phase = share() < 0.6 ? 0 : share() < 0.7 ? 1 : 2
    diskFull = share() > 0.35 && share() < 0.4
    skew.bank = share() > 0.75 && share() < 0.85 ? HOUR : 0
    if (share() > 0.1) before ||= process.memoryUsage().rss
    for (let n = 0; n < (phase === 1 ? BURST : 1); n++) start(ask(phase))
    if (random.below(10) === 0) start(replay())
    await pause(1000 / STEADY_PER_SECOND)
  }
  diskFull = false
  await Promise.all(running)
  archiving.on = false
  await Promise.all(archivers)

  const items = {
    bank: await exchange.sealed('bank'),
    register: await exchange.sealed('register'),
    stranger: await exchange.sealed('stranger'),
  }
  const served = readFileSync(join(exchange.folder, 'programs', 'register', 'calls.log'), 'utf8')
    .trim()
    .split('\n')
  let verified = 0
  for (const item of Object.values(items).flat()) {
    const verdict = await exchange.verdict(item)
    if (!verdict.valid) throw new Error(`${item.messageId} ${item.direction} does not verify: ${verdict.fault?.detail}`)
    verified++
  }
  mustClose(asked, served, items)
  const p95 = ([0, 1, 2] as const).map(
    (phase) =>
      percentile(
        asked.filter((each) => each.phase === phase && each.code === 'ok').map(({ ms }) => ms),
        0.95,
      ) ?? 0,
  )
  const refused: Record<string, number> = {}
  for (const { code } of asked) if (code !== 'ok') refused[code] = (refused[code] ?? 0) + 1
  return {
    seed,
    sent: asked.length,
    answered: asked.filter(({ code }) => code === 'ok').length,
    refused,
    replayed,
    serviceCalls: served.length,
    sealed: Object.values(items).flat().length,
    verified,
    p95: p95 as unknown as LoadFigures['p95'],
    memory: [Math.round(before / 2 ** 20), Math.round(process.memoryUsage().rss / 2 ** 20)],
  }
}

async function archiver(run: () => Promise<unknown>, archiving: { readonly on: boolean }): Promise<void> {
  while (archiving.on) {
    await run()
    await pause(300)
  }
}

type Item = { readonly messageId: string; readonly side: string; readonly direction: string; readonly identity: string }

/** Nothing lost, nothing double, nothing that nobody sent; what was answered is whole on both sides. */
function mustClose(
  asked: readonly Asked[],
  served: readonly string[],
  items: Readonly<Record<'bank' | 'register' | 'stranger', readonly Item[]>>,
): void {
  const all = Object.values(items).flat()
  if (new Set(all.map(({ identity, side }) => `${side} ${identity}`)).size !== all.length) throw new Error('a record was sealed twice')
  const sent = new Set(asked.map(({ id }) => id))
  const stray = all.find(({ messageId }) => !sent.has(messageId)) ?? served.find((id) => !sent.has(id))
  if (stray) throw new Error(`nobody sent ${JSON.stringify(stray)}`)
  const has = new Set(all.map(({ messageId, side, direction }) => `${messageId} ${side} ${direction}`))
  const calls = new Set(served)
  for (const { id, code } of asked) {
    const held = ['consumer request', 'provider request', 'provider response', 'consumer response'].filter((each) =>
      has.has(`${id} ${each}`),
    )
    if (code === 'ok' && held.length < 4) throw new Error(`${id} was answered, and there is only ${held.join(', ')}`)
    if (code === 'ok' && !calls.has(id)) throw new Error(`${id} was answered without its service`)
    if (calls.has(id) && !held.includes('provider request')) throw new Error(`${id}: its service was called, and the request was not kept`)
    if (held.includes('consumer response') && code !== 'ok') throw new Error(`${id} ended in ${code}, and an answer was kept as released`)
    if (/access_denied$/.test(code) && held.some((each) => each.startsWith('provider')))
      throw new Error(`${id} had no right, and was taken in`)
  }
}
