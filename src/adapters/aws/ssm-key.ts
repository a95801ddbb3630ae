import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { MINUTE, type Now } from '../../base/clock.ts'
import type { Aws } from './aws.ts'

const FRESH = 5 * MINUTE
const KEYS = /-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----/g
/** Keys that were made since the one in use: a renewal that was begun so often and never ended. */
const MOST_BACK = 8

type Parameter = { readonly Value: string; readonly Version?: number }

/**
 * The TLS key that goes with a certificate, from an SSM SecureString (PKCS#8, PEM, one or several). Which one it is the certificate says: while it is
 * renewed, the newest version holds the coming key and an older version the one in use. Read again after five minutes, or when none fits.
 */
export function keyInParameter({ ask }: Pick<Aws, 'ask'>, name: string, now: Now): (certificate: Uint8Array) => Promise<KeyObject> {
  let held: { readonly keys: readonly KeyObject[]; readonly at: number } | undefined
  const read = async (Name: string) => (await ask<{ Parameter: Parameter }>('GetParameter', { Name, WithDecryption: true })).Parameter
  const search = async (fits: (keys: readonly KeyObject[]) => KeyObject | undefined): Promise<KeyObject | undefined> => {
    const newest = await read(name)
    let keys = keysIn(newest)
    for (let back = 1, version = newest.Version ?? 1; !fits(keys) && back <= MOST_BACK && version - back >= 1; back++)
      keys = [...keys, ...keysIn(await read(`${name}:${version - back}`))]
    held = { keys, at: now() }
    return fits(keys)
  }
  return async (certificate) => {
    const x509 = new X509Certificate(certificate)
    const fitting = (keys: readonly KeyObject[]) => keys.find((key) => x509.checkPrivateKey(key))
    const young = held && now() >= held.at && now() - held.at < FRESH
    const key = (young && held && fitting(held.keys)) || (await search(fitting))
    if (!key) throw new Error(`${name} holds no key of the certificate ${x509.serialNumber}`)
    return key
  }
}

const keysIn = ({ Value }: Parameter): readonly KeyObject[] => (Value.match(KEYS) ?? []).map((pem) => createPrivateKey(pem))
