import { DAY, later, MINUTE, type Now } from '../../base/clock.ts'
import type { Sign } from '../../protocol/sign.ts'
import { type Certificate, readCertificate } from '../../trust/certificates.ts'
import { type Authority, type CertificateUse, issueCertificate } from '../../trust/issue.ts'
import type { AlternativeNames } from '../../trust/write-extensions.ts'
import type { CertificateRegister } from './certificate-register.ts'

export type CertificateWish = {
  readonly use: Extract<CertificateUse, 'signing' | 'authentication'>
  /** A Name and a SubjectPublicKeyInfo, DER. */
  readonly subject: Uint8Array
  readonly publicKey: Uint8Array
  readonly names?: AlternativeNames
  /** Milliseconds it is valid for; else two years. */
  readonly life?: number
}
export type IssuePorts = {
  readonly ca: Authority
  readonly sign: Sign
  readonly register: Pick<CertificateRegister, 'add'>
  /** Where its OCSP answers are, written into it. */
  readonly ocspUrl: string
  readonly now: Now
  /** A random serial number of at least 64 bits (CA/Browser Forum BR §7.1), never of the first few, which the authorities themselves have. */
  readonly newSerial: () => bigint
}

/** How long a member's certificates are valid: nobody is needed for half a year, with room to renew. */
const CERTIFICATE_LIFE = 730 * DAY
/** Clocks of others may be a little behind ours. */
const EARLIER = 10 * MINUTE

/** Every certificate is in the register before anybody has it: what is not there does not count as good. */
export async function issueRegistered(wish: CertificateWish, ports: IssuePorts): Promise<Certificate> {
  const { ca, sign, register, ocspUrl, now, newSerial } = ports
  const at = now()
  const period = { notBefore: later(at, -EARLIER), notAfter: later(at, wish.life ?? CERTIFICATE_LIFE) }
  for (;;) {
    const serial = newSerial()
    const der = await issueCertificate({ ...wish, ...period, serial, ocspUrl }, ca, sign)
    const certificate = readCertificate(der)
    if (!certificate.ok) throw new Error(`cannot read the certificate just issued: ${certificate.fault.detail}`)
    if ((await register.add({ serial, use: wish.use, der, at })).ok) return certificate.value
  }
}
