import { DAY, HOUR } from '../base/clock.ts'

/** The centre's survival times. They are published: the first as Expire-date, the second as ocspFreshnessSeconds. */

/** How long a configuration may be acted on without a newer one: long enough to outlast a centre that is down over a long weekend. */
export const CONFIGURATION_LIFE = 96 * HOUR
/** How long an OCSP answer counts. */
export const OCSP_FRESHNESS = 12 * HOUR
/** How long a member's certificates are valid: nobody is needed for half a year, with room to renew. */
export const CERTIFICATE_LIFE = 730 * DAY
