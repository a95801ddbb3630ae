import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { PURPOSES } from '../../trust/certificate-extensions.ts'
import { type Certificate, isIssuedBy, readCertificate } from '../../trust/certificates.ts'
import { isKnownProfile } from '../../trust/profiles.ts'
import { checkName } from '../../trust/registry/names.ts'
import { type ApprovedCaRecord, type ApprovedTsaRecord, type CaCertificateRecord, KEYS } from '../../trust/registry/records.ts'
import type { Work } from '../register/work.ts'

/**
 * Approves a certification service. Refused with 'incorrect_certificate' (no certificate, or not an authority's), 'bad_request' (profile, addresses),
 * 'conflict' when another service has the name of its subject: peers look authorities up by it.
 */
export async function putCa(work: Work, ca: ApprovedCaRecord): Promise<Outcome<ApprovedCaRecord>> {
  const named = checkName(ca.name, 'name')
  if (!named.ok) return named
  if (!isKnownProfile(ca.profile)) return refuse('bad_request', `no certificate profile is called ${ca.profile.slice(0, 200)}`)
  const top = authorityIn(ca.top)
  if (!top.ok) return top
  for (const intermediate of ca.intermediates) {
    const read = authorityIn(intermediate)
    if (!read.ok) return read
    if (!isIssuedBy(read.value, top.value))
      return refuse('incorrect_certificate', `${ca.name}: its top did not issue ${read.value.subject.text}`)
  }
  for (const { key, value } of await work.list<ApprovedCaRecord>('registry/ca/')) {
    const other = authorityIn(value.top)
    const isOther = key !== KEYS.ca(ca.name)
    if (isOther && other.ok && value.top.certificate === ca.top.certificate)
      return refuse('conflict', `${value.name} is that authority already`)
  }
  work.put(KEYS.ca(ca.name), ca)
  return ok(ca)
}

export async function removeCa(work: Work, name: string): Promise<Outcome<true>> {
  if (!(await work.get(KEYS.ca(name)))) return refuse('not_found', `certification service ${name}`)
  work.put(KEYS.ca(name), null)
  return ok(true)
}

/** Refused with 'incorrect_certificate' when the certificate is not for stamping time. */
export async function putTsa(work: Work, tsa: ApprovedTsaRecord): Promise<Outcome<ApprovedTsaRecord>> {
  for (const checked of [checkName(tsa.name, 'name'), checkUrl(tsa.url)]) if (!checked.ok) return checked
  const certificate = readCertificate(Buffer.from(tsa.certificate, 'base64'))
  if (!certificate.ok) return certificate
  if (!certificate.value.extendedKeyUsage?.has(PURPOSES.timeStamping))
    return refuse('incorrect_certificate', `${certificate.value.subject.text} is not for stamping time`)
  work.put(KEYS.tsa(tsa.name), tsa)
  return ok(tsa)
}

export async function removeTsa(work: Work, name: string): Promise<Outcome<true>> {
  if (!(await work.get(KEYS.tsa(name)))) return refuse('not_found', `time-stamping service ${name}`)
  work.put(KEYS.tsa(name), null)
  return ok(true)
}

function authorityIn({ certificate, ocsp }: CaCertificateRecord): Outcome<Certificate> {
  const read = readCertificate(Buffer.from(certificate, 'base64'))
  if (!read.ok) return read
  if (!read.value.ca) return refuse('incorrect_certificate', `${read.value.subject.text} is no authority`)
  for (const responder of ocsp) {
    const url = checkUrl(responder.url)
    if (!url.ok) return url
    const listed = responder.certificate === undefined ? ok(true as const) : readCertificate(Buffer.from(responder.certificate, 'base64'))
    if (!listed.ok) return listed
  }
  return read
}

/** An absolute http address without credentials. Refused with 'bad_request'. */
function checkUrl(url: string): Outcome<true> {
  const parsed = URL.parse(url)
  const fits = parsed && /^https?:$/.test(parsed.protocol) && parsed.username === '' && parsed.password === '' && url.length <= 255
  return fits ? ok(true) : refuse('bad_request', 'an address must begin with http:// or https:// and name a host')
}
