import type { ClientId, MemberId, ServerId } from '../protocol/identifiers.ts'
import type { Certificate } from './certificates.ts'

/** Anything with its DER at hand; a writer needs no more of a certificate. */
export type Der = { readonly der: Uint8Array }
export type ParametersVersion = 2 | 3 | 4 | 5 | 6
export const PARAMETERS_VERSIONS: readonly ParametersVersion[] = [2, 3, 4, 5, 6]
export type CostType = 'FREE' | 'PAID' | 'UNDEFINED'

export type OcspResponder<C extends Der = Certificate> = { readonly url: string; readonly certificate?: C; readonly costType?: CostType }
export type CaCertificate<C extends Der = Certificate> = { readonly certificate: C; readonly ocsp: readonly OcspResponder<C>[] }
export type AcmeServer = {
  readonly directoryUrl: string
  readonly ipAddress?: string
  readonly authenticationProfileId?: string
  readonly signingProfileId?: string
}
export type ApprovedCa<C extends Der = Certificate> = {
  readonly name: string
  /** true: issues only TLS certificates; its certificates never sign a message. */
  readonly authenticationOnly: boolean
  /** The Java class name in the file: an opaque name for the rule that finds the member in a subject. */
  readonly profile: string
  readonly top: CaCertificate<C>
  readonly intermediates: readonly CaCertificate<C>[]
  readonly defaultCsrFormat?: 'PEM' | 'DER'
  readonly acme?: AcmeServer
}
export type ApprovedTsa<C extends Der = Certificate> = {
  readonly name: string
  readonly url: string
  readonly certificate: C
  readonly costType?: CostType
}

export type MemberClass = { readonly code: string; readonly description: string }
export type Subsystem = { readonly id: ClientId; readonly name?: string }
export type Member = {
  readonly id: MemberId
  readonly name: string
  readonly classDescription: string
  readonly subsystems: readonly Subsystem[]
}
export type GlobalGroup = { readonly code: string; readonly description: string; readonly members: readonly ClientId[] }

export type ServerEntry = {
  readonly id: ServerId
  /** Where peers connect. A server without one serves its own clients only. */
  readonly address?: string
  /** Base64: SHA-1 of the authentication certificate in version 2, SHA-256 from 3 on. */
  readonly authCertHashes: readonly string[]
  /** Without the owner, who counts as a client all the same. */
  readonly clients: readonly ClientId[]
  readonly maintenance?: { readonly message?: string }
}

/** A node of the centre: where it publishes, and the certificates (DER) whose keys may sign there. */
export type ConfigurationSource = {
  readonly address: string
  readonly internalCertificates: readonly Uint8Array[]
  readonly externalCertificates: readonly Uint8Array[]
}

/**
 * Our own lines in the open tail (version 3 and up): which publication this is, and which one it follows.
 * `previous` is the SHA-512 (hex) of the shared-params.xml before it, in the same version; absent in the first.
 */
export type Generation = { readonly serial: number; readonly previous?: string }

/** Where a server's chain of evidence stood at the end of a day, and the stamp over that: SHA-512 (hex) both. Ours too, in the open tail. */
export type ChainHead = {
  readonly server: ServerId
  readonly day: string
  readonly position: number
  readonly head: string
  readonly stamp: string
}

/** One instance's shared-params.xml, versions 2 to 6. Source: X-Road PR-GCONF and the published schemas. */
export type SharedParameters<C extends Der = Certificate> = {
  readonly version: ParametersVersion
  readonly instance: string
  readonly sources: readonly ConfigurationSource[]
  readonly approvedCas: readonly ApprovedCa<C>[]
  readonly approvedTsas: readonly ApprovedTsa<C>[]
  readonly members: readonly Member[]
  readonly servers: readonly ServerEntry[]
  readonly globalGroups: readonly GlobalGroup[]
  readonly memberClasses: readonly MemberClass[]
  readonly ocspFreshnessSeconds: number
  readonly generation?: Generation
  readonly chainHeads?: readonly ChainHead[]
  /** SHA-512 (hex) of the file: the name under which evidence remembers the trust of its day. */
  readonly sha512: string
}
