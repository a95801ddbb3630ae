import { type KeyObject, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hash } from '../../src/protocol/digests.ts'
import type { Sign, SignatureName } from '../../src/protocol/sign.ts'
import { signatureNamed, verifySignature } from '../../src/protocol/signature-algorithms.ts'

export type SignerUnderTest = { readonly sign: Sign; readonly key: string; readonly publicKey: KeyObject }

/** What every holder of keys must do, be it a folder of files or a key service. */
export function signContract(
  name: string,
  algorithms: readonly SignatureName[],
  open: (algorithm: SignatureName) => Promise<SignerUnderTest>,
): void {
  describe(`${name} as a signer`, () => {
    for (const algorithm of algorithms)
      test(`${algorithm}: what it signs over a digest verifies over the data`, async () => {
        const row = signatureNamed(algorithm)
        if (!row) throw new Error(algorithm)
        const { sign, key, publicKey } = await open(algorithm)
        for (let round = 0; round < 8; round++) {
          const data = randomBytes(100)
          const signature = await sign(key, algorithm, hash(row.digest, data))
          expect(verifySignature(row, publicKey, data, signature, 'der')).toBe(true)
          expect(verifySignature(row, publicKey, randomBytes(100), signature, 'der')).toBe(false)
        }
      })

    test('throws for a key it does not have, an algorithm that does not fit, and a digest of another length', async () => {
      const algorithm = algorithms[0] as SignatureName
      const { sign, key } = await open(algorithm)
      await expect(sign('nobody', algorithm, randomBytes(64))).rejects.toThrow()
      await expect(sign(key, algorithm.startsWith('rsa') ? 'ecdsa-sha256' : 'rsa-sha256', randomBytes(32))).rejects.toThrow()
      await expect(sign(key, algorithm, randomBytes(13))).rejects.toThrow()
    })
  })
}
