import type { Octets } from '../protocol/body.ts'
import type { Outcome } from '../protocol/faults.ts'
import type { ServerId } from '../protocol/identifiers.ts'
import type { Header } from '../protocol/rest-headers.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import type { AccessQuestion } from '../trust/access.ts'
import type { Trust } from '../trust/trust.ts'
import type { MessageLimits } from './limits.ts'
import type { Message, Reply } from './message.ts'
import type { MetadataAnswer } from './metadata/rest-metadata.ts'
import type { MonitoringPorts } from './monitoring/soap-monitoring.ts'
import type { NodeConfiguration, NodeService } from './node-configuration.ts'
import type { CallService, HttpCall, Log, NewId, ServiceAnswer } from './ports.ts'

export type { Reply } from './message.ts'

/** A peer's request taken apart: what the provider's node needs to know of it, whichever protocol it speaks. Nobody is believed yet. */
export type IncomingRequest = Message & {
  readonly documents: SignatureDocuments
  /** For the peer's TLS chain. */
  readonly ocsp: readonly Uint8Array[]
  /** The one server it is meant for; servers look at it in SOAP alone. Source: X-Road PR-TARGETSS. */
  readonly targetServer?: ServerId | undefined
  readonly access: AccessQuestion
  /** The types of services that take such a request. */
  readonly servedBy: readonly NodeService['type'][]
  /** What this node answers by itself; undefined: it is a call to a service, or to none. */
  readonly ownService: (node: NodeConfiguration, trust: Trust, ports: OwnServicePorts) => MetadataAnswer | undefined
  /** The call as the agency's service receives it. */
  readonly serviceCall: (service: NodeService) => Outcome<HttpCall>
  /** Whether the code of a failed call stands under 'service_failed', as stock servers write it for SOAP. */
  readonly failsUnderService: boolean
  /** The answer of the service, ready to be signed. A fault of the service is refused with `relayed`. */
  readonly answerWith: (answer: ServiceAnswer) => Outcome<OutgoingResponse>
}
export type OwnServicePorts = MonitoringPorts & { readonly callService: CallService; readonly log: Log; readonly newId: NewId }

/** An answer to be signed and kept, and its form on the way; refused when it is too large to travel, once it is kept. */
export type OutgoingResponse = Message & { readonly encode: (documents: SignatureDocuments, boundary: string) => Outcome<Reply> }

/** The headers and octets of one message between nodes. */
export type Received = Octets & {
  readonly headers: readonly Header[]
  readonly limits: MessageLimits
  /** For a message that says nothing of its exchange. */
  readonly newId: NewId
}
