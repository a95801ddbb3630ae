import { HOUR, type Instant, later, type Now } from '../base/clock.ts'
import type { ArchiveRun } from './archive.ts'
import type { Log, Store } from './ports.ts'

/** What lies in the line: records nobody has taken, records taken and not acknowledged, and those that were given up on. */
export type Line = { readonly visible: number; readonly inFlight: number; readonly dead: number }
export type QuietPorts = { readonly look: () => Promise<Line>; readonly store: Store; readonly now: Now; readonly log: Log }

/** Evidence is left that should not be: whoever watches the schedule's failures is told so. Nothing is lost. */
export class LineNotClear extends Error {
  readonly left: string
  constructor(left: string) {
    super(`the line is not clear: ${left}`)
    this.left = left
  }
}

const KEY = 'archive/quiet'
/** So long a clean look at everything is believed, when the line stays empty. */
const BELIEVED = HOUR

/**
 * One call of the schedule. With nothing in the line and a clean look within the hour, nothing else is asked: a sleeping node that listed its
 * bucket every five minutes would pay more for that than for anything but its key. Otherwise `run`, and a mark when it left nothing.
 *
 * Throws LineNotClear after the work, when records are dead, out of sight, still held by a run that died, set aside, or not to be sealed: a
 * failed call is what the alarm sees. Records that came in while others were secured are no reason.
 * @param run the whole of the archive's work
 */
export async function archiveWhenNeeded(run: () => Promise<ArchiveRun>, ports: QuietPorts): Promise<ArchiveRun | 'quiet'> {
  const mark = await ports.store.get<Instant>(KEY)
  const before = await ports.look()
  if (mark && isEmpty(before) && isWithin(mark.value, ports.now())) return 'quiet'
  const done = await run()
  if (done.busy) return done
  const left = leftBy(done, await ports.look())
  if (left !== '') {
    ports.log({ level: 'error', event: 'line_not_clear', left })
    throw new LineNotClear(left)
  }
  await ports.store.put(KEY, ports.now(), mark?.version ?? 0)
  return done
}

const isEmpty = ({ visible, inFlight, dead }: Line): boolean => visible + inFlight + dead === 0

/** A clock that was set back makes every mark old. */
const isWithin = (then: Instant, now: Instant): boolean => now >= then && now < later(then, BELIEVED)

function leftBy({ secured, more, setAside, waiting }: ArchiveRun, { visible, inFlight, dead }: Line): string {
  const reasons = [
    waiting && `cannot be sealed now: ${waiting.path.join('.')}`,
    more && 'more than one call could do',
    setAside > 0 && `${setAside} set aside`,
    inFlight > 0 && `${inFlight} held by a run that did not end`,
    visible > 0 && secured === 0 && `${visible} in the queue, and none was to be had`,
    dead > 0 && `${dead} among the dead letters`,
  ]
  return reasons.filter((reason) => typeof reason === 'string').join('; ')
}
