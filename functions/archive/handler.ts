import { SECOND } from '../../src/base/clock.ts'
import { type ArchivePorts, type ArchiveRun, archive } from '../../src/exchange/archive.ts'
import type { DoorContext } from '../door.ts'

/** One run may seal up to 32 MiB of records; with less time than this another is not begun. */
const ONE_RUN = 60 * SECOND

/**
 * The schedule's call: secures and seals until nothing is left, or time is short; the next call goes on from there.
 * @param holder names this process to others that may run at the same time
 */
export const archiveHandler =
  (ports: ArchivePorts, holder: string) =>
  async (_event: unknown, context?: DoorContext): Promise<ArchiveRun> => {
    let all: ArchiveRun | undefined
    do {
      const run = await archive(holder, ports)
      all = all ? sum(all, run) : run
    } while (all.more && (context?.getRemainingTimeInMillis?.() ?? ONE_RUN) >= ONE_RUN)
    ports.log({ level: all.waiting ? 'warn' : 'info', event: 'archived', ...counts(all) })
    return all
  }

const sum = (before: ArchiveRun, run: ArchiveRun): ArchiveRun => ({
  ...run,
  secured: before.secured + run.secured,
  sealed: before.sealed + run.sealed,
  setAside: before.setAside + run.setAside,
})

const counts = ({ secured, sealed, setAside, busy, waiting }: ArchiveRun) => ({
  secured,
  sealed,
  setAside,
  busy: String(busy),
  waiting: waiting?.path.join('.'),
})
