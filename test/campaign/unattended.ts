import { strict as assert } from 'node:assert'
import { lockedFiles } from '../../src/adapters/local/locked-files.ts'
import { DAY, HOUR } from '../../src/base/clock.ts'
import { USUAL_TERMS } from '../../src/exchange/centre/authority-schedule.ts'
import { readLog } from '../../src/exchange/register/change-log.ts'
import type { CentreDoor } from '../../src/local/centre-http.ts'
import { codeOf } from '../../src/protocol/faults.ts'
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
    readonly ofYearOneJudgedAtTheEnd: number
  }
  readonly renewed: Readonly<Record<string, number>>
  /** Acts of persons in the centre's log. */
  readonly humanActs: number
  readonly alarms: readonly string[]
  readonly seconds: number
}

export type UnattendedOptions = {
  readonly days: number
  readonly hoursBetweenCalls: number
  /** How often the schedules are looked at outside of outages; in them it is every hour. */
  readonly hoursBetweenLooks: number
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
 * 180 days by default, with traffic and a look at the schedules every hour, at a fifth of the usual terms, so that all of them come up. Three years with
 * --count 1095, at the usual terms: traffic and looks every six hours then, and every hour in the outages, which is what half an hour of machine allows.
 */
export async function run(count: number, _seed: number): Promise<UnattendedFigures> {
  const days = count
  const long = days > 400
  return live({
    days,
    hoursBetweenCalls: long ? 6 : 1,
    hoursBetweenLooks: long ? 6 : 1,
    hoursBetweenArchives: long ? 6 : 2,
    pace: long ? 1 : 0.2,
  })
}

export async function live({
  days,
  hoursBetweenCalls,
  hoursBetweenLooks,
  hoursBetweenArchives,
  pace,
}: UnattendedOptions): Promise<UnattendedFigures> {
  const began = performance.now()
  const life = Math.max(120, 730 * pace) * DAY
  const terms = Object.fromEntries(
    Object.entries(USUAL_TERMS).map(([role, { works, overlap }]) => [role, { works: Math.max(works * pace, 3 * overlap), overlap }]),
  ) as unknown as typeof USUAL_TERMS
  await using exchange = await openExchange({
    centre: { tending: 'by hand', terms, certificateLife: { signing: life, authentication: life } },
  })
  const outages = outagesIn(days)
  const during = new Map<string, { sent: number; succeeded: number }>()
  let sent = 0
  let succeeded = 0
  const onAt = (hour: number) => outages.filter(({ from, hours }) => hour >= from && hour < from + hours)
  for (let hour = 0; hour < days * 24; hour++) {
    exchange.wait(HOUR)
    const on = onAt(hour)
    if (hour % hoursBetweenLooks !== 0 && on.length === 0 && onAt(hour - 1).length === 0) continue
    setOutages(exchange, on)
    await exchange.world.centre.tend()
    for (const node of exchange.world.nodes.values()) await node.tend()
    if (hour % hoursBetweenCalls === 0 || on.length > 0) {
      const good = (await exchange.get(`/${hour}`)).status === 200
      sent++
      if (good) succeeded++
      for (const { name } of on) {
        const seen = during.get(name) ?? { sent: 0, succeeded: 0 }
        during.set(name, { sent: seen.sent + 1, succeeded: seen.succeeded + (good ? 1 : 0) })
      }
    }
    if (hour % hoursBetweenArchives === 0) for (const node of ['bank', 'register']) await exchange.world.nodes.get(node)?.archive()
  }
  setOutages(exchange, [])
  const acts = await readLog(lockedFiles(`${exchange.folder}/centre/published`))
  const evidence = await judged(exchange, days)
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
  }
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
  let [containers, setAside, strict, stock, ofYearOne] = [0, 0, 0, 0, 0]
  const end = exchange.now()
  for (const node of ['bank', 'register']) {
    for (const item of await exchange.sealed(node)) {
      if (item.state !== 'sealed') {
        setAside++
        continue
      }
      containers++
      const verdict = await exchange.verdict(item, 'strict')
      if (verdict.fault === undefined) strict++
      else {
        const code = `${codeOf(verdict.fault)}: ${verdict.fault.detail}`
        faults.set(code, (faults.get(code) ?? 0) + 1)
      }
      if ((await exchange.verdict(item, 'stock')).fault === undefined) stock++
      if (end - Date.parse(item.at) > Math.min(730, days / 2) * DAY) ofYearOne++
    }
  }
  assert.equal(containers > 0, true)
  return { faults: Object.fromEntries(faults), containers, setAside, strict, stock, ofYearOneJudgedAtTheEnd: ofYearOne }
}
