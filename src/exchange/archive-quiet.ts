import { HOUR, type Instant, instant, isoInstant, later, MINUTE, type Now } from '../base/clock.ts'
import type { ArchiveRun } from './archive.ts'
import { type Bug, bugsIn } from './noted-bugs.ts'
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
/** What happened once and is not to be seen in the line any more: told by every call for so long, for an alarm wants to see it more than once. */
const TOLD = 'archive/told'
const TELL_FOR = 25 * MINUTE
type Told = { readonly at: Instant; readonly what: string /** The latest bug that was told. */; readonly bug: Instant }
/** So long a clean look at everything is believed, when the line stays empty. */
const BELIEVED = HOUR

/**
 * One call of the schedule. With nothing in the line and a clean look within the hour, nothing else is asked: a sleeping node that listed its
 * bucket every five minutes would pay more for that than for anything but its key. Otherwise `run`, and a mark when it left nothing.
 *
 * Throws LineNotClear after the work, when records are dead, out of sight, still held by a run that died, set aside, or not to be sealed, or when a door of
 * messages answered internal_error: a failed call is what the alarm sees. Records that came in while others were secured are no reason.
 * @param run the whole of the archive's work
 */
export async function archiveWhenNeeded(run: () => Promise<ArchiveRun>, ports: QuietPorts): Promise<ArchiveRun | 'quiet'> {
  const mark = await ports.store.get<Instant>(KEY)
  const before = await ports.look()
  if (mark && isEmpty(before) && isWithin(mark.value, ports.now())) return 'quiet'
  const done = await run()
  if (done.busy) return done
  const left = [leftBy(done, await ports.look()), await onceSeen(done, ports)].filter((reason) => reason !== '').join('; ')
  if (left !== '') {
    ports.log({ level: 'error', event: 'line_not_clear', left })
    // The next call looks at everything again, however empty the line is.
    if (mark && mark.value > 0) await ports.store.put(KEY, instant(0), mark.version)
    throw new LineNotClear(left)
  }
  await ports.store.put(KEY, ports.now(), mark?.version ?? 0)
  return done
}

const isEmpty = ({ visible, inFlight, dead }: Line): boolean => visible + inFlight + dead === 0

/** A clock that was set back makes every mark old. */
const isWithin = (then: Instant, now: Instant): boolean => now >= then && now < later(then, BELIEVED)

/** What is over when it is seen, and must still be heard of. */
async function onceSeen({ setAside }: ArchiveRun, { store, now }: QuietPorts): Promise<string> {
  const told = await store.get<Told>(TOLD)
  const bugs = (await bugsIn(store)).filter(({ at }) => at > (told?.value.bug ?? 0))
  const news = [setAside > 0 && `${setAside} set aside`, bugs.length > 0 && wordsOf(bugs)]
    .filter((reason) => typeof reason === 'string')
    .join('; ')
  if (news === '') return told && now() >= told.value.at && now() < later(told.value.at, TELL_FOR) ? told.value.what : ''
  const what = `${news} (${isoInstant(now())})`
  const bug = instant(Math.max(told?.value.bug ?? 0, ...bugs.map(({ at }) => at)))
  await store.put(TOLD, { at: now(), what, bug } satisfies Told, told?.version ?? 0)
  return what
}

const wordsOf = (bugs: readonly Bug[]): string => `internal_error answered by ${bugs.map(({ door }) => door).join(', ')}`

function leftBy({ secured, more, waiting }: ArchiveRun, { visible, inFlight, dead }: Line): string {
  const reasons = [
    waiting && `cannot be sealed now: ${waiting.path.join('.')}`,
    more && 'more than one call could do',
    inFlight > 0 && `${inFlight} held by a run that did not end`,
    visible > 0 && secured === 0 && `${visible} in the queue, and none was to be had`,
    dead > 0 && `${dead} among the dead letters`,
  ]
  return reasons.filter((reason) => typeof reason === 'string').join('; ')
}
