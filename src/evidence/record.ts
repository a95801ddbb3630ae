import type { Instant } from '../base/clock.ts'
import type { Body } from '../protocol/body.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'

/** Which end of the exchange kept it, and which way the message went. */
export type Side = 'consumer' | 'provider'
export type Direction = 'request' | 'response'

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
  readonly attachments: readonly Body[]
  readonly documents: SignatureDocuments
  /** SHA-512 (hex) of the shared-params.xml the node acted on: the trust of that day. */
  readonly configuration: string
}
