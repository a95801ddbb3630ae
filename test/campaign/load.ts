import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { percentile } from '../../bench/cpu.ts'
import { DAY, HOUR } from '../../src/base/clock.ts'
import type { EvidenceRecord } from '../../src/evidence/record.ts'
import type { NodePorts } from '../../src/local/node-ports.ts'
import { openExchange } from '../journeys/exchange.ts'
import { captured, deliver, identityOf } from '../journeys/peer.ts'
import { BANK, NOWHERE, PERSONS, SLOW, STRANGER } from '../journeys/plan.ts'
import { badPeers, DEAD, MUTE, renewUnderLoad } from './load-peers.ts'
import { type Asked, mustClose, refusalsIn, remembered, sealedAndVerified } from './load-sums.ts'
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
  /** TLS certificates of the consumer that were renewed, and that ran out, while calls ran; and calls refused for one meanwhile. */
  readonly certificates: { readonly renewed: number; readonly ranOut: number; readonly refused: number }
  /** Milliseconds of answered calls before the burst, in it and after it. */
  readonly p95: readonly [steady: number, burst: number, recovered: number]
  /** Of the whole process, nodes and callers together, in MiB: after the first tenth, and at the end. */
  readonly memory: readonly [before: number, after: number]
}

type Phase = 0 | 1 | 2
type Call = Asked & { readonly phase: Phase; readonly renewing: boolean }

const STEADY_PER_SECOND = 4
const BURST = 10
/** Calls under way: a machine that cannot keep up is not asked for more. */
const MOST_AT_ONCE = 100
/** Calls of forty that go wrong in each way; the rest are as they should be. */
const KINDS = [
  { service: SLOW, as: BANK, path: '/slow/3000' },
  { service: SLOW, as: BANK, path: '/slow/3000' },
  { service: NOWHERE, as: BANK, path: '/x' },
  { service: NOWHERE, as: BANK, path: '/x' },
  { service: PERSONS, as: STRANGER, path: '/x' },
  { service: PERSONS, as: STRANGER, path: '/x' },
  { service: DEAD, as: BANK, path: '/x' },
  { service: MUTE, as: BANK, path: '/x' },
] as const
const GOOD = { service: PERSONS, as: BANK, path: '/x' } as const
/** Messages of the past that may come again, in any order. */
const MOST_CAPTURED = 50
/** The shares of the run at which the consumer's TLS certificate is renewed, and for how large a share it is good. */
const RENEWALS = [
  { at: 0.1, lasts: 0.2 },
  { at: 0.2, lasts: 0.2 },
  { at: 0.3, lasts: null },
] as const

/**
 * `seconds` of load on nodes with real listeners and disks: six tenths steady, one tenth ten times as much, the rest steady again. All the
 * time some calls go to a slow service, a dead one, a dead node, one that says nothing, or have no right; some messages are delivered a second time, in
 * any order; two archivers run at once on each node. The consumer's TLS certificate runs out and is renewed in time; for a while the provider cannot
 * keep, and the consumer's clock jumps an hour ahead and back again. Then the sums must close, each from a log of its own: the callers', the
 * service's, and the nodes' evidence. Throws at the first that does not.
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
  await using exchange = await openExchange({ wrap, skew, remember: () => false })
  await using _bad = await badPeers(exchange)
  let bank = await identityOf(exchange, 'bank')
  const asked: Call[] = []
  const running = new Set<Promise<void>>()
  let number = 0
  let replayed = 0

  const began = performance.now()
  const share = () => (performance.now() - began) / (seconds * 1000)
  const ask = async (phase: Phase) => {
    const id = `load-${seed}-${number++}`
    const { path, ...kind } = KINDS[random.below(40)] ?? GOOD
    const renewing = share() > 0.1 && share() < 0.4
    const more = { method: 'POST', headers: { 'X-Road-Id': id }, body: Buffer.from(`expediente ${id}`), ...kind }
    asked.push({ ...(await remembered(id, () => exchange.get(path, more))), phase, renewing })
  }
  const start = (work: Promise<void>) => {
    running.add(work)
    void work.finally(() => running.delete(work))
  }
  const replay = async () => {
    BANKS.messages.splice(0, BANKS.messages.length - MOST_CAPTURED)
    const message = BANKS.messages[random.below(BANKS.messages.length)]
    if (!message) return
    replayed++
    await deliver(exchange, message, bank).catch(() => {}) // whether it is answered is the register's to know
  }
  const archiving = { on: true }
  const archivers = [...exchange.world.nodes.values()].flatMap((node) => [0, 1].map(() => archiver(node.archive, archiving)))

  const due = [...RENEWALS]
  let renewal: Promise<void> = Promise.resolve()
  let before = 0
  while (share() < 1) {
    const phase: Phase = share() < 0.6 ? 0 : share() < 0.7 ? 1 : 2
    diskFull = share() > 0.42 && share() < 0.47
    skew.bank = share() > 0.75 && share() < 0.85 ? HOUR : 0
    if (share() > 0.1) before ||= process.memoryUsage().rss
    const next = due[0] && share() > due[0].at ? due.shift() : undefined
    if (next)
      renewal = renewal.then(async () => {
        bank = await renewUnderLoad(exchange, 'bank', next.lasts === null ? DAY : next.lasts * seconds * 1000)
      })
    for (let n = 0; n < (phase === 1 ? BURST : 1) && running.size < MOST_AT_ONCE; n++) start(ask(phase))
    if (random.below(10) === 0) start(replay())
    await pause(1000 / STEADY_PER_SECOND)
  }
  await Promise.all([...running, renewal])
  archiving.on = false
  await Promise.all(archivers)

  const items = await sealedAndVerified(exchange, ['bank', 'register', 'stranger'])
  const served = readFileSync(join(exchange.folder, 'programs', 'register', 'calls.log'), 'utf8')
    .trim()
    .split('\n')
  mustClose(asked, served, items)
  const p95 = ([0, 1, 2] as const).map((phase) => p95Of(asked.filter((each) => each.phase === phase && each.code === 'ok')))
  return {
    seed,
    sent: asked.length,
    answered: asked.filter(({ code }) => code === 'ok').length,
    refused: refusalsIn(asked),
    replayed,
    serviceCalls: served.length,
    sealed: items.length,
    verified: items.length,
    certificates: {
      renewed: RENEWALS.length - due.length,
      ranOut: RENEWALS.filter(({ lasts }) => lasts !== null).length,
      refused: asked.filter(({ renewing, code }) => renewing && /ssl_authentication_failed/.test(code)).length,
    },
    p95: p95 as unknown as LoadFigures['p95'],
    memory: [Math.round(before / 2 ** 20), Math.round(process.memoryUsage().rss / 2 ** 20)],
  }
}

const p95Of = (asked: readonly Asked[]): number =>
  Math.round(
    percentile(
      asked.map(({ ms }) => ms),
      0.95,
    ) ?? 0,
  )

async function archiver(run: () => Promise<unknown>, archiving: { readonly on: boolean }): Promise<void> {
  while (archiving.on) {
    await run()
    await pause(300)
  }
}
