import { type ClientId, encodeComponent, formatId, type MemberId, type ServerId } from '../../protocol/identifiers.ts'
import type { AcmeServer, CostType } from '../shared-parameters.ts'

/** What a centre keeps, one record each under its key. Certificates are base64 of DER. Source of the terms: X-Road DM-CS. */

export type InstanceRecord = {
  readonly instance: string
  /** Hosts, with a port where it is not the usual one, that publish the configuration: 'centro.example', 'localhost:4510'. */
  readonly addresses: readonly string[]
  /** The subsystem that offers the management services. */
  readonly provider: ClientId
  /** Where a new node asks for its registration. */
  readonly registrationUrl: string
  /** DER base64: the TLS certificate that address must present; none where it has a public one. */
  readonly registrationCertificate?: string
  readonly policy: SurvivalPolicy
  readonly autoApprove: {
    readonly authCertReg: boolean
    readonly clientReg: boolean
    readonly ownerChange: boolean
    /** A further certificate for a server that is registered, asked for by its owner: what a renewal is. */
    readonly renewal?: boolean
  }
}

/** How long an exchange goes on without its centre. Published: the first as Expire-date, the second as ocspFreshnessSeconds. */
export type SurvivalPolicy = {
  readonly configurationHours: number
  readonly ocspFreshnessSeconds: number
  readonly timeStampingIntervalSeconds: number
}
export const USUAL_POLICY: SurvivalPolicy = { configurationHours: 96, ocspFreshnessSeconds: 12 * 3600, timeStampingIntervalSeconds: 60 }

export type MemberClassRecord = { readonly code: string; readonly description: string }
export type MemberRecord = { readonly id: MemberId; readonly name: string }
export type SubsystemRecord = { readonly id: ClientId; readonly name?: string }
export type ServerRecord = {
  readonly id: ServerId
  readonly address?: string
  readonly certificates: readonly string[]
  readonly clients: readonly { readonly id: ClientId; readonly disabled?: true }[]
  readonly maintenance?: { readonly message?: string }
}
export type GroupRecord = { readonly code: string; readonly description: string }
export type GroupMemberRecord = { readonly code: string; readonly id: ClientId }

type Responder = { readonly url: string; readonly certificate?: string; readonly costType?: CostType }
export type CaCertificateRecord = { readonly certificate: string; readonly ocsp: readonly Responder[] }
export type ApprovedCaRecord = {
  readonly name: string
  readonly authenticationOnly: boolean
  readonly profile: string
  readonly top: CaCertificateRecord
  readonly intermediates: readonly CaCertificateRecord[]
  readonly defaultCsrFormat?: 'PEM' | 'DER'
  readonly acme?: AcmeServer
}
export type ApprovedTsaRecord = {
  readonly name: string
  readonly url: string
  readonly certificate: string
  readonly costType?: CostType
}

/** A key that signs the configuration. Both are published from the moment they are 'waiting'; one signs; a retired one is published no more. */
export type SigningKeyRecord = {
  readonly id: string
  /** The key's name, as its holder knows it. */
  readonly key: string
  readonly algorithm: string
  readonly certificate: string
  readonly state: 'waiting' | 'signing' | 'leaving'
}
/** A partner's external anchor, as it was handed over. */
export type TrustedAnchorRecord = { readonly instance: string; readonly anchor: string; readonly fingerprint: string }

export const REQUEST_TYPES = [
  'authCertReg',
  'authCertDeletion',
  'clientReg',
  'clientDeletion',
  'clientDisable',
  'clientEnable',
  'clientRename',
  'ownerChange',
  'addressChange',
  'maintenanceModeEnable',
  'maintenanceModeDisable',
] as const
export type RequestType = (typeof REQUEST_TYPES)[number]
export type RequestStatus = 'WAITING' | 'APPROVED' | 'DECLINED' | 'REVOKED'
/** What a management request asks for. Source: X-Road PR-MSERV. */
export type Asked = {
  readonly type: RequestType
  readonly server: ServerId
  readonly client?: ClientId
  /** DER, base64. */
  readonly certificate?: string
  readonly address?: string
  readonly name?: string
  readonly message?: string
}
export type RequestRecord = Asked & {
  readonly id: number
  readonly origin: 'CENTER' | 'SECURITY_SERVER'
  readonly status: RequestStatus
  readonly askedBy: string
  readonly askedAt: number
  readonly decidedBy?: string
  readonly decidedAt?: number
  /** Why it was declined, for whoever asked. */
  readonly reason?: string
}

export type InvitationRecord = {
  readonly id: string
  /** SHA-256 (hex) of the secret: with this alone nobody gets in. */
  readonly digest: string
  readonly member: MemberId
  readonly serverCode?: string
  readonly expires: number
  readonly state: 'open' | 'used' | 'withdrawn'
  readonly askedBy: string
  /** 'QRO/GOB/DIF/S1' */
  readonly usedBy?: string
  /** Subsystems that are let on its server without being asked for one by one. */
  readonly subsystems?: readonly string[]
  /** Its own owner asked for it, for a server that is there and stays as it is: new certificates beside the old ones. */
  readonly renewal?: true
}

/**
 * A working key of the centre's own and its certificate (base64 of DER), one role each. prepared: made at the ceremony, for later. published: peers are
 * told. working: in use. leaving: no more used, still known. gone: only remembered. `ca`: the key of the authority that issued it, and for which a
 * responder answers.
 */
export type AuthorityRecord = {
  readonly role: 'ca' | 'ocsp' | 'tsa' | 'configuration'
  readonly number: number
  readonly key: string
  readonly algorithm: string
  readonly certificate: string
  readonly ca?: string
  readonly state: 'prepared' | 'published' | 'working' | 'leaving' | 'gone'
  readonly since: number
}
/** Where a server's chain of evidence stood at the end of a day: head and stamp as SHA-512 (hex). */
export type ChainHeadRecord = {
  readonly server: ServerId
  readonly day: string
  readonly position: number
  readonly head: string
  readonly stamp: string
}

/** An act that takes two people, waiting for the second. */
export type ProposalRecord = {
  readonly id: string
  readonly operation: string
  readonly parameters: Readonly<Record<string, string>>
  readonly body: unknown
  readonly askedBy: string
  readonly askedAt: number
  readonly expires: number
  readonly state: 'waiting' | 'approved' | 'declined'
  readonly decidedBy?: string
  readonly reason?: string
}
/** A glass that was broken, until somebody else has looked at it. */
export type AlarmRecord = {
  readonly id: string
  readonly operation: string
  readonly who: string
  readonly why: string
  readonly at: number
  readonly seenBy?: string
}

const part = encodeComponent
export const KEYS = {
  instance: 'registry/instance',
  memberClass: (code: string) => `registry/class/${part(code)}`,
  membersOfClass: (instance: string, code: string) => `registry/member/${part(instance)}/${part(code)}/`,
  member: (id: MemberId) => `registry/member/${formatId(id)}`,
  /** A subsystem's key begins with its member's and one '/'. */
  subsystem: (id: ClientId) => `registry/subsystem/${formatId(id)}`,
  server: (id: ServerId) => `registry/server/${formatId(id)}`,
  /** Which server a certificate is registered to, by its SHA-256 (hex). */
  certificate: (sha256: string) => `registry/certificate/${sha256}`,
  group: (code: string) => `registry/group/${part(code)}`,
  groupMembers: (code: string) => `registry/groupmember/${part(code)}/`,
  groupMember: (code: string, id: ClientId) => `registry/groupmember/${part(code)}/${formatId(id)}`,
  ca: (name: string) => `registry/ca/${part(name)}`,
  tsa: (name: string) => `registry/tsa/${part(name)}`,
  signingKey: (id: string) => `registry/signingkey/${part(id)}`,
  anchor: (instance: string) => `registry/anchor/${part(instance)}`,
  request: (id: number) => `registry/request/${String(id).padStart(9, '0')}`,
  /** The waiting request of a kind about a thing. */
  pending: (type: RequestType, about: string) => `registry/pending/${type}/${about}`,
  requests: 'registry/requests',
  /** A signed request that was taken in once, by its SHA-512 (hex). */
  taken: (sha512: string) => `registry/taken/${sha512}`,
  authority: (key: string) => `registry/authority/${part(key)}`,
  head: (id: ServerId) => `registry/head/${formatId(id)}`,
  invitation: (digest: string) => `registry/invitation/${digest}`,
  proposal: (id: string) => `registry/proposal/${id}`,
  alarm: (id: string) => `registry/alarm/${id}`,
} as const
