import { instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { hex, sha512, sha512OfHeld } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { joinBlocks, splitBlocks } from './blocks.ts'
import type { EvidenceRecord, KeptBody } from './record-form.ts'
import { readHead, writeHead } from './record-head.ts'

export type { Direction, EvidenceRecord, KeptBody, Side } from './record-form.ts'

/** SHA-512 over the digests of the message and of each attachment: the same whether a body is here, elsewhere, or only its digest is known. */
export const contentDigest = (record: EvidenceRecord): Uint8Array =>
  sha512(
    sha512OfHeld(record.message),
    ...record.attachments.map((body) => (body.kind === 'bytes' ? sha512OfHeld(body.bytes) : body.sha512)),
  )

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
