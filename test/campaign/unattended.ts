import { strict as assert } from 'node:assert'
import { lockedFiles } from '../../src/adapters/local/locked-files.ts'
import { DAY, HOUR } from '../../src/base/clock.ts'
import { readArchive } from '../../src/evidence/archive-verify.ts'
import { verifyContainer } from '../../src/evidence/container-verify.ts'
import { archiveFileName } from '../../src/exchange/archive-names.ts'
import { USUAL_TERMS } from '../../src/exchange/centre/authority-schedule.ts'
import { readLog } from '../../src/exchange/register/change-log.ts'
import { trustOfDay } from '../../src/exchange/trust-refresh.ts'
import type { CentreDoor } from '../../src/local/centre-http.ts'
import type { EvidenceItem } from '../../src/local/evidence.ts'
import { must } from '../../src/local/node-file.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import type { Trust } from '../../src/trust/trust.ts'
import { type Exchange, openExchange } from '../journeys/exchange.ts'

export type UnattendedFigures = {
  readonly days: number
  readonly hoursBetweenCalls: number
  readonly messages: { readonly sent: number; readonly succeeded: number; readonly duringOutages: Readonly<Record<string, string>> }
  readonly evidence: {
    readonly faults: Readonly<Record<string, number>>
    readonly containers: number
    readonly setAside: number
    readonly strict: number
    readonly stock: number
    /** Of the first year, or the first half of a shorter run: how many there are, and how many are valid at the end under both profiles. */
    readonly early: { readonly containers: number; readonly valid: number }
  }
  readonly renewed: Readonly<Record<string, number>>
  /** Acts of persons in the centre's log. */
  readonly humanActs: number
  readonly alarms: readonly string[]
  readonly seconds: number
  /** Seconds of processor time, and the most memory it took. */
  readonly processor: number
  readonly mostMegabytes: number
}

export type UnattendedOptions = {
  readonly days: number
  /** How often the schedules are looked at, and a call is made, outside of outages; in them it is every hour. */
  readonly hoursBetweenCalls: number
  /** How often the archive line runs: it costs files. */
  readonly hoursBetweenArchives: number
  /** A share of the usual terms and lives, so that a short run sees every renewal. */
  readonly pace: number
}

type Outage = { readonly name: string; readonly from: number; readonly hours: number; readonly doors: readonly CentreDoor[] }

/** The registry, the configuration and the time stamps go together; OCSP answers are made ahead and lie elsewhere, so they outlive their centre. */
const CENTRE: readonly CentreDoor[] = ['published', 'management', 'node', 'timestamp']

const outagesIn = (days: number): readonly Outage[] => [
  { name: 'ocsp 6 h', from: 0.1 * days * 24, hours: 6, doors: ['ocsp'] },
  { name: 'centre 90 h', from: 0.25 * days * 24, hours: 90, doors: CENTRE },
  { name: 'tsa 30 days', from: 0.5 * days * 24, hours: 30 * 24, doors: ['timestamp'] },
]

/**
 * 180 days by default, at a fifth of the usual terms, so that all of them come up; three years with --count 1095, at the usual terms. Traffic and a look
 * at every schedule each hour in both.
 */
export async function run(count: number, _seed: number): Promise<UnattendedFigures> {
  return live({ days: count, hoursBetweenCalls: 1, hoursBetweenArchives: 2, pace: count > 400 ? 1 : 0.2 })
}

export async function live({ days, hoursBetweenCalls, hoursBetweenArchives, pace }: UnattendedOptions): Promise<UnattendedFigures> {
  const began = performance.now()
  await using exchange = await openExchange({ centre: pacedBy(pace), remember: ({ event }) => COUNTED.has(event) })
  const { centre, nodes } = exchange.world
  const outages = outagesIn(days)
  const during = new Map<string, { sent: number; succeeded: number }>()
  const onAt = (hour: number) => outages.filter(({ from, hours }) => hour >= from && hour < from + hours)
  let [sent, succeeded, mostMegabytes] = [0, 0, 0]
  for (let hour = 0; hour < days * 24; hour++) {
    exchange.wait(HOUR)
    const on = onAt(hour)
    if (hour % hoursBetweenCalls !== 0 && on.length === 0 && onAt(hour - 1).length === 0) continue
    setOutages(exchange, on)
    if (!on.some(({ doors }) => doors === CENTRE)) await centre.tend() // a centre that is down does nothing at all
    for (const node of nodes.values()) await node.tend()
    const good = (await exchange.get(`/${hour}`)).status === 200
    sent++
    if (good) succeeded++
    for (const { name } of on) {
      const seen = during.get(name) ?? { sent: 0, succeeded: 0 }
      during.set(name, { sent: seen.sent + 1, succeeded: seen.succeeded + (good ? 1 : 0) })
    }
    if (hour % hoursBetweenArchives === 0) for (const node of ['bank', 'register']) await nodes.get(node)?.archive()
    mostMegabytes = Math.max(mostMegabytes, megabytes())
    if (hour > 0 && hour % (30 * DAYS) === 0)
      tellProgress(hour / DAYS, { sent, succeeded, megabytes: megabytes(), seconds: Math.round((performance.now() - began) / 1000) })
  }
  setOutages(exchange, [])
  const acts = await readLog(lockedFiles(`${exchange.folder}/centre/published`))
  const evidence = await judged(exchange, days)
  const { user, system } = process.cpuUsage()
  return {
    days,
    hoursBetweenCalls,
    messages: {
      sent,
      succeeded,
      duringOutages: Object.fromEntries([...during].map(([name, each]) => [name, `${each.succeeded} of ${each.sent}`])),
    },
    evidence,
    renewed: renewals(exchange),
    humanActs: acts.ok ? acts.value.filter(({ who }) => who.kind === 'person').length : Number.NaN,
    alarms: exchange.log.filter(({ event }) => event === 'alarm').map(({ kind, about, why }) => `${kind} ${about}: ${why}`),
    seconds: Math.round((performance.now() - began) / 1000),
    processor: Math.round((user + system) / 1_000_000),
    mostMegabytes: Math.max(mostMegabytes, megabytes()),
  }
}

const DAYS = 24
const megabytes = (): number => Math.round(process.memoryUsage().rss / 1_000_000)
const tellProgress = (day: number, so: object): void => console.error(`day ${day} ${JSON.stringify(so)}`)

/** What the figures are made of; the rest of three years' log would be memory for nothing. */
const COUNTED: ReadonlySet<string> = new Set(['certificate', 'credential_renewed', 'authority', 'alarm'])

function pacedBy(pace: number) {
  const life = Math.max(120, 730 * pace) * DAY
  const terms = Object.fromEntries(
    Object.entries(USUAL_TERMS).map(([role, { works, overlap }]) => [role, { works: Math.max(works * pace, 3 * overlap), overlap }]),
  ) as unknown as typeof USUAL_TERMS
  return { tending: 'by hand', terms, certificateLife: { signing: life, authentication: life } } as const
}

function setOutages({ world }: Exchange, on: readonly Outage[]): void {
  for (const door of ['ocsp', 'timestamp', 'published', 'management', 'node'] as const)
    world.centre.outage(
      door,
      on.some(({ doors }) => doors.includes(door)),
    )
}

/** What the logs of the product say was renewed, by kind. */
function renewals({ log }: Exchange): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  const count = (kind: string) => {
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  for (const { event, what, key, role } of log) {
    if (event === 'certificate' && what === 'taken up') count(String(key).startsWith('authentication') ? 'authentication' : 'signing')
    if (event === 'certificate' && (what === 'withdrawn' || what === 'retired')) count(`${what}`)
    if (event === 'credential_renewed') count('system credential')
    if (event === 'authority' && what === 'works') count(String(role))
  }
  return counts
}

/** Every record of both nodes, by the trust of its day, after everything has rolled over. */
async function judged(exchange: Exchange, days: number): Promise<UnattendedFigures['evidence']> {
  const faults = new Map<string, number>()
  let [containers, setAside, strict, stock] = [0, 0, 0, 0]
  const early = { containers: 0, valid: 0 }
  const end = exchange.now()
  for (const node of ['bank', 'register']) {
    const verdictOf = judgeOf(exchange, node)
    for (const item of await exchange.sealed(node)) {
      if (item.state !== 'sealed') {
        setAside++
        continue
      }
      containers++
      const fault = await verdictOf(item, 'strict')
      const fair = await verdictOf(item, 'stock')
      if (fault === undefined) strict++
      else faults.set(fault, (faults.get(fault) ?? 0) + 1)
      if (fair === undefined) stock++
      if (end - Date.parse(item.at) <= Math.min(730, days / 2) * DAY) continue
      early.containers++
      if (fault === undefined && fair === undefined) early.valid++
    }
  }
  assert.equal(containers > 0, true)
  return { faults: Object.fromEntries(faults), containers, setAside, strict, stock, early }
}

/** There is a new configuration every day: that of the chain heads. */
const MOST_TRUSTS = 64

/** Reads each archive file, and each configuration, once for all that is in it. */
function judgeOf({ world }: Exchange, node: string) {
  const files = world.nodes.get(node)?.files
  if (!files) throw new Error(`no node ${node}`)
  const trusts = new Map<string, Trust>()
  let open: { readonly archive: string; readonly containers: ReadonlyMap<string, Uint8Array> } | undefined
  const containersOf = async (archive: string) => {
    const read = must(await readArchive((await files.getLocked(archiveFileName(archive))) ?? new Uint8Array()))
    return { archive, containers: new Map(read.containers.map(({ name, bytes }) => [name, bytes])) }
  }
  return async ({ archive = '', container = '', configuration }: EvidenceItem, profile: 'strict' | 'stock') => {
    if (open?.archive !== archive) open = await containersOf(archive)
    const trust = trusts.get(configuration) ?? must(await trustOfDay(configuration, files))
    if (!trusts.has(configuration) && trusts.size > MOST_TRUSTS) trusts.clear()
    trusts.set(configuration, trust)
    const { fault } = await verifyContainer(open.containers.get(container) ?? new Uint8Array(), trust, profile)
    return fault && `${codeOf(fault)}: ${fault.detail}`
  }
}
