import { type ClientId, formatId, memberOf, type ServerId } from '../protocol/identifiers.ts'
import { authCertHash } from './directory.ts'
import { writeChainHead, writeGeneration } from './generation.ts'
import type {
  AcmeServer,
  ApprovedCa,
  ApprovedTsa,
  CaCertificate,
  ConfigurationSource,
  CostType,
  Der,
  GlobalGroup,
  Member,
  MemberClass,
  ParametersVersion,
  SharedParameters,
} from './shared-parameters.ts'
import { element, octetsElement, optionalElement, textElement, xmlDocument } from './xml-element.ts'
import { XROAD } from './xml-form.ts'
import { IDENTIFIERS, writeIdentifier } from './xml-identifiers.ts'

/** A server as the registry knows it: with its authentication certificates (DER), which each version digests in its own way. */
export type ServerDraft = {
  readonly id: ServerId
  readonly address?: string
  readonly authCertificates: readonly Uint8Array[]
  /** Without the owner, and without clients that are disabled for now. */
  readonly clients: readonly ClientId[]
  readonly maintenance?: { readonly message?: string }
}
/** What the registry says, to be published in every version. Owners and clients of `servers` are among `members`. */
export type SharedParametersDraft = Omit<SharedParameters<Der>, 'version' | 'servers' | 'sha512'> & {
  readonly servers: readonly ServerDraft[]
}

/**
 * shared-params.xml in one version, in the order of its schema, which stock clients hold it to.
 *
 * Elements of a later version stay out. In versions 2 to 4 a server in maintenance loses its subsystems, so that peers who cannot read
 * the marker stop calling it. The generation goes into the open tail, which version 2 has not.
 * Throws when a server's owner or client is not among the members. Source: X-Road PR-GCONF and the published schemas.
 */
export function writeSharedParameters(draft: SharedParametersDraft, version: ParametersVersion): Uint8Array {
  const ids = idsOf(draft.members)
  return xmlDocument('x:conf', { x: XROAD, id: IDENTIFIERS }, [
    textElement('instanceIdentifier', draft.instance),
    ...(version >= 3 ? draft.sources.map(writeSource) : []),
    ...draft.approvedCas.map((ca) => writeApprovedCa(ca, version)),
    ...draft.approvedTsas.map((tsa) => writeTsa(tsa, version)),
    ...draft.members.map((member) => writeMember(member, ids, version)),
    ...draft.servers.map((server) => writeServer(server, ids, version)),
    ...draft.globalGroups.map(writeGroup),
    element(
      'globalSettings',
      ...draft.memberClasses.map(writeMemberClass),
      textElement('ocspFreshnessSeconds', draft.ocspFreshnessSeconds),
    ),
    version >= 3 && draft.generation ? writeGeneration(draft.generation) : '',
    ...(version >= 3 ? (draft.chainHeads ?? []).map(writeChainHead) : []),
  ])
}

/** The ids that servers refer by, as stock servers count them: they mean nothing outside the file. */
type Ids = ReadonlyMap<string, string>

function idsOf(members: readonly Member[]): Ids {
  const ids = new Map<string, string>()
  for (const { id, subsystems } of members)
    for (const client of [id, ...subsystems.map((subsystem) => subsystem.id)]) {
      if (ids.has(formatId(client))) throw new Error(`${formatId(client)} is among the members twice`)
      ids.set(formatId(client), `id${ids.size}`)
    }
  return ids
}

function idOf(client: ClientId, ids: Ids): string {
  const id = ids.get(formatId(client))
  if (id === undefined) throw new Error(`${formatId(client)} is not among the members`)
  return id
}

const writeSource = (source: ConfigurationSource): string =>
  element(
    'source',
    textElement('address', source.address),
    ...source.internalCertificates.map((der) => octetsElement('internalVerificationCert', der)),
    ...source.externalCertificates.map((der) => octetsElement('externalVerificationCert', der)),
  )

const writeApprovedCa = (ca: ApprovedCa<Der>, version: ParametersVersion): string =>
  element(
    'approvedCA',
    textElement('name', ca.name),
    textElement('authenticationOnly', ca.authenticationOnly),
    writeCa('topCA', ca.top, version),
    ...ca.intermediates.map((intermediate) => writeCa('intermediateCA', intermediate, version)),
    textElement('certificateProfileInfo', ca.profile),
    version >= 6 ? optionalElement('defaultCsrFormat', ca.defaultCsrFormat) : '',
    version >= 3 && ca.acme ? writeAcme(ca.acme, version) : '',
  )

const writeCa = (name: string, { certificate, ocsp }: CaCertificate<Der>, version: ParametersVersion): string =>
  element(
    name,
    octetsElement('cert', certificate.der),
    ...ocsp.map((responder) =>
      element(
        'ocsp',
        textElement('url', responder.url),
        responder.certificate ? octetsElement('cert', responder.certificate.der) : '',
        writeCost(responder.costType, version),
      ),
    ),
  )

const writeCost = (costType: CostType | undefined, version: ParametersVersion): string =>
  version >= 6 ? optionalElement('costType', costType) : ''

const writeAcme = (acme: AcmeServer, version: ParametersVersion): string =>
  element(
    'acmeServer',
    textElement('directoryURL', acme.directoryUrl),
    optionalElement('ipAddress', acme.ipAddress),
    version >= 4 ? optionalElement('authenticationCertificateProfileId', acme.authenticationProfileId) : '',
    version >= 4 ? optionalElement('signingCertificateProfileId', acme.signingProfileId) : '',
  )

const writeTsa = (tsa: ApprovedTsa<Der>, version: ParametersVersion): string =>
  element(
    'approvedTSA',
    textElement('name', tsa.name),
    textElement('url', tsa.url),
    octetsElement('cert', tsa.certificate.der),
    writeCost(tsa.costType, version),
  )

const writeMemberClass = ({ code, description }: MemberClass): string =>
  element('memberClass', textElement('code', code), textElement('description', description))

function writeMember({ id, name, classDescription, subsystems }: Member, ids: Ids, version: ParametersVersion): string {
  const inside = [
    writeMemberClass({ code: id.memberClass, description: classDescription }),
    textElement('memberCode', id.memberCode),
    textElement('name', name),
    ...subsystems.map((subsystem) => {
      const named = version >= 5 ? optionalElement('subsystemName', subsystem.name) : ''
      return `<subsystem id="${idOf(subsystem.id, ids)}">${textElement('subsystemCode', subsystem.id.subsystemCode ?? '')}${named}</subsystem>`
    }),
  ]
  return `<member id="${idOf(id, ids)}">${inside.join('')}</member>`
}

function writeServer(server: ServerDraft, ids: Ids, version: ParametersVersion): string {
  const clients = server.maintenance && version < 5 ? server.clients.filter((client) => client.subsystemCode === undefined) : server.clients
  return element(
    'securityServer',
    textElement('owner', idOf(memberOf(server.id), ids)),
    textElement('serverCode', server.id.serverCode),
    optionalElement('address', server.address),
    ...server.authCertificates.map((der) => textElement('authCertHash', authCertHash(version, der))),
    ...clients.map((client) => textElement('client', idOf(client, ids))),
    version >= 5 && server.maintenance ? element('inMaintenanceMode', optionalElement('message', server.maintenance.message)) : '',
  )
}

const writeGroup = ({ code, description, members }: GlobalGroup): string =>
  element(
    'globalGroup',
    textElement('groupCode', code),
    textElement('description', description),
    ...members.map((client) => writeIdentifier('groupMember', client)),
  )
