import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import type { PartDigest } from '../evidence/hash-chain.ts'
import type { EvidenceRecord, KeptBody } from '../evidence/record.ts'
import { sha512 } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { formatId } from '../protocol/identifiers.ts'
import { digestOfBody } from '../protocol/request-hash.ts'
import type { RestRequest, RestResponse } from '../protocol/rest-message.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import type { Keep, Log, TrustInForce } from './ports.ts'

/** A body with its digest, counted once: it is signed or verified by it, and kept by it. */
export type DigestedBody = { readonly body: KeptBody; readonly sha512: Uint8Array }

export function digested(body: KeptBody | null): DigestedBody | null {
  if (!body) return null
  return { body, sha512: body.kind === 'digest' ? body.sha512 : digestOfBody(body) }
}

/** What is signed, in order: /message.xml, and the body as /attachment1. */
export function partsOf(block: Uint8Array, body: DigestedBody | null): readonly PartDigest[] {
  const message = { name: '/message.xml', sha512: sha512(block) }
  return body ? [message, { name: '/attachment1', sha512: body.sha512 }] : [message]
}

export type Seen = {
  readonly message: RestRequest | RestResponse
  readonly body: DigestedBody | null
  readonly documents: SignatureDocuments
  readonly at: Instant
  /** 'digest': of the body only size and digest are kept. */
  readonly keepBodies: 'full' | 'digest'
}

/** Keeps one message; when that cannot be done nothing goes on: 'logging_failed'. */
export async function kept(
  side: EvidenceRecord['side'],
  direction: EvidenceRecord['direction'],
  seen: Seen,
  today: TrustInForce,
  { keep, log }: { readonly keep: Keep; readonly log: Log },
): Promise<Outcome<true>> {
  const { message, documents, at } = seen
  const record: EvidenceRecord = {
    side,
    direction,
    messageId: message.messageId,
    requestId: message.requestId,
    client: formatId(message.client),
    service: formatId(message.service),
    at,
    message: message.block,
    attachments: attachmentsOf(seen),
    documents,
    configuration: today.configuration,
  }
  try {
    await keep(record)
    return ok(true)
  } catch (reason) {
    log({ level: 'error', event: 'not_kept', requestId: message.requestId, why: String(reason) })
    return refuse('logging_failed', `the ${direction} could not be kept`)
  }
}

function attachmentsOf({ body, keepBodies }: Seen): readonly KeptBody[] {
  if (!body) return []
  if (keepBodies === 'full' || body.body.kind === 'digest') return [body.body]
  const size = body.body.kind === 'bytes' ? body.body.bytes.length : body.body.size
  return [{ kind: 'digest', size, sha512: body.sha512 }]
}
