import { type Instant, MINUTE } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { readToken } from '../../evidence/timestamp.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type AskPorts, askTheTime, isClockWrong } from '../clock-watch.ts'
import { type AlarmPorts, raise } from './alarms.ts'

/** A stamp may lie this far from our clock: more than the road to the authority takes. */
const MOST_APART = 2 * MINUTE

/** By how many milliseconds a stamp lies after our clock, negative before it; 0: it says now. */
export function apartFromNow(token: Uint8Array, now: Instant): Outcome<number> {
  const read = readToken(token)
  if (!read.ok) return read
  const apart = read.value.tstInfo.genTime - now
  return ok(Math.abs(apart) <= MOST_APART ? 0 : apart)
}

/** Judges an authority's stamp by our own clock, unless that is the one that is wrong. */
export type JudgeStamp = (token: Uint8Array, url: string) => Promise<Outcome<true>>
export type StampsPorts = AlarmPorts & AskPorts & { readonly otherClocks: readonly string[] }

/**
 * A stamp must say now. One that is dated back (or ahead) is refused, so that the next authority is asked, and is an alarm: evidence would say that
 * something was there before it was. Before anybody is blamed, `otherClocks` (addresses) are asked: our own clock may be the wrong one, and then the
 * stamp is right; when none of them answers nobody can say, so the stamp is refused and nobody is blamed.
 */
export const stampsInTime =
  (ports: StampsPorts): JudgeStamp =>
  async (token, url) => {
    const found = apartFromNow(token, ports.now())
    if (!found.ok) return found
    const apart = found.value
    if (apart === 0) return ok(true)
    const heard = await askTheTime(ports.otherClocks, ports)
    if (isClockWrong(heard, ports.now())) return ok(true)
    const detail = `the stamp lies ${Math.round(Math.abs(apart) / 1000)} s ${apart < 0 ? 'before' : 'after'} our clock`
    if (heard.clocks.size > 0) await raise('stamp_out_of_time', url, detail, ports)
    return refuse('mlog.timestamp_response_validation_failed', detail)
  }
