import { type Aws, PATIENT_MS } from './aws.ts'

/** The public half of a key in KMS: SubjectPublicKeyInfo, DER. */
export async function publicKeyInKms({ ask }: Pick<Aws, 'ask'>, KeyId: string): Promise<Uint8Array> {
  const { PublicKey } = await ask<{ PublicKey: string }>('GetPublicKey', { KeyId }, PATIENT_MS)
  return Buffer.from(PublicKey, 'base64')
}
