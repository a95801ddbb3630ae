import { type ClientId, formatId, memberOf } from '../../protocol/identifiers.ts'
import type { Anchor } from '../anchor.ts'
import type { PrivateParameters } from '../private-parameters.ts'
import type { ApprovedCa, ApprovedTsa, CaCertificate, Der, Member } from '../shared-parameters.ts'
import type { ServerDraft, SharedParametersDraft } from '../write-shared-parameters.ts'
import type {
  ApprovedCaRecord,
  ApprovedTsaRecord,
  CaCertificateRecord,
  ChainHeadRecord,
  GroupMemberRecord,
  GroupRecord,
  InstanceRecord,
  MemberClassRecord,
  MemberRecord,
  ServerRecord,
  SigningKeyRecord,
  SubsystemRecord,
} from './records.ts'

/** Everything a configuration is made of, as the registry holds it. */
export type Records = {
  readonly instance: InstanceRecord
  readonly memberClasses: readonly MemberClassRecord[]
  readonly members: readonly MemberRecord[]
  readonly subsystems: readonly SubsystemRecord[]
  readonly servers: readonly ServerRecord[]
  readonly groups: readonly GroupRecord[]
  readonly groupMembers: readonly GroupMemberRecord[]
  readonly cas: readonly ApprovedCaRecord[]
  readonly tsas: readonly ApprovedTsaRecord[]
  readonly signingKeys: readonly SigningKeyRecord[]
  readonly heads: readonly ChainHeadRecord[]
  /** Anchors of federated instances. */
  readonly anchors: readonly Anchor[]
}

/** What is to be published: all that may change but the generation, which the publication counts. */
export type Content = { readonly shared: Omit<SharedParametersDraft, 'generation'>; readonly private: PrivateParameters }

/** Kept by the centre itself: every member that owns a server. Source: X-Road UG-CS, security-server-owners. */
export const OWNERS_GROUP = 'security-server-owners'

/** What the configuration says. Disabled clients are left out; the group of server owners is counted from the servers. */
export function contentOf(records: Records): Content {
  const { instance, memberClasses, members, subsystems, servers, signingKeys } = records
  const signers = signingKeys.map(({ certificate }) => bytesOf(certificate))
  const certificate = instance.registrationCertificate
  return {
    shared: {
      instance: instance.instance,
      sources: instance.addresses.map((address) => ({ address, internalCertificates: signers, externalCertificates: signers })),
      approvedCas: records.cas.map(caOf),
      approvedTsas: records.tsas.map(tsaOf),
      members: membersOf(members, subsystems, memberClasses),
      servers: servers.map(serverOf),
      globalGroups: groupsOf(records),
      ...(records.heads.length > 0 ? { chainHeads: records.heads } : {}),
      memberClasses,
      ocspFreshnessSeconds: instance.policy.ocspFreshnessSeconds,
    },
    private: {
      instance: instance.instance,
      anchors: records.anchors,
      managementService: {
        authCertRegAddress: instance.registrationUrl,
        ...(certificate === undefined ? {} : { authCertRegCertificate: bytesOf(certificate) }),
        provider: instance.provider,
      },
      timeStampingIntervalSeconds: instance.policy.timeStampingIntervalSeconds,
    },
  }
}

function membersOf(
  members: readonly MemberRecord[],
  subsystems: readonly SubsystemRecord[],
  classes: readonly MemberClassRecord[],
): readonly Member[] {
  const descriptions = new Map(classes.map(({ code, description }) => [code, description]))
  const byMember = Map.groupBy(subsystems, ({ id }) => formatId(memberOf(id)))
  return members.map(({ id, name }) => ({
    id,
    name,
    classDescription: descriptions.get(id.memberClass) ?? id.memberClass,
    subsystems: byMember.get(formatId(id)) ?? [],
  }))
}

const serverOf = ({ id, address, certificates, clients, maintenance }: ServerRecord): ServerDraft => ({
  id,
  ...(address === undefined ? {} : { address }),
  authCertificates: certificates.map(bytesOf),
  clients: clients.filter(({ disabled }) => !disabled).map((client) => client.id),
  ...(maintenance ? { maintenance } : {}),
})

function groupsOf({ groups, groupMembers, servers }: Records) {
  const byGroup = Map.groupBy(groupMembers, ({ code }) => code)
  const owners = new Map<string, ClientId>(servers.map(({ id }) => [formatId(memberOf(id)), memberOf(id)]))
  const own = { code: OWNERS_GROUP, description: 'Security server owners', members: [...owners.values()] }
  const named = groups.map(({ code, description }) => ({ code, description, members: (byGroup.get(code) ?? []).map(({ id }) => id) }))
  return owners.size > 0 ? [...named, own] : named
}

const caOf = (ca: ApprovedCaRecord): ApprovedCa<Der> => ({
  ...ca,
  top: caCertificateOf(ca.top),
  intermediates: ca.intermediates.map(caCertificateOf),
})
const caCertificateOf = ({ certificate, ocsp }: CaCertificateRecord): CaCertificate<Der> => ({
  certificate: derOf(certificate),
  ocsp: ocsp.map(({ certificate: listed, ...responder }) => ({
    ...responder,
    ...(listed === undefined ? {} : { certificate: derOf(listed) }),
  })),
})
const tsaOf = ({ certificate, ...tsa }: ApprovedTsaRecord): ApprovedTsa<Der> => ({ ...tsa, certificate: derOf(certificate) })

const bytesOf = (base64: string): Uint8Array => Buffer.from(base64, 'base64')
const derOf = (base64: string): Der => ({ der: bytesOf(base64) })
