import type { Now } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { refuse } from '../../protocol/faults.ts'
import { apartFromNow, type JudgeStamp } from './stamps.ts'

/** A witness stands outside the exchange: a stamp of its that does not say now is refused, and another is asked; it says nothing about the centre. */
export const judgeWitness =
  (now: Now): JudgeStamp =>
  async (token) => {
    const apart = apartFromNow(token, now())
    if (!apart.ok) return apart
    if (apart.value === 0) return ok(true)
    const seconds = Math.round(Math.abs(apart.value) / 1000)
    return refuse('mlog.timestamp_response_validation_failed', `the witness stamps ${seconds} s from our clock`)
  }
