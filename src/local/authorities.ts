import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type KeyKind, type Keys, openKeys } from '../adapters/local/keys.ts'
import { type Instant, later, MINUTE } from '../base/clock.ts'
import { ok, type Result } from '../base/result.ts'
import { type AuthorityOrder, certifyAuthority } from '../exchange/centre/authority-certificate.ts'
import type { Sign, SignatureName } from '../protocol/sign.ts'
import { readCertificate } from '../trust/certificates.ts'
import type { Authority } from '../trust/issue.ts'
import { loadCertificate, writeCertificate } from './certificate-files.ts'
import { type Trouble, trouble } from './troubles.ts'

/** The centre's four working keys. The root's is in a folder of its own and is opened at the ceremony only. */
export type Authorities = {
  readonly sign: Sign
  readonly ca: Authority
  readonly ocsp: Authority
  readonly tsa: Authority
  readonly configuration: Authority
  /** Issuing authorities whose turn comes later: made at the ceremony, so that no root key is needed when it comes. */
  readonly prepared: readonly Authority[]
  /** Makes a key beside them, or finds the one of that name: SubjectPublicKeyInfo, DER. */
  readonly makeKey: (name: string) => Promise<Uint8Array>
}

export const RSA: KeyKind = { kind: 'rsa', bits: 2048 }
export const ALGORITHM: SignatureName = 'rsa-sha512'
/** Clocks of others may be a little behind ours. */
export const beginning = (now: Instant): Instant => later(now, -10 * MINUTE)

const ROOT: Role = { key: 'root', role: 'root', number: 1, serial: 1n }
/** Nobody vouches for it but the anchor, which is carried by hand. */
const CONFIGURATION: Role = { key: 'configuration', role: 'configuration', number: 1, serial: 1n }
const CA: Role = { key: 'ca', role: 'ca', number: 1, serial: 2n }
/** The one after it. Homes made before there was one have none, and say in time that a ceremony is needed. */
const NEXT_CA: Role = { key: 'ca.2', role: 'ca', number: 2, serial: 3n }
/** Each role its own key: who stamps time cannot answer for certificates. Their serials begin the issuing authority's own count. */
const ROLES: readonly Role[] = [
  { key: 'ocsp', role: 'ocsp', number: 1, serial: 1n },
  { key: 'tsa', role: 'tsa', number: 1, serial: 2n },
]
type Role = Pick<AuthorityOrder, 'role' | 'key' | 'number' | 'serial'>

/** Opens the centre's keys and certificates, holding the key ceremony first when there are none. */
export async function openAuthorities(
  folder: string,
  passphrase: string,
  instance: string,
  now: Instant,
): Promise<Result<Authorities, Trouble>> {
  if (!existsSync(folder)) await holdCeremony(folder, passphrase, instance, now)
  const keys = await openKeys(join(folder, 'keys'), passphrase)
  if (!keys.ok) return trouble('home_damaged', { home: folder, reason: keys.fault.file })
  const authority = (name: string): Authority => ({
    key: name,
    algorithm: ALGORITHM,
    certificate: loadCertificate(join(folder, 'certificates'), name),
  })
  const [ca, ocsp, tsa, configuration] = ['ca', 'ocsp', 'tsa', 'configuration'].map(authority) as [
    Authority,
    Authority,
    Authority,
    Authority,
  ]
  const prepared = existsSync(join(folder, 'certificates', `${NEXT_CA.key}.pem`)) ? [authority(NEXT_CA.key)] : []
  return ok({ sign: keys.value.sign, ca, ocsp, tsa, configuration, prepared, makeKey: keyMaker(keys.value) })
}

/** In a folder beside, which takes its name when all is there: a ceremony that was cut short is held again from the start. */
async function holdCeremony(folder: string, passphrase: string, instance: string, now: Instant): Promise<void> {
  const beside = `${folder}.new`
  rmSync(beside, { recursive: true, force: true })
  const certificates = join(beside, 'certificates')
  mkdirSync(certificates, { recursive: true, mode: 0o700 })
  const [offline, online] = await Promise.all([newKeys(join(beside, 'offline'), passphrase), newKeys(join(beside, 'keys'), passphrase)])
  await Promise.all([offline.create(ROOT.key, RSA), ...[CA, NEXT_CA, CONFIGURATION, ...ROLES].map(({ key }) => online.create(key, RSA))])
  const make = async (role: Role, keys: Keys, by: Authority | undefined, byKeys: Keys): Promise<Authority> => {
    const publicKey = publicKeyDer(keys, role.key)
    const der = await certifyAuthority({ ...role, instance, publicKey, by, at: now }, byKeys.sign)
    writeCertificate(certificates, role.key, der)
    return authorityOf(role.key, der)
  }
  const root = await make(ROOT, offline, undefined, offline)
  const ca = await make(CA, online, root, offline)
  await make(NEXT_CA, online, root, offline)
  for (const role of ROLES) await make(role, online, ca, online)
  await make(CONFIGURATION, online, undefined, online)
  renameSync(beside, folder)
}

/** A key that was made before a crash is taken up again. */
export const keyMaker =
  (keys: Keys, kind: KeyKind = RSA) =>
  async (name: string): Promise<Uint8Array> => {
    if (!keys.names().includes(name)) await keys.create(name, kind)
    return publicKeyDer(keys, name)
  }

export const publicKeyDer = (keys: Keys, name: string): Uint8Array => keys.publicKey(name).export({ type: 'spki', format: 'der' })

export function authorityOf(key: string, der: Uint8Array, algorithm: SignatureName = ALGORITHM): Authority {
  const read = readCertificate(der)
  if (!read.ok) throw new Error(`cannot read the certificate just issued: ${read.fault.detail}`)
  return { key, algorithm, certificate: read.value }
}

/** A folder for new keys: empty, so nothing in it can fail to open. */
export async function newKeys(folder: string, passphrase: string): Promise<Keys> {
  const keys = await openKeys(folder, passphrase)
  if (!keys.ok) throw new Error(`cannot open ${keys.fault.file}`)
  return keys.value
}
