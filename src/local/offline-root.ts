import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openKeys } from '../adapters/local/keys.ts'
import type { Instant } from '../base/clock.ts'
import { ok, type Result } from '../base/result.ts'
import { certifyAuthority } from '../exchange/centre/authority-certificate.ts'
import type { Sign } from '../protocol/sign.ts'
import type { Authority } from '../trust/sign-der.ts'
import { authorityOf, publicKeyDer, RSA } from './authorities.ts'
import { loadCertificate, writeCertificate } from './certificate-files.ts'
import { type Trouble, trouble } from './troubles.ts'

export type RootOrder = {
  /** The root's own folder, which leaves the net afterwards: its key, and what it certified. */
  readonly folder: string
  readonly passphrase: string
  readonly instance: string
  /** SubjectPublicKeyInfo of the issuing authority's key, DER. */
  readonly publicKey: Uint8Array
  /** Certificates over that key: one for now, the others for when its turn comes. */
  readonly count: number
  readonly now: Instant
}

/**
 * The root of a certification authority, in a folder and nowhere else: made at the first order, it certifies an issuing authority's key as often as asked.
 * Needs no net. Refused with 'passphrase_wrong'.
 */
export async function certifyByRoot(order: RootOrder): Promise<Result<readonly Uint8Array[], Trouble>> {
  const { folder, passphrase, count } = order
  const keys = await openKeys(join(folder, 'keys'), passphrase)
  if (!keys.ok) return trouble('passphrase_wrong', { home: folder })
  const certificates = join(folder, 'certificates')
  mkdirSync(certificates, { recursive: true, mode: 0o700 })
  if (!keys.value.names().includes('root')) await keys.value.create('root', RSA)
  if (!existsSync(join(certificates, 'root.pem')))
    writeCertificate(certificates, 'root', await rootOf(order, publicKeyDer(keys.value, 'root'), keys.value.sign))
  const root = authorityOf('root', loadCertificate(certificates, 'root').der)
  const first = readdirSync(certificates).length // the root is one of them
  const made: Uint8Array[] = []
  for (let number = first; number < first + count; number++) {
    const der = await authority(order, number, root, keys.value.sign)
    writeCertificate(certificates, `ca.${number}`, der)
    made.push(der)
  }
  return ok(made)
}

const rootOf = ({ instance, now: at }: RootOrder, publicKey: Uint8Array, sign: Sign): Promise<Uint8Array> =>
  certifyAuthority({ role: 'root', key: 'root', number: 1, instance, publicKey, by: undefined, serial: 1n, at }, sign)

function authority({ instance, publicKey, now: at }: RootOrder, number: number, root: Authority, sign: Sign): Promise<Uint8Array> {
  const serial = BigInt(`0x${randomBytes(16).toString('hex')}`) + 2n
  return certifyAuthority({ role: 'ca', key: `ca.${number}`, number, instance, publicKey, by: root, serial, at }, sign)
}
