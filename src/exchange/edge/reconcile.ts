import { type Instant, MINUTE, SECOND } from '../../base/clock.ts'
import { codeOf } from '../../protocol/faults.ts'
import type { Certificate } from '../../trust/certificates.ts'
import { Busy } from '../busy.ts'
import type { Log, PutLocked, Store } from '../ports.ts'
import { type ActualDomain, type DesiredDomain, type DomainMapping, type DomainTarget, type EdgeStep, edgeSteps } from './steps.ts'
import { trustStoreOf } from './trust-store.ts'

/** The two doors of a node, by their names in the world. */
export type Edge = 'provider' | 'consumer'
/** The certificates that the enrolment says are to be used at an edge: ARNs. */
export type EdgeCertificates = Readonly<Partial<Record<Edge, { readonly certificate: string; readonly ownership?: string }>>>
export const EDGE_CERTIFICATES = 'edge/certificates'
/** The zone that holds the agency's names, as the invitation gave it. */
export const EDGE_ZONE = 'edge/zone'

export type EdgePlace = { readonly name: string; readonly api: string; readonly stage: string }
export type EdgePorts = {
  readonly store: Store
  readonly putLocked: PutLocked
  readonly places: Readonly<Record<Edge, EdgePlace>>
  /** Who may open a connection at each edge, before the door itself judges: the exchange's authorities, the agency's own. */
  readonly authorities: (edge: Edge) => Promise<readonly Certificate[]>
  /** undefined: there is no such domain. */
  readonly domain: (name: string) => Promise<Omit<ActualDomain, 'pointed'> | undefined>
  readonly createDomain: (domain: DesiredDomain) => Promise<void>
  readonly updateDomain: (domain: DesiredDomain) => Promise<void>
  readonly map: (domain: DesiredDomain, instead: DomainMapping | undefined) => Promise<void>
  /** Leads a name of the agency's to where the gateway answers for it. */
  readonly point: (zone: string, name: string, target: DomainTarget) => Promise<void>
  readonly now: () => Instant
  /** At least so long; a little longer each time, so that the agencies of an account do not all ask at once. */
  readonly wait: (ms: number) => Promise<void>
  readonly log: Log
}

const LEASE_MS = 6 * MINUTE
/** Kept back of a run's time for the steps that are under way. */
const SPARE = 15 * SECOND
const MOST_ROUNDS = 40
/** Another agency of the account had its turn; ours comes. */
const AFTER_BUSY = 10 * SECOND

export type EdgeRun = { readonly done: readonly EdgeStep['do'][]; readonly open: readonly EdgeStep[] }

/**
 * Brings the two domains to where they should be, as far as the time allows; the next run goes on. Safe to run at any moment and to be stopped at
 * any await. It looks, does, and looks again until nothing is to be done.
 * @param until when the run must have ended
 */
export async function reconcileEdge(holder: string, until: Instant, ports: EdgePorts): Promise<EdgeRun> {
  const { store, now, wait, log } = ports
  const done: EdgeStep['do'][] = []
  if (!(await store.lease('edge', holder, now(), LEASE_MS))) return { done, open: [] }
  const desired = await desiredDomains(ports)
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const steps = edgeSteps(desired, await actualEdge(desired, ports), now())
    const due = steps.filter((step) => step.do !== 'wait' && step.do !== 'tell')
    const next = Math.min(...steps.map((step) => (step.do === 'wait' ? step.until : Number.POSITIVE_INFINITY)))
    if (due.length === 0 && !(next + SPARE < until)) return ended({ done, open: steps }, log)
    if (due.length === 0) await wait(next - now())
    for (const step of due) {
      if (now() + SPARE >= until) return ended({ done, open: steps }, log)
      if (!(await carryOut(step, ports))) {
        await wait(AFTER_BUSY)
        break
      }
      done.push(step.do)
    }
  }
  return ended({ done, open: [] }, log)
}

function ended(run: EdgeRun, log: Log): EdgeRun {
  for (const step of run.open) if (step.do === 'tell') log({ level: 'warn', event: 'edge_not_right', name: step.name, status: step.status })
  log({ level: 'info', event: 'edge_reconciled', done: run.done.join(' '), open: run.open.length })
  return run
}

/** A domain without a certificate yet, or without anybody to let in, is not wished yet. */
async function desiredDomains({ store, places, authorities, putLocked, now, log }: EdgePorts): Promise<readonly DesiredDomain[]> {
  const certificates = (await store.get<EdgeCertificates>(EDGE_CERTIFICATES))?.value ?? {}
  const desired: DesiredDomain[] = []
  for (const edge of ['provider', 'consumer'] as const) {
    const named = certificates[edge]
    if (!named) {
      log({ level: 'warn', event: 'edge_not_enrolled', edge })
      continue
    }
    const file = trustStoreOf(await authorities(edge), now())
    if (!file.ok) {
      log({ level: 'error', event: 'trust_store_refused', edge, code: codeOf(file.fault), why: file.fault.detail })
      continue
    }
    await putLocked(file.value.name, file.value.bytes)
    desired.push({ ...places[edge], ...named, trustStore: file.value.name })
  }
  return desired
}

const CHANGED = 'edge/changed'
const pointedKey = (name: string): string => `edge/pointed/${name}`

async function actualEdge(desired: readonly DesiredDomain[], { store, domain }: EdgePorts) {
  const changed = (await store.get<Instant>(CHANGED))?.value
  const domains = new Map<string, ActualDomain>()
  for (const { name } of desired) {
    const found = await domain(name)
    const pointed = (await store.get<string>(pointedKey(name)))?.value
    if (found) domains.set(name, { ...found, ...(pointed === undefined ? {} : { pointed }) })
  }
  return { domains, ...(changed === undefined ? {} : { changed }) }
}

/** false: the gateway had no time for us now. */
async function carryOut(step: EdgeStep, ports: EdgePorts): Promise<boolean> {
  const { createDomain, updateDomain, map, point, store, log, now } = ports
  try {
    if (step.do === 'map') await map(step.domain, step.instead)
    if (step.do === 'point') {
      await point(await zoneOf(store), step.name, step.target)
      await note(pointedKey(step.name), step.target.host, store)
    }
    if (step.do === 'create' || step.do === 'update') {
      // Noted before: a run that dies here must not come too soon after a change that was made.
      await note(CHANGED, now(), store)
      await (step.do === 'create' ? createDomain : updateDomain)(step.domain)
    }
  } catch (problem) {
    if (!(problem instanceof Busy)) throw problem
    log({ level: 'warn', event: 'edge_busy', why: problem.message })
    return false
  }
  const name = 'domain' in step ? step.domain.name : step.name
  log({ level: 'info', event: 'edge_step', step: step.do, name })
  return true
}

async function zoneOf(store: Store): Promise<string> {
  const zone = await store.get<string>(EDGE_ZONE)
  if (!zone) throw new Error('no zone is known for the names of this node: it comes with the invitation')
  return zone.value
}

/** Under the run's lease nobody else writes these. */
async function note(key: string, value: unknown, store: Store): Promise<void> {
  const before = await store.get(key)
  if (!(await store.put(key, value, before?.version ?? 0))) throw new Error(`${key} was changed by another run`)
}
