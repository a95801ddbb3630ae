import { ok } from '../base/result.ts'
import { type FaultCode, type Outcome, refuse } from '../protocol/faults.ts'
import type { MemberId } from '../protocol/identifiers.ts'
import type { Certificate } from './certificates.ts'
import { type AttributeName, attributeValue } from './names.ts'

/** What a profile reads: one subject attribute, undefined when there is none. */
type Subject = (attribute: AttributeName) => string | undefined
type Read = (subject: Subject, claimed: MemberId) => MemberId | undefined
type Profile = { readonly missing: FaultCode; readonly read: Read }

const PACKAGE = 'ee.ria.xroad.common.certificateprofile.impl.'
const SUFFIX = 'CertificateProfileInfoProvider'

/** A member, when every component is there. */
const member = (instance?: string, memberClass?: string, memberCode?: string): MemberId | undefined =>
  instance && memberClass && memberCode ? { instance, memberClass, memberCode } : undefined

const ejbca: Read = (subject) => member(subject('C'), subject('O'), subject('CN'))

const fivrk: Read = (subject) => {
  const serialNumber = subject('serialNumber')
  if (serialNumber === undefined && subject('OU') === undefined) return ejbca(subject, NOBODY)
  if (subject('C') !== 'FI' || !subject('O')) return undefined
  if (serialNumber === undefined) return member(subject('O'), subject('OU'), subject('CN'))
  const parts = serialNumber.replace(/\/+$/, '').split('/') // Java drops empty parts at the end
  return parts.length === 3 ? member(parts[0], parts[2], subject('CN')) : undefined
}

const byUnit =
  (country: string): Read =>
  (subject) =>
    subject('C') === country && subject('serialNumber') ? member(subject('O'), subject('OU'), subject('CN')) : undefined

const is: Read = (subject, claimed) =>
  subject('serialNumber') === undefined && subject('OU') === undefined ? ejbca(subject, claimed) : byUnit('IS')(subject, claimed)

/** The certificate does not prove the instance: it is the one the message names, and the issuer must be approved there. */
const basic: Read = (subject, { instance }) => member(instance, subject('businessCategory'), subject('serialNumber'))

const ORGANISATIONS: readonly (readonly [prefix: string, memberClass: string])[] = [
  ['NTREE-', 'COM'],
  ['GO:EE-', 'GOV'],
  ['NP:EE-', 'NGO'],
]
const skKlass3: Read = (subject, { instance }) => {
  const organisation = subject('organizationIdentifier')
  if (organisation === undefined) return registryCode(instance, subject('serialNumber') ?? '')
  const known = ORGANISATIONS.find(([prefix]) => organisation.startsWith(prefix))
  return known ? member(instance, known[1], organisation.slice(6)) : member(instance, 'NEE', organisation)
}
function registryCode(instance: string, code: string): MemberId | undefined {
  if (!/^[1-9]\d{7}$/.test(code)) return undefined
  return member(instance, code < '7' ? 'COM' : code < '8' ? 'GOV' : 'NGO', code)
}

const skEsteId: Read = (subject, { instance }) => member(instance, 'PERSON', subject('serialNumber'))

const NOBODY: MemberId = { instance: '', memberClass: '', memberCode: '' }

const PROFILES: ReadonlyMap<string, Profile> = new Map<string, Profile>([
  ['Ejbca', { missing: 'incorrect_certificate', read: ejbca }],
  ['FiVRK', { missing: 'incorrect_certificate', read: fivrk }],
  ['Is', { missing: 'incorrect_certificate', read: is }],
  ['Fo', { missing: 'incorrect_certificate', read: byUnit('FO') }],
  ['Basic', { missing: 'incorrect_certificate', read: basic }],
  ['BasicACME', { missing: 'invalid_certificate', read: basic }],
  ['SkKlass3', { missing: 'invalid_certificate', read: skKlass3 }],
  ['SkEsteId', { missing: 'invalid_certificate', read: skEsteId }],
])

/** The Java class name that a configuration carries for 'Ejbca', 'Basic' and so on. */
export const profileClass = (name: 'Ejbca' | 'FiVRK' | 'Is' | 'Fo' | 'Basic' | 'BasicACME' | 'SkKlass3' | 'SkEsteId'): string =>
  `${PACKAGE}${name}${SUFFIX}`

function profileNamed(className: string): Profile | undefined {
  if (!className.startsWith(PACKAGE) || !className.endsWith(SUFFIX)) return undefined
  return PROFILES.get(className.slice(PACKAGE.length, -SUFFIX.length))
}

/** Is there such a profile, by its Java class name? */
export const isKnownProfile = (className: string): boolean => profileNamed(className) !== undefined

/**
 * The member a signing certificate speaks for, by the profile of its CA. Comparing it with the expected one is the caller's: exactly, in
 * all three components.
 *
 * @param className the Java class name in the configuration
 * @param claimed   the member the message names: lends its instance to profiles that do not prove it
 * Refused: unknown profile 'internal_error'; an attribute missing 'incorrect_certificate' or 'invalid_certificate', by profile.
 * Source: X-Road UG-CS §certificate profiles, the certificateprofile classes. A value holding , + " \ < > ; = or a leading #, or blanks at an
 * end, comes out escaped and so equals no member: as in stock servers.
 */
export function memberInCertificate(certificate: Certificate, className: string, claimed: MemberId): Outcome<MemberId> {
  const profile = profileNamed(className)
  if (!profile) return refuse('internal_error', `unknown certificate profile ${className}`)
  const found = profile.read((attribute) => escaped(attributeValue(certificate.subject, attribute)), claimed)
  return found ? ok(found) : refuse(profile.missing, `${certificate.subject.text} does not name a member by ${className}`)
}

/** How the stock reader sees a value: escaped as in RFC 2253. */
function escaped(value: string | undefined): string | undefined {
  const inner = value?.replace(/[,"\\+=<>;]/g, '\\$&').replace(/^#/, '\\#')
  return inner?.replace(/^ +/, (blanks) => blanks.replaceAll(' ', '\\ ')).replace(/ $/, '\\ ')
}
