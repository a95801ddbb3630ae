import { AGENCY_DOORS, CENTRE_DOORS, reservedOf } from '../doors.ts'
import type { Agency, Environment } from './exchange.ts'
import type { Tell } from './problems.ts'

/** AWS never lets an account reserve its last 100 concurrent executions. */
export const UNRESERVED = 100
/** The centre's own API: registration, OCSP, time stamps. */
export const CENTRE_THROTTLE = { rate: 100, burst: 50 }
/** Each agency has two edges with the same throttle. */
const EDGES = 2

export type Shares = { readonly concurrency: number; readonly rate: number; readonly burst: number }

/** What one account and Region of an environment must hold: agencies, and the centre or not. */
export type Place = {
  readonly account: string
  readonly region: string
  readonly agencies: readonly Agency[]
  readonly centre: boolean
}

/** The operator's account; agencies elsewhere are not in it. */
export const operatorPlace = ({ account, region, agencies }: Pick<Environment, 'account' | 'region' | 'agencies'>): Place => ({
  account,
  region,
  agencies: agencies.filter(({ shared }) => shared),
  centre: true,
})

/** Every account and Region of an environment, the operator's first. */
export function placesOf(environment: Environment): readonly Place[] {
  const { account, region, agencies } = environment
  const here = (at: Pick<Place, 'account' | 'region'>) => (agency: Agency) => agency.account === at.account && agency.region === at.region
  const keys = new Map([{ account, region }, ...agencies].map((each) => [`${each.account}-${each.region}`, each]))
  return [...keys.values()].map((at, index) => ({
    account: at.account,
    region: at.region,
    agencies: agencies.filter(here(at)),
    centre: index === 0,
  }))
}

/** The sum of every share that is reserved or promised there. */
export function sharesOf({ agencies, centre }: Pick<Place, 'agencies' | 'centre'>): Shares {
  const sum = (of: (agency: Agency) => number) => agencies.reduce((total, agency) => total + of(agency), 0)
  const doors = centre ? CENTRE_DOORS.reduce((total, door) => total + reservedOf(door), 0) : 0
  return {
    concurrency: doors + sum((agency) => AGENCY_DOORS.reduce((total, door) => total + reservedOf(door, agency), 0)),
    rate: (centre ? CENTRE_THROTTLE.rate : 0) + EDGES * sum(({ throttle }) => throttle.rate),
    burst: (centre ? CENTRE_THROTTLE.burst : 0) + EDGES * sum(({ throttle }) => throttle.burst),
  }
}

/** A share that the account cannot give is no share: told before anything is made. */
export function tellShares(environment: Environment, tell: Tell): void {
  const { name, quotas } = environment
  const shares = sharesOf(operatorPlace(environment))
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
