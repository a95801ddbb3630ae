import { instant, later } from '../../src/base/clock.ts'
import { writePem } from '../../src/trust/pem.ts'
import { issued, privateKeyOf } from '../trust/authority.ts'

/** A certificate that nobody vouches for, with its key. PEM. */
export type SelfIssued = { readonly certificate: string; readonly key: string; readonly der: Uint8Array }
const DAY = 24 * 3_600_000

/** @param days from now until it runs out; it began fourteen days before that. */
export async function selfIssued(name: string, days = 7): Promise<SelfIssued> {
  const notAfter = later(instant(Date.now()), days * DAY)
  const notBefore = later(notAfter, -14 * DAY)
  const { certificate } = await issued(name, { use: 'root', subject: [['CN', name]], notBefore, notAfter })
  const key = privateKeyOf(name).export({ type: 'pkcs8', format: 'pem' }).toString()
  return { certificate: writePem('CERTIFICATE', certificate.der), key, der: certificate.der }
}
