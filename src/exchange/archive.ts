import { MINUTE } from '../base/clock.ts'
import type { Fault } from '../protocol/faults.ts'
import { currentHead } from './archive-head.ts'
import { type SealPorts, seal } from './seal.ts'
import { type SecurePorts, secure } from './secure.ts'

export type ArchivePorts = SecurePorts & SealPorts

/** `more`: call again at once. `waiting`: evidence is in custody, but sealing must wait for what the fault names. `busy`: another run holds the lease. */
export type ArchiveRun = {
  readonly secured: number
  readonly sealed: number
  readonly setAside: number
  readonly more: boolean
  readonly busy: boolean
  readonly waiting?: Fault
}

const LEASE = 'archive'
/** Longer than one run takes; a run that dies is followed by another holder's after this, by its own at once. */
const LEASE_MS = 5 * MINUTE

/**
 * The line behind the messages, once: what is kept is secured, then the next segments are sealed.
 * One run at a time by a lease; that everything is written once keeps the chain whole even if two should run.
 * @param holder the same name takes its own lease up again: a name for the machine where only one process can be, else one for the process
 */
export async function archive(holder: string, ports: ArchivePorts): Promise<ArchiveRun> {
  const leased = await ports.store.lease(LEASE, holder, ports.now(), LEASE_MS)
  if (!leased) return { secured: 0, sealed: 0, setAside: 0, more: false, busy: true }
  try {
    const { head } = await currentHead(ports)
    const secured = await secure(ports, head.through)
    const sealed = await seal(ports)
    const rest = { secured: secured.records, busy: false }
    if (!sealed.ok) return { ...rest, sealed: 0, setAside: 0, more: secured.more, waiting: sealed.fault }
    return { ...rest, sealed: sealed.value.records, setAside: sealed.value.setAside, more: secured.more || sealed.value.more }
  } finally {
    await ports.store.lease(LEASE, holder, ports.now(), 0)
  }
}
