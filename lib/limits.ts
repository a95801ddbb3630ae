import type { Environment } from './config/exchange.ts'
import { operatorPlace, type Place, sharesOf, UNRESERVED } from './config/shares.ts'
import { AGENCY_DOORS, CENTRE_DOORS } from './doors.ts'

/** What an account may use of one thing. `sure`: a page of AWS says what is usual; else it is what people remember, and preflight must read it. */
export type Limit = {
  readonly key: LimitKey
  readonly what: string
  readonly sure: boolean
  readonly gives: number
  readonly needs: number
  readonly does: { readonly es: string; readonly en: string }
}
const KEYS = [
  'lambda-concurrency',
  'api-rate',
  'api-burst',
  'api-domains',
  'domain-changes',
  'rest-apis',
  'http-apis',
  'kms-rsa',
  'kms-keys',
  'ssm-reads',
  'iam-roles',
  'iam-policies',
  'stacks',
  'lambda-code',
  'schedules',
  'alarms',
  's3-buckets',
  'dynamodb-tables',
] as const
export type LimitKey = (typeof KEYS)[number]
const SURE: ReadonlySet<LimitKey> = new Set(['lambda-concurrency', 'api-rate', 'api-burst', 'api-domains', 'domain-changes', 'kms-rsa'])
export type Verdict = 'fits' | 'near' | 'over'

/** What preflight found that the account really has. */
export type AccountQuotas = Partial<Record<LimitKey, number>>

/** Signatures a second at the busiest: every reserved call signs once in the 0.3 s that it takes at least. */
const SIGNATURES_A_SECOND_EACH = 1 / 0.3
const ROLES_OF_A_NODE = AGENCY_DOORS.length + 4
/** Doors, those of its schedules, and the one that lets gateways log. */
const SCHEDULES_OF_THE_CENTRE = 3
const ROLES_OF_THE_CENTRE = CENTRE_DOORS.length + SCHEDULES_OF_THE_CENTRE + 1

type Row = readonly [what: string, key: LimitKey, usual: number, needs: number, es: string, en: string]

/**
 * Every limit that an environment comes near in an account, the operator's unless another is named, with what the product does about it. Pure:
 * `found` is what preflight read, and what it did not read is what AWS gives a new account.
 */
export function accountLimits(
  environment: Environment,
  found: AccountQuotas = {},
  place: Place = operatorPlace(environment),
): readonly Limit[] {
  return rowsOf(environment, place).map(([what, key, usual, needs, es, en]) => ({
    key,
    what,
    sure: SURE.has(key) || found[key] !== undefined,
    gives: found[key] ?? usual,
    needs: Math.ceil(needs),
    does: { es, en },
  }))
}

/** Near: more than four fifths is used. */
export const verdictOn = ({ gives, needs }: Limit): Verdict => (needs > gives ? 'over' : needs > gives * 0.8 ? 'near' : 'fits')

function rowsOf({ agencies, quotas }: Environment, place: Place): readonly Row[] {
  const here = place.agencies
  const [many, centre] = [here.length, place.centre ? 1 : 0]
  const shares = sharesOf(place)
  const signers = here.reduce((sum, { concurrency }) => sum + concurrency.consume + concurrency.provide, 0)
  const rest = here.filter(({ consumerEdge }) => consumerEdge === 'rest').length
  const names = place.centre ? agencies.length : 0
  const policies = many * (AGENCY_DOORS.length + 4) + centre * (CENTRE_DOORS.length + SCHEDULES_OF_THE_CENTRE) + 2 + names
  return [
    [
      'Lambda: concurrent executions',
      'lambda-concurrency',
      quotas.lambdaConcurrency,
      shares.concurrency + UNRESERVED,
      'cada puerta reserva su parte y no puede pasarla; la suma se revisa al sintetizar',
      'each door reserves its share and cannot pass it; the sum is checked at synth',
    ],
    [
      'API Gateway: requests a second',
      'api-rate',
      quotas.apiRate,
      shares.rate,
      'cada entrada tiene su tope y contesta 429 sola; la suma se revisa al sintetizar',
      'each edge has its throttle and answers 429 by itself; the sum is checked at synth',
    ],
    [
      'API Gateway: burst',
      'api-burst',
      quotas.apiBurst,
      shares.burst,
      'lo mismo; AWS la fija junto con la tasa',
      'the same; AWS sets it with the rate',
    ],
    [
      'API Gateway: custom domains in a Region',
      'api-domains',
      120,
      2 * many + centre,
      'dos por dependencia y uno del centro: con 60 hay que pedir más, o dar cuenta propia a una; preflight lo dice antes',
      'two an agency and one of the centre: with 60, ask for more or give one its own account; preflight says so first',
    ],
    [
      'API Gateway: trust store changes, each 30 s, for all in an hour',
      'domain-changes',
      120,
      2 * many,
      'la puerta edge actualiza de una en una, con turno por cuenta; una renovación general tarda una hora',
      'the edge door updates one at a time, by a lease; renewing all takes an hour',
    ],
    [
      'API Gateway: Regional REST APIs',
      'rest-apis',
      600,
      rest,
      'una por dependencia; consumerEdge «http» no la usa',
      "one an agency; consumerEdge 'http' has none",
    ],
    ['API Gateway: HTTP APIs', 'http-apis', 600, 2 * many - rest + centre, 'una o dos por dependencia', 'one or two an agency'],
    [
      'KMS: RSA signatures a second',
      'kms-rsa',
      1000,
      Math.min(shares.rate, signers * SIGNATURES_A_SECOND_EACH),
      'dos reintentos al azar dentro del plazo y después «busy», sin perder nada; con cuenta propia, el límite es suyo',
      "two jittered retries within the deadline, then 'busy', and nothing lost; with its own account an agency has its own limit",
    ],
    ['KMS: keys', 'kms-keys', 100_000, many + 4 * centre, 'una por dependencia, cuatro del centro', 'one an agency, four of the centre'],
    [
      'SSM: parameter reads a second',
      'ssm-reads',
      40,
      many,
      'cada puerta lee su llave una vez, al arrancar, y la guarda en memoria; si SSM frena, reintenta al azar',
      'each door reads its key once, when it starts, and holds it; when SSM throttles, jittered retries',
    ],
    [
      'IAM: roles',
      'iam-roles',
      1000,
      many * ROLES_OF_A_NODE + centre * (ROLES_OF_THE_CENTRE - 1) + 1 + names,
      'un rol por puerta y dependencia, a propósito: con 60 se acerca; pida 2000 o dé cuentas propias',
      'one role a door and agency, on purpose: near at 60; ask for 2000 or give agencies their own accounts',
    ],
    [
      'IAM: customer managed policies',
      'iam-policies',
      1500,
      policies,
      'una por rol, y dos de la cuenta',
      'one a role, and two of the account',
    ],
    [
      'CloudFormation: stacks',
      'stacks',
      2000,
      many + 2 + centre,
      'una por dependencia, tres de la cuenta',
      'one an agency, three of the account',
    ],
    [
      'Lambda: code storage, MB',
      'lambda-code',
      75_000,
      many * AGENCY_DOORS.length * 2,
      'archivos de menos de 1 MB; se guarda la versión de ahora y la anterior',
      'files below 1 MB; the version of now and the one before are kept',
    ],
    [
      'EventBridge Scheduler: schedules',
      'schedules',
      1_000_000,
      many * 4 + SCHEDULES_OF_THE_CENTRE * centre,
      'cuatro por dependencia',
      'four an agency',
    ],
    [
      'CloudWatch: alarms',
      'alarms',
      5000,
      many + 1 + centre,
      'una por dependencia, una de la cuenta, una del centro',
      'one an agency, one of the account, one of the centre',
    ],
    [
      'S3: buckets',
      's3-buckets',
      10_000,
      many + centre + 1,
      'uno por dependencia, uno del centro y el de los despliegues',
      'one an agency, one of the centre, and that of deployments',
    ],
    [
      'DynamoDB: tables',
      'dynamodb-tables',
      2500,
      many + centre,
      'una por dependencia y una del centro',
      'one an agency and one of the centre',
    ],
  ]
}
