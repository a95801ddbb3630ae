import { AGENCY_DOORS, CENTRE_DOORS, reservedOf } from '../doors.ts'
import type { Environment } from './exchange.ts'
import type { Tell } from './problems.ts'

/** AWS never lets an account reserve its last 100 concurrent executions. */
export const UNRESERVED = 100
/** The centre's own API: registration, OCSP, time stamps. */
export const CENTRE_THROTTLE = { rate: 100, burst: 50 }
/** Each agency has two edges with the same throttle. */
const EDGES = 2

export type Shares = { readonly concurrency: number; readonly rate: number; readonly burst: number }

/** What the operator's account must give in one environment: the sum of every share that is reserved or promised in it. */
export function sharesOf({ agencies }: Pick<Environment, 'agencies'>): Shares {
  const here = agencies.filter(({ shared }) => shared)
  const sum = (of: (agency: (typeof here)[number]) => number) => here.reduce((total, agency) => total + of(agency), 0)
  const centre = CENTRE_DOORS.reduce((total, door) => total + reservedOf(door), 0)
  return {
    concurrency: centre + sum((agency) => AGENCY_DOORS.reduce((total, door) => total + reservedOf(door, agency), 0)),
    rate: CENTRE_THROTTLE.rate + EDGES * sum(({ throttle }) => throttle.rate),
    burst: CENTRE_THROTTLE.burst + EDGES * sum(({ throttle }) => throttle.burst),
  }
}

/** A share that the account cannot give is no share: told before anything is made. */
export function tellShares({ name, agencies, quotas }: Environment, tell: Tell): void {
  const shares = sharesOf({ agencies })
  const at = `environments.${name}.quotas`
  const rows = [
    ['lambdaConcurrency', shares.concurrency, quotas.lambdaConcurrency - UNRESERVED, 'agencies[].concurrency'],
    ['apiRate', shares.rate, quotas.apiRate, 'agencies[].throttle.rate'],
    ['apiBurst', shares.burst, quotas.apiBurst, 'agencies[].throttle.burst'],
  ] as const
  for (const [quota, sum, most, setting] of rows)
    if (sum > most)
      tell(
        `${at}.${quota}`,
        `las partes suman ${sum} y la cuenta da ${most}: baje ${setting}, pida más a AWS (sacbe preflight dice qué) o dé cuenta propia a una dependencia`,
        `the shares add up to ${sum} and the account gives ${most}: lower ${setting}, ask AWS for more (sacbe preflight says what), or give an agency its own account`,
      )
}
