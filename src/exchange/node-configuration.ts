import type { Allowance } from '../metering/allowance.ts'
import type { ClientId, ServerId, ServiceId } from '../protocol/identifiers.ts'
import type { SignatureName } from '../protocol/sign.ts'
import type { AccessRight, Endpoint } from '../trust/access.ts'
import type { MessageLimits, Patience } from './limits.ts'
import type { Policy } from './policy.ts'
import type { Reach } from './reach/reach.ts'

/** Everything a node is told about itself, as data. Certificates are DER. */
export type NodeConfiguration = {
  readonly server: ServerId
  /** The certificate of our TLS key, registered with the centre; the key itself is known to the listener and to callPeer alone. */
  readonly authentication: { readonly certificate: Uint8Array; readonly intermediates: readonly Uint8Array[] }
  /** Where peers reach it, for the centre to publish. Absent: others registered the node, and look after that. */
  readonly address?: string
  readonly clients: readonly NodeClient[]
  readonly services: readonly NodeService[]
  readonly rights: readonly AccessRight[]
  /** Judged at the consumer's node before anything is signed or sent. None: nothing is asked. */
  readonly policies: readonly Policy[]
  /** What may still be spent, as the archive line last knew it. Absent: nobody set a ceiling. */
  readonly allowances?: readonly Allowance[]
  /** Where services may lie besides the public network. Absent: nowhere. */
  readonly reach?: Reach
  /** Present: the health check says so, in these words. Messages are served all the same. */
  readonly outOfService?: string
  /** true: nothing goes out while an alarm about the centre stands that nobody has looked at. */
  readonly stopOnAlarm?: boolean
  /** Absent: as much as passes the edges in the cloud. */
  readonly limits?: MessageLimits
  /** Absent: as long as the edges in the cloud wait. */
  readonly patience?: Patience
  /** The oldest version of a peer's software that is served, 'major.minor.patch'. Absent: any. Source: X-Road server-min-supported-client-version. */
  readonly oldestPeer?: string
  /** How peers' OCSP responses are had from themselves. Absent: at stock servers' port, when their authority's responders are silent. */
  readonly peerResponders?: PeerResponders
}

/** How the OCSP responses for peers' TLS certificates are had from the peers themselves, over plain HTTP. */
export type PeerResponders = {
  readonly port: number
  /** Whether the peer is asked before its authority's responders; else when those are silent. */
  readonly first: boolean
}

/**
 * How a client's information system must connect: NOSSL by any way, SSLNOAUTH by TLS, SSLAUTH by TLS with one of its certificates.
 * Source: X-Road security server user guide, "Communication with information systems".
 */
export type Connection = 'NOSSL' | 'SSLNOAUTH' | 'SSLAUTH'

/** A member or subsystem that speaks through this node. */
export type NodeClient = {
  readonly id: ClientId
  readonly connection: Connection
  /** SHA-256 (hex) of the DER of each certificate its systems may present. */
  readonly certificates: readonly string[]
  readonly signing: SigningKey
}

/** The member's signing key: its name as the holder knows it, and the certificates that go with it. */
export type SigningKey = {
  readonly key: string
  readonly algorithm: SignatureName
  readonly certificate: Uint8Array
  readonly intermediates: readonly Uint8Array[]
  /** One signature for all messages that wait, where the holder of the key is slow. Absent: one for each. */
  readonly batch?: boolean
}

export type NodeService = {
  readonly id: ServiceId
  readonly type: 'REST' | 'OPENAPI3' | 'WSDL'
  /** Where the service answers; what follows the service code in the caller's path is added to it. */
  readonly url: string
  /** Milliseconds the service may take; never more than 20,000 are given. */
  readonly timeoutMs: number
  readonly tls: ServiceTls
  /** Present: nobody is served, and everybody is told why. */
  readonly disabled?: { readonly notice: string }
  /** Whether evidence holds message bodies, or their sizes and digests only. */
  readonly keepBodies: 'full' | 'digest'
  /** Where the OpenAPI or WSDL document lies that describes it; fetched anew, by the same TLS rules, whenever somebody asks for it. */
  readonly description?: string
  /** Of a REST service: its endpoints, as its description or its operator names them. Others may be named by rights alone. */
  readonly endpoints?: readonly Endpoint[]
}

/** 'none' takes any certificate; 'pinned' only one of these (DER); 'verified' by the public authorities. */
export type ServiceTls =
  | { readonly kind: 'none' }
  | { readonly kind: 'verified' }
  | { readonly kind: 'pinned'; readonly certificates: readonly Uint8Array[] }

/** checkPolicy (./policy.ts) judges a call by one. */
export type { Policy }
