import { isoInstant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import type { CurrentConfiguration, CurrentTrust, Log, Now, Store } from '../ports.ts'
import { alarmsIn, standing } from './alarms.ts'

export type GatePorts = {
  readonly store: Pick<Store, 'get' | 'query' | 'put'>
  readonly configuration: CurrentConfiguration
  readonly trust: CurrentTrust
  readonly now: Now
  readonly log: Log
  /** The longest a message may wait for its stamp; after that nothing is signed that could not be stamped in time. */
  readonly longestStampDelay: number
}
type Waiting = { readonly since: number; readonly code: string }
const KEY = 'archive/waiting'
/** What stands in a store, while only this process writes to it: it is asked for with every message. */
const known = new WeakMap<object, Waiting | null>()

async function waitingIn(store: Pick<Store, 'get'>): Promise<Waiting | null> {
  const remembered = known.get(store)
  if (remembered !== undefined) return remembered
  const waiting = (await store.get<Waiting | null>(KEY))?.value ?? null
  if (!known.has(store)) known.set(store, waiting)
  return waiting
}

/** What the archive line found: sealing waits since then, or goes on. Kept, so that a restart does not begin to count anew. */
export async function noteSealing(
  waiting: string | undefined,
  ports: Pick<GatePorts, 'store' | 'now' | 'log' | 'longestStampDelay'>,
): Promise<void> {
  const { store, now, log, longestStampDelay } = ports
  const stored = await store.get<Waiting | null>(KEY)
  const before = stored?.value ?? null
  const since = before?.since ?? now()
  const found = waiting === undefined ? null : (before ?? { since, code: waiting })
  if (found !== before) await store.put(KEY, found, stored?.version ?? 0)
  known.set(store, found)
  if (waiting === undefined) return
  const until = isoInstant((since + longestStampDelay) as ReturnType<Now>)
  log({
    level: 'warn',
    event: 'sealing_waits',
    code: waiting,
    since: isoInstant(since as ReturnType<Now>),
    until,
    stops: 'messages are no longer signed',
  })
}

/**
 * The trust by which anything new is signed: that in force, unless evidence has waited for its stamp longer than any signing certificate allows for
 * ('timestamping_failed'), or, for what goes out, an alarm about the centre stands and the node is set to stop for it ('centre_not_trusted').
 */
export function gate(ports: GatePorts): { readonly outgoing: CurrentTrust; readonly incoming: CurrentTrust } {
  const unsealed = async (): Promise<Outcome<true>> => {
    const waiting = await waitingIn(ports.store)
    if (!waiting || ports.now() - waiting.since < ports.longestStampDelay) return ok(true)
    return refuse(
      'timestamping_failed',
      `evidence waits for its stamp since ${isoInstant(waiting.since as ReturnType<Now>)}: ${waiting.code}`,
    )
  }
  const believed = async (): Promise<Outcome<true>> => {
    if (!(await ports.configuration()).stopOnAlarm) return ok(true)
    const [first] = standing(await alarmsIn(ports))
    return first ? refuse('centre_not_trusted', `${first.kind}: ${first.detail}`) : ok(true)
  }
  const incoming: CurrentTrust = async () => {
    const may = await unsealed()
    return may.ok ? ports.trust() : may
  }
  const outgoing: CurrentTrust = async () => {
    const may = await believed()
    return may.ok ? incoming() : may
  }
  return { outgoing, incoming }
}
