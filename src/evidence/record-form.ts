import type { Instant } from '../base/clock.ts'
import type { Body } from '../protocol/body.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'

/** Which end of the exchange kept it, and which way the message went. */
export type Side = 'consumer' | 'provider'
export type Direction = 'request' | 'response'

/** A body as evidence holds it: itself, where it lies, or (when the service says so, or it was too large) its size and digest alone. */
export type KeptBody = Body | { readonly kind: 'digest'; readonly size: number; readonly sha512: Uint8Array }

/**
 * One message as evidence, as it was sent or received. Its identity is (requestId, side, direction, digest);
 * the same identity twice is the same record.
 */
export type EvidenceRecord = {
  readonly side: Side
  readonly direction: Direction
  /** X-Road-Id: what the parties call the message. */
  readonly messageId: string
  /** x-road-request-id: unique per exchange. */
  readonly requestId: string
  /** 'QRO/GOB/DIF/APOYOS' and 'QRO/GOB/SEDESOQ/PADRON/beneficiario.consulta.v1', percent-encoded as on the wire. */
  readonly client: string
  readonly service: string
  readonly at: Instant
  /** The signed octets called /message.xml. */
  readonly message: Uint8Array
  /** /attachment1 … in order; for REST the body alone. */
  readonly attachments: readonly KeptBody[]
  readonly documents: SignatureDocuments
  /** Names the configuration the node acted on, under configurations/ in the archive: the trust of that day. */
  readonly configuration: string
}
