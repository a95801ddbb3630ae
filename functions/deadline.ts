import { type Instant, later, SECOND } from '../src/base/clock.ts'
import type { DoorContext } from './door.ts'

/** When the answer must be whole: the door's own time, or what the runtime leaves it less a second to send it. */
export function deadlineOf(now: Instant, most: number, context: DoorContext | undefined): Instant {
  const left = context?.getRemainingTimeInMillis?.()
  return later(now, left === undefined ? most : Math.min(most, left - SECOND))
}
