import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { MINUTE, type Now } from '../../base/clock.ts'
import type { Aws } from './aws.ts'

const FRESH = 5 * MINUTE
const KEYS = /-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----/g

/**
 * The TLS key that goes with a certificate, from an SSM SecureString. While a certificate is renewed the parameter holds the old key and the
 * new one (PKCS#8, PEM, one after the other); which one it is the certificate says. Read again after five minutes, or when none fits.
 */
export function keyInParameter({ ask }: Pick<Aws, 'ask'>, name: string, now: Now): (certificate: Uint8Array) => Promise<KeyObject> {
  let held: { readonly keys: readonly KeyObject[]; readonly at: number } | undefined
  const read = async () => {
    const { Parameter } = await ask<{ Parameter: { Value: string } }>('GetParameter', { Name: name, WithDecryption: true })
    held = { keys: (Parameter.Value.match(KEYS) ?? []).map((pem) => createPrivateKey(pem)), at: now() }
    return held.keys
  }
  return async (certificate) => {
    const x509 = new X509Certificate(certificate)
    const fitting = (keys: readonly KeyObject[]) => keys.find((key) => x509.checkPrivateKey(key))
    const young = held && now() >= held.at && now() - held.at < FRESH
    const key = (young && held && fitting(held.keys)) || fitting(await read())
    if (!key) throw new Error(`${name} holds no key of the certificate ${x509.serialNumber}`)
    return key
  }
}
