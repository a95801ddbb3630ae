import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { type Aws, PATIENT_MS } from './aws.ts'

const makePair = promisify(generateKeyPair)

export const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
export const spkiOf = (key: KeyObject): Uint8Array => createPublicKey(key).export({ type: 'spki', format: 'der' })

/**
 * Makes a TLS key and writes it into an SSM SecureString, under the free key of the service, before anything is asked for it. The one before it
 * stays there as an older version, where the door that connects finds it; whoever makes keys never reads any.
 */
export async function makeKeyInParameter({ ask }: Pick<Aws, 'ask'>, Name: string): Promise<KeyObject> {
  const { privateKey } = await makePair('rsa', { modulusLength: 2048 })
  await ask('PutParameter', { Name, Value: pemOf(privateKey), Type: 'SecureString', Overwrite: true }, PATIENT_MS)
  return privateKey
}
