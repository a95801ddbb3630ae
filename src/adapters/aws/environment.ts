import { instant, type Now } from '../../base/clock.ts'
import { type Aws, connectAws } from './aws.ts'

/** What the runtime itself tells every function. */
export const RUNTIME_SETTINGS = ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const
type Environment = Readonly<Record<string, string | undefined>>

export const machineNow: Now = () => instant(Date.now())

/**
 * The client of AWS for a function, by the names that all of Amazon's tools know. AWS_ENDPOINT_URL leads it elsewhere.
 * @param environment read at every request: the runtime renews credentials in place. RUNTIME_SETTINGS are there.
 * @param patienceMs  what a request takes at most when nothing else is said; as long as a message has, by default
 */
export const awsFromEnvironment = (environment: Environment, patienceMs?: number): Aws =>
  connectAws({
    ...(patienceMs === undefined ? {} : { patienceMs }),
    region: environment.AWS_REGION ?? '',
    endpoint: environment.AWS_ENDPOINT_URL,
    credentials: () => ({
      accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
      ...(environment.AWS_SESSION_TOKEN ? { sessionToken: environment.AWS_SESSION_TOKEN } : {}),
    }),
    now: machineNow,
  })
