import { hash } from 'node:crypto'
import type { Instant } from '../../base/clock.ts'
import type { Log, Now, Store } from '../ports.ts'

/**
 * Something the centre did, or let be seen, that this node did not ask for. Each kind has a heading in docs/vida-del-nodo.md.
 * 'configuration_fork' is what a peer says it was shown: proof enough to look, not to stop for.
 */
export const ALARM_KINDS = [
  'unknown_certificate',
  'unknown_address',
  'unknown_server',
  'unknown_client',
  'lost_entry',
  'unasked_revocation',
  'configuration_rolled_back',
  'configuration_fork',
  'stamp_out_of_time',
  'head_not_published',
] as const
export type AlarmKind = (typeof ALARM_KINDS)[number]
export type NodeAlarm = {
  readonly id: string
  readonly kind: AlarmKind
  readonly about: string
  readonly detail: string
  readonly at: Instant
  /** Who looked at it, and so let traffic go on. */
  readonly seenBy?: string
}
export type AlarmPorts = { readonly store: Pick<Store, 'get' | 'put' | 'query'>; readonly now: Now; readonly log: Log }

const FOLDER = 'alarm/'
/** What only stands to reason after somebody has looked; the others say for themselves that the centre is not to be believed. */
const HINTS: ReadonlySet<AlarmKind> = new Set<AlarmKind>(['configuration_fork', 'head_not_published'])

/** Raises an alarm, once for the same matter. */
export async function raise(kind: AlarmKind, about: string, detail: string, { store, now, log }: AlarmPorts): Promise<NodeAlarm> {
  const id = `${kind}-${hash('sha256', about, 'hex').slice(0, 16)}`
  const known = await store.get<NodeAlarm>(FOLDER + id)
  if (known) return known.value
  const alarm: NodeAlarm = { id, kind, about, detail: detail.slice(0, 300), at: now() }
  await store.put(FOLDER + id, alarm, 0)
  log({ level: 'error', event: 'alarm', kind, about, why: alarm.detail })
  return alarm
}

export const alarmsIn = async ({ store }: Pick<AlarmPorts, 'store'>): Promise<readonly NodeAlarm[]> =>
  (await store.query<NodeAlarm>(FOLDER)).map(({ value }) => value)

/** An alarm that speaks against the centre and that nobody has looked at. */
export const standing = (alarms: readonly NodeAlarm[]): readonly NodeAlarm[] =>
  alarms.filter(({ kind, seenBy }) => seenBy === undefined && !HINTS.has(kind))

/** Somebody looked at it: it stays on record. false: there is none of that id. */
export async function seen(id: string, who: string, { store, log }: AlarmPorts): Promise<boolean> {
  const known = await store.get<NodeAlarm>(FOLDER + id)
  if (!known) return false
  log({ level: 'warn', event: 'alarm_seen', id, who })
  return store.put(FOLDER + id, { ...known.value, seenBy: who }, known.version)
}
