import { DAY, type Instant, later, MINUTE } from '../../base/clock.ts'
import type { Sign, SignatureName } from '../../protocol/sign.ts'
import { type Authority, issueCertificate } from '../../trust/issue.ts'
import { writeName } from '../../trust/names.ts'

/** The root, what it certifies, what the issuing authority certifies, and the configuration's key. */
export type CertifiedRole = 'root' | 'ca' | 'ocsp' | 'tsa' | 'configuration'
const YEAR = 365 * DAY
/** Years a certificate of a role is valid: far longer than its key works, so that what it signed is never in doubt for its sake. */
const VALID: { readonly [role in CertifiedRole]: number } = { root: 20, ca: 10, ocsp: 5, tsa: 10, configuration: 10 }
const TITLES: { readonly [role in CertifiedRole]: string } = {
  root: 'Autoridad raíz',
  ca: 'Autoridad certificadora',
  ocsp: 'Respondedor OCSP',
  tsa: 'Sello de tiempo',
  configuration: 'Configuración global',
}
const USES = { root: 'root', ca: 'issuing', ocsp: 'ocsp', tsa: 'timestamping', configuration: 'root' } as const
export const AUTHORITY_ALGORITHM: SignatureName = 'rsa-sha512'

export type AuthorityOrder = {
  readonly role: CertifiedRole
  /** 'tsa.2': as whoever signs knows it. */
  readonly key: string
  readonly number: number
  readonly instance: string
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  /** The authority that issues it; none for the root's and the configuration's, which are carried by hand and sign themselves, as in stock central servers. */
  readonly by: Authority | undefined
  readonly serial: bigint
  readonly at: Instant
}

/** The certificate of one of an exchange's own authorities, DER. */
export function certifyAuthority(order: AuthorityOrder, sign: Sign): Promise<Uint8Array> {
  const { role, key, number, instance, publicKey, by, serial, at } = order
  const subject = writeName([
    ['C', 'MX'],
    ['O', `Sacbé ${instance}`],
    ['CN', number === 1 ? `${TITLES[role]} ${instance}` : `${TITLES[role]} ${number} ${instance}`],
  ])
  const period = { notBefore: later(at, -10 * MINUTE), notAfter: later(at, VALID[role] * YEAR) }
  return issueCertificate({ use: USES[role], serial, subject, publicKey, ...period }, by ?? { key, algorithm: AUTHORITY_ALGORITHM }, sign)
}
