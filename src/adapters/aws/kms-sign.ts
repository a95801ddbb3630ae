import type { Sign, SignatureName } from '../../protocol/sign.ts'
import type { Aws } from './aws.ts'

/** Our names and those of KMS. Source: AWS KMS API reference, Sign, SigningAlgorithm. */
const ALGORITHMS: Readonly<Record<SignatureName, string>> = {
  'rsa-sha256': 'RSASSA_PKCS1_V1_5_SHA_256',
  'rsa-sha384': 'RSASSA_PKCS1_V1_5_SHA_384',
  'rsa-sha512': 'RSASSA_PKCS1_V1_5_SHA_512',
  'pss-sha256': 'RSASSA_PSS_SHA_256',
  'pss-sha384': 'RSASSA_PSS_SHA_384',
  'pss-sha512': 'RSASSA_PSS_SHA_512',
  'ecdsa-sha256': 'ECDSA_SHA_256',
  'ecdsa-sha384': 'ECDSA_SHA_384',
  'ecdsa-sha512': 'ECDSA_SHA_512',
}

/** Signs with a key that never leaves KMS; it is named by its ARN, which an alias that moves cannot change. Throws Busy when KMS is throttled. */
export const signWithKms =
  ({ ask }: Pick<Aws, 'ask'>): Sign =>
  async (key, algorithm, digest) => {
    const question = {
      KeyId: key,
      Message: Buffer.from(digest).toString('base64'),
      MessageType: 'DIGEST',
      SigningAlgorithm: ALGORITHMS[algorithm],
    }
    const { Signature } = await ask<{ Signature: string }>('Sign', question)
    return Buffer.from(Signature, 'base64')
  }
