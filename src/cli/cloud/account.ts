import type { Environment } from '../../../lib/config/exchange.ts'
import { type Place, placesOf } from '../../../lib/config/shares.ts'
import { accountOf } from '../../adapters/aws/account-quotas.ts'
import { type Aws, type AwsSettings, connectAws, PATIENT_MS } from '../../adapters/aws/aws.ts'
import { machineNow } from '../../adapters/aws/environment.ts'
import { type Operator, operatorAt } from '../../adapters/aws/operator.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { type Io, tellCannot } from '../io.ts'
import { whatAwsRefused } from './what-aws-refused.ts'

export type Here = Place & { readonly operator: Operator }

/** The credentials of the environment, under the names that all of Amazon's tools know. */
const settingsIn = (region: string, { env }: Pick<Io, 'env'>): AwsSettings => ({
  region,
  endpoint: env.AWS_ENDPOINT_URL,
  credentials: () => ({
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
    ...(env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {}),
  }),
  now: machineNow,
  patienceMs: PATIENT_MS,
})
export const operatorIn = (region: string, io: Pick<Io, 'env'>): Operator => operatorAt(settingsIn(region, io))
/** What a door may ask, asked by an operator: to read a node's records. */
export const awsIn = (region: string, io: Pick<Io, 'env'>): Aws => connectAws(settingsIn(region, io))

/**
 * The places of an environment that the credentials at hand are for; a person may hold only those of the operator's account, an agency only its own.
 * Refused, after saying why: the exit code.
 */
export async function placesHere(environment: Environment, io: Io): Promise<Result<readonly Here[], number>> {
  const cannot = (es: string, en: string) => refused(tellCannot({ es, en }, io))
  if (!io.env.AWS_ACCESS_KEY_ID || !io.env.AWS_SECRET_ACCESS_KEY)
    return cannot(
      'Faltan credenciales de AWS en el entorno. Con un perfil: eval "$(aws configure export-credentials --format env)"',
      'There are no credentials of AWS in the environment. With a profile: eval "$(aws configure export-credentials --format env)"',
    )
  const account = await accountOf(operatorIn(environment.region, io)).catch((problem: Error) => problem)
  const words = whatAwsRefused(account)
  if (words) return refused(tellCannot(words, io))
  if (account instanceof Error)
    return cannot(
      `AWS no aceptó las credenciales en ${environment.region} (${account.message}). Si son buenas, habilite la región en la cuenta: es de alta voluntaria.`,
      `AWS did not take the credentials in ${environment.region} (${account.message}). If they are good, enable the Region in the account: it is one to opt in to.`,
    )
  const places = placesOf(environment).filter((place) => place.account === account)
  const known = [...new Set(placesOf(environment).map((place) => place.account))].join(', ')
  if (places.length > 0) return ok(places.map((place) => ({ ...place, operator: operatorIn(place.region, io) })))
  return cannot(
    `Las credenciales son de la cuenta ${account}; el ambiente ${environment.name} usa: ${known}.`,
    `The credentials are those of account ${account}; the environment ${environment.name} uses: ${known}.`,
  )
}
