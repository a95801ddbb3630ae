import type { Environment } from './config/exchange.ts'

/** Names that two stacks must agree on without asking each other. Everything else is named by CloudFormation. */
export const stackName = (environment: Pick<Environment, 'name'>, what: string): string => `sacbe-${environment.name}-${what}`
export const failingAlarm = (environment: Pick<Environment, 'name'>): string => `sacbe-${environment.name}-doors-failing`
export const namesRole = (environment: Pick<Environment, 'name'>, agency: string): string => `sacbe-${environment.name}-names-${agency}`
export const authenticationParameter = (environment: Pick<Environment, 'name'>, agency: string): string =>
  `/sacbe/${environment.name}/${agency}/authentication`
/** Laid in every account before anything else, by its administrator. */
export const BOUNDARY = 'sacbe-boundary'
export const DEPLOYER = 'sacbe-deployer'
