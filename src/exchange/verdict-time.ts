import { type Instant, instant, MINUTE, SECOND } from '../base/clock.ts'
import type { Certificate } from '../trust/certificates.ts'
import type { OcspVerdict } from '../trust/ocsp.ts'
import { ocspFreshness, type Trust } from '../trust/trust.ts'

/** However long it might hold, a verdict is judged anew after a minute, as stock servers do. */
const AT_MOST = MINUTE

/** The same for a chain alone, whatever OCSP says of it. */
export const chainGoodUntil = (chain: readonly Certificate[], at: Instant): Instant =>
  instant(Math.min(at + AT_MOST, ...chain.map(({ notAfter }) => notAfter)))

/** How long a verdict made at `at` may be taken again: no longer than any of the things it stands on. */
export function goodUntil(
  trust: Trust,
  at: Instant,
  certificates: readonly Certificate[],
  { thisUpdate, nextUpdate }: OcspVerdict,
): Instant {
  const stale = thisUpdate + ocspFreshness(trust) * SECOND
  const superseded = trust.verifyNextUpdate && nextUpdate !== null ? nextUpdate : Number.POSITIVE_INFINITY
  return instant(Math.min(at + AT_MOST, stale, superseded, ...certificates.map(({ notAfter }) => notAfter)))
}
