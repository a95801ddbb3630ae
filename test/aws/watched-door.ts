import { join } from 'node:path'
import { type DoorProcess, startDoor } from './door-process.ts'
import { type Emulators, REGION } from './emulators.ts'
import { type AwsProxy, startProxy } from './proxy.ts'
import type { Deployed } from './stacks.ts'

/** A door in its own process, and everything it asks of AWS. */
export type StartedDoor = DoorProcess & { readonly proxy: AwsProxy }
type Starting = {
  readonly emulators: Pick<Emulators, 'ministack'>
  readonly stack: Deployed
  /** How the template names the door: 'Consume'. */
  readonly role: string
  readonly bundle: string | undefined
  /** In place of what the template says: what nothing here stands in for. */
  readonly instead?: Readonly<Record<string, string>>
}

/** Starts a door's bundle as Lambda would: with the settings its template gives it and its role's own credentials. */
export async function startWatched({ emulators, stack, role, bundle = '', instead = {} }: Starting): Promise<StartedDoor> {
  const proxy = await startProxy({ endpointOf: () => emulators.ministack })
  const { accessKeyId, secretAccessKey, sessionToken = '' } = await stack.credentialsOf(role)
  const runtime = {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  }
  const environment = { ...(await stack.settingsOf(role)), ...instead, ...runtime, AWS_ENDPOINT_URL: proxy.url }
  return { ...(await startDoor(join(bundle, 'index.mjs'), environment)), proxy }
}
