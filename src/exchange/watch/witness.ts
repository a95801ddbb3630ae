import { MINUTE, type Now } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { readToken } from '../../evidence/timestamp.ts'
import { refuse } from '../../protocol/faults.ts'
import type { JudgeStamp } from './stamps.ts'

/** A stamp may lie this far from our clock: more than the road to the authority takes. */
const MOST_APART = 2 * MINUTE

/** A witness stands outside the exchange: a stamp of its that does not say now is refused, and another is asked; it says nothing about the centre. */
export const judgeWitness =
  (now: Now): JudgeStamp =>
  async (token) => {
    const read = readToken(token)
    if (!read.ok) return read
    const apart = Math.abs(read.value.tstInfo.genTime - now())
    return apart <= MOST_APART
      ? ok(true)
      : refuse('mlog.timestamp_response_validation_failed', `the witness stamps ${Math.round(apart / 1000)} s from our clock`)
  }
