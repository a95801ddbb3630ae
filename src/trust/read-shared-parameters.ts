import { base64, hex, sha512 } from '../protocol/digests.ts'
import type { Outcome } from '../protocol/faults.ts'
import { type ClientId, componentFault, type MemberId } from '../protocol/identifiers.ts'
import type { XmlElement } from '../protocol/xml.ts'
import { attribute, descendants, textOf } from '../protocol/xml-lookup.ts'
import type { Certificate } from './certificates.ts'
import { readChainHeads, readGeneration } from './generation.ts'
import {
  type AcmeServer,
  type ApprovedCa,
  type ApprovedTsa,
  type CaCertificate,
  type ConfigurationSource,
  type CostType,
  type GlobalGroup,
  type Member,
  type MemberClass,
  type OcspResponder,
  PARAMETERS_VERSIONS,
  type ParametersVersion,
  type ServerEntry,
  type SharedParameters,
} from './shared-parameters.ts'
import { form, notOfForm, type Parts, partsOf, readForm } from './xml-form.ts'
import { readClientElement } from './xml-identifiers.ts'
import { base64Of, booleanOf, certificateReader, integerOf, keyHolderOf, mustBe, wordOf } from './xml-values.ts'

const BEFORE_V3 = [
  'instanceIdentifier',
  'approvedCA*',
  'approvedTSA*',
  'member*',
  'securityServer*',
  'globalGroup*',
  'centralService*',
  'globalSettings',
]
const CONF_V2 = form(BEFORE_V3)
const CONF = form(BEFORE_V3.toSpliced(1, 0, 'source+'), 'open')
const SOURCE = form(['address', 'internalVerificationCert*', 'externalVerificationCert*'])
const APPROVED_CA = form([
  'name',
  'authenticationOnly?',
  'topCA',
  'intermediateCA*',
  'certificateProfileInfo',
  'defaultCsrFormat?',
  'acmeServer?',
])
const CA = form(['cert', 'ocsp*'])
const OCSP = form(['url', 'cert?', 'costType?'])
const ACME = form(['directoryURL', 'ipAddress?', 'authenticationCertificateProfileId?', 'signingCertificateProfileId?'])
const TSA = form(['name', 'url', 'cert', 'costType?'])
const MEMBER_CLASS = form(['code', 'description'])
const MEMBER = form(['memberClass', 'memberCode', 'name', 'subsystem*'])
const SUBSYSTEM = form(['subsystemCode', 'subsystemName?'])
const SERVER = form(['owner', 'serverCode', 'address?', 'authCertHash*', 'client*', 'inMaintenanceMode?'])
const MAINTENANCE = form(['message?'])
const GROUP = form(['groupCode', 'description', 'groupMember*'])
const SETTINGS = form(['memberClass*', 'ocspFreshnessSeconds'])
const COST_TYPES: readonly CostType[] = ['FREE', 'PAID', 'UNDEFINED']

/**
 * One shared-params.xml of version 2 to 6. Refused with 'malformed_global_conf'.
 *
 * Held to the schema's order and numbers; what a later version added inside an element is read in every version, as some centres wrote it;
 * what follows the last element is left to later versions.
 *
 * @param version as the directory or the file's metadata says; without it the lowest version that allows what is in the file
 */
export function readSharedParameters(bytes: Uint8Array, version?: number): Outcome<SharedParameters> {
  return readForm('malformed_global_conf', bytes, 'conf', (root) => {
    const known = PARAMETERS_VERSIONS.find((each) => each === (version ?? versionOf(root)))
    if (!known) return notOfForm(`version ${version} is not one of ${PARAMETERS_VERSIONS.join(', ')}`)
    return readConf(partsOf(root, known === 2 ? CONF_V2 : CONF), known, hex(sha512(bytes)))
  })
}

/** What only that version and later ones can hold. */
const SINCE = new Map<string, ParametersVersion>([
  ['source', 3],
  ['acmeServer', 3],
  ['authenticationCertificateProfileId', 4],
  ['signingCertificateProfileId', 4],
  ['subsystemName', 5],
  ['inMaintenanceMode', 5],
  ['costType', 6],
  ['defaultCsrFormat', 6],
])

function versionOf(root: XmlElement): ParametersVersion {
  let version: ParametersVersion = 2
  for (const { uri, local } of descendants(root)) {
    const since = uri === '' ? SINCE.get(local) : undefined
    if (since && since > version) version = since
  }
  return version
}

function readConf(conf: Parts, version: ParametersVersion, digest: string): SharedParameters {
  const certificate = certificateReader()
  const instance = conf.text('instanceIdentifier')
  const clients = new Map<string, ClientId>()
  const members = conf.all('member').map((element) => readMember(element, instance, clients))
  const settings = partsOf(conf.one('globalSettings'), SETTINGS)
  const generation = readGeneration(conf.tail)
  const chainHeads = readChainHeads(conf.tail)
  return {
    version,
    instance: checked(instance, 'instanceIdentifier'),
    sources: conf.all('source').map(readSource),
    approvedCas: conf.all('approvedCA').map((element) => readApprovedCa(element, certificate)),
    approvedTsas: conf.all('approvedTSA').map((element) => readTsa(element, certificate)),
    members,
    servers: conf.all('securityServer').map((element) => readServer(element, clients)),
    globalGroups: conf.all('globalGroup').map(readGroup),
    memberClasses: settings.all('memberClass').map(readMemberClass),
    ocspFreshnessSeconds: integerOf(settings.one('ocspFreshnessSeconds'), 1),
    ...(generation && { generation }),
    ...(chainHeads.length > 0 && { chainHeads }),
    sha512: digest,
  }
}

type ReadCertificate = (element: XmlElement) => Certificate
/** The pair of a name and a value, or nothing to spread. */
const optional = <Name extends string, T>(name: Name, value: T | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { readonly [name in Name]?: T }
const checked = (value: string, where: string): string => {
  const why = componentFault(value)
  return why ? notOfForm(`<${where}>: ${why}`) : value
}

function readSource(element: XmlElement): ConfigurationSource {
  const source = partsOf(element, SOURCE)
  return {
    address: source.text('address'),
    internalCertificates: source.all('internalVerificationCert').map(keyHolderOf),
    externalCertificates: source.all('externalVerificationCert').map(keyHolderOf),
  }
}

function readApprovedCa(element: XmlElement, certificate: ReadCertificate): ApprovedCa {
  const ca = partsOf(element, APPROVED_CA)
  const only = ca.maybe('authenticationOnly')
  const csr = ca.maybe('defaultCsrFormat')
  return {
    name: ca.text('name'),
    authenticationOnly: only !== undefined && booleanOf(only),
    profile: ca.text('certificateProfileInfo').trim(),
    top: readCa(ca.one('topCA'), certificate),
    intermediates: ca.all('intermediateCA').map((each) => readCa(each, certificate)),
    ...optional('defaultCsrFormat', csr && wordOf(csr, ['PEM', 'DER'])),
    ...optional('acme', readAcme(ca.maybe('acmeServer'))),
  }
}

function readCa(element: XmlElement, certificate: ReadCertificate): CaCertificate {
  const ca = partsOf(element, CA)
  return { certificate: certificate(ca.one('cert')), ocsp: ca.all('ocsp').map((each) => readOcsp(each, certificate)) }
}

function readOcsp(element: XmlElement, certificate: ReadCertificate): OcspResponder {
  const ocsp = partsOf(element, OCSP)
  const cert = ocsp.maybe('cert')
  return { url: ocsp.text('url').trim(), ...optional('certificate', cert && certificate(cert)), ...costOf(ocsp) }
}

function costOf(parts: Parts): { readonly costType?: CostType } {
  const cost = parts.maybe('costType')
  return optional('costType', cost && wordOf(cost, COST_TYPES))
}

function readAcme(element: XmlElement | undefined): AcmeServer | undefined {
  if (!element) return undefined
  const acme = partsOf(element, ACME)
  return {
    directoryUrl: acme.text('directoryURL'),
    ...optional('ipAddress', acme.maybeText('ipAddress')),
    ...optional('authenticationProfileId', acme.maybeText('authenticationCertificateProfileId')),
    ...optional('signingProfileId', acme.maybeText('signingCertificateProfileId')),
  }
}

function readTsa(element: XmlElement, certificate: ReadCertificate): ApprovedTsa {
  const tsa = partsOf(element, TSA)
  return { name: tsa.text('name'), url: tsa.text('url').trim(), certificate: certificate(tsa.one('cert')), ...costOf(tsa) }
}

function readMemberClass(element: XmlElement): MemberClass {
  const memberClass = partsOf(element, MEMBER_CLASS)
  return { code: checked(memberClass.text('code'), 'code'), description: memberClass.text('description') }
}

/** Reads a member and enters it and its subsystems under their ids, which mean nothing outside the file. */
function readMember(element: XmlElement, instance: string, clients: Map<string, ClientId>): Member {
  const member = partsOf(element, MEMBER)
  const { code, description } = readMemberClass(member.one('memberClass'))
  const id: MemberId = { instance, memberClass: code, memberCode: checked(member.text('memberCode'), 'memberCode') }
  enter(element, id, clients)
  const subsystems = member.all('subsystem').map((each) => {
    const subsystem = partsOf(each, SUBSYSTEM)
    const subsystemId = { ...id, subsystemCode: checked(subsystem.text('subsystemCode'), 'subsystemCode') }
    enter(each, subsystemId, clients)
    return { id: subsystemId, ...optional('name', subsystem.maybeText('subsystemName')) }
  })
  return { id, name: member.text('name'), classDescription: description, subsystems }
}

function enter(element: XmlElement, id: ClientId, clients: Map<string, ClientId>): void {
  const key = attribute(element, 'id')?.trim()
  if (key === undefined) return
  if (clients.has(key)) notOfForm(`id ${key} is given twice`)
  clients.set(key, id)
}

function readServer(element: XmlElement, clients: ReadonlyMap<string, ClientId>): ServerEntry {
  const server = partsOf(element, SERVER)
  const { subsystemCode, ...owner } = clientAt(server.one('owner'), clients)
  if (subsystemCode !== undefined) notOfForm('the owner of a server is a subsystem')
  const message = server.maybe('inMaintenanceMode') && partsOf(server.one('inMaintenanceMode'), MAINTENANCE).maybeText('message')
  return {
    id: { ...owner, serverCode: checked(server.text('serverCode'), 'serverCode') },
    ...optional('address', server.maybeText('address')?.trim() || undefined),
    authCertHashes: server.all('authCertHash').map((each) => base64(base64Of(each))),
    clients: server.all('client').map((each) => clientAt(each, clients)),
    ...optional('maintenance', server.maybe('inMaintenanceMode') && optional('message', message)),
  }
}

function clientAt(element: XmlElement, clients: ReadonlyMap<string, ClientId>): ClientId {
  const key = textOf(element).trim()
  return clients.get(key) ?? notOfForm(`<${element.name}> refers to ${key}, which is no member or subsystem`)
}

/** A centre may label a subsystem MEMBER: the components decide. */
function readGroup(element: XmlElement): GlobalGroup {
  const group = partsOf(element, GROUP)
  const code = group.text('groupCode')
  const members = group.all('groupMember').map((each) => mustBe(readClientElement(each, 'derived'), `group ${code}`))
  return { code, description: group.text('description'), members }
}
