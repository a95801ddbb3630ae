import { type Instant, instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import type { Body } from '../protocol/body.ts'
import { hex, sha512 } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import { joinBlocks, splitBlocks } from './blocks.ts'
import { readHead, writeHead } from './record-head.ts'

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

/** SHA-512 over the digests of the message and of each attachment: the same whether a body is here, elsewhere, or only its digest is known. */
export const contentDigest = (record: EvidenceRecord): Uint8Array =>
  sha512(sha512(record.message), ...record.attachments.map((body) => (body.kind === 'bytes' ? sha512(body.bytes) : body.sha512)))

/** 'requestId/side/direction/digest in hexadecimal'. The request id is percent-encoded: peers choose theirs freely. */
export const identityOf = (record: EvidenceRecord): string =>
  `${encodeURIComponent(record.requestId.toWellFormed())}/${record.side}/${record.direction}/${hex(contentDigest(record))}`

const MAGIC = Buffer.from('SBEV1\0', 'latin1')
const MOST_HEAD = 256 * 1024

/**
 * A record as bytes: 'SBEV1' and a zero octet, then blocks, each a 32-bit big-endian length and its octets.
 * The first block is the head (JSON in one fixed form), then message, signature, hash chain result and hash chain if there are any, and the
 * attachments held here. The same record always gives the same bytes. Throws for a block of 4 GiB or more.
 */
export function encodeRecord(record: EvidenceRecord): Uint8Array {
  const { signature, chain } = record.documents
  const held = record.attachments.flatMap((body) => (body.kind === 'bytes' ? [body.bytes] : []))
  const blocks = [writeHead(record), record.message, signature, ...(chain ? [chain.result, chain.chain] : []), ...held]
  return joinBlocks(MAGIC, blocks)
}

/**
 * Reads what `encodeRecord` wrote, and nothing else: truncation, bytes left over, another version and a head in another form are refused
 * with 'malformed_record'. Encoding the result gives the same bytes. Its parts are views into `bytes`.
 */
export function decodeRecord(bytes: Uint8Array): Outcome<EvidenceRecord> {
  const blocks = splitBlocks(MAGIC, bytes)
  if (!blocks.ok) return malformed(blocks.fault)
  const [first, message, signature, ...rest] = blocks.value
  if (!first || !message || !signature) return malformed('a block is missing')
  if (first.length > MOST_HEAD) return malformed(`its head has ${first.length} octets`)
  const head = readHead(first)
  if (!head.ok) return malformed(head.fault)
  const { chained, attachments: forms, at, ...fields } = head.value
  const [result, chain] = chained ? rest.splice(0, 2) : []
  if (chained && !(result && chain)) return malformed('its hash chain is missing')
  const attachments: KeptBody[] = forms.map((form) => (form.kind === 'bytes' ? { kind: 'bytes', bytes: rest.shift() as Uint8Array } : form))
  if (rest.length > 0 || attachments.some((body) => body.kind === 'bytes' && body.bytes === undefined))
    return malformed('its attachments are not those its head names')
  const documents = result && chain ? { signature, chain: { result, chain } } : { signature }
  return ok({ ...fields, at: instant(at), message, attachments, documents })
}

const malformed = (why: string) => refuse('malformed_record', `not an evidence record: ${why}`)
