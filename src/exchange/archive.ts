import type { Now } from '../base/clock.ts'
import type { Fault } from '../protocol/faults.ts'
import type { Memory } from './memory.ts'
import type { Acknowledge, CurrentTrust, Drain, FetchUrl, GetLocked, ListLocked, Log, PutLocked, Stamp, Store } from './ports.ts'

export type ArchivePorts = {
  readonly drain: Drain
  readonly acknowledge: Acknowledge
  readonly putLocked: PutLocked
  readonly getLocked: GetLocked
  readonly listLocked: ListLocked
  readonly store: Store
  readonly stamp: Stamp
  readonly fetchUrl: FetchUrl
  readonly trust: CurrentTrust
  readonly now: Now
  readonly log: Log
  readonly memory: Memory
}

/** `more`: call again at once. `waiting`: evidence is in custody, but sealing must wait for what the fault names. `busy`: another run holds the lease. */
export type ArchiveRun = {
  readonly secured: number
  readonly sealed: number
  readonly setAside: number
  readonly more: boolean
  readonly busy: boolean
  readonly waiting?: Fault
}

export async function archive(_holder: string, _ports: ArchivePorts): Promise<ArchiveRun> {
  throw new Error('not yet')
}
