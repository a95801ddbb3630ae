import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import type { EvidenceRecord, KeptBody } from '../evidence/record.ts'
import { sizeOf } from '../protocol/body.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { formatId } from '../protocol/identifiers.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import { Busy } from './busy.ts'
import type { DigestedBody, Message } from './message.ts'
import { isOwn, sharedSignature } from './own-signature.ts'
import type { Keep, Log, TrustInForce } from './ports.ts'

export type Seen = {
  readonly message: Message
  readonly documents: SignatureDocuments
  readonly at: Instant
  /** 'digest': of a body or attachment only size and digest are kept; of one too big to hold nothing else ever is. */
  readonly keepBodies: 'full' | 'digest'
}

/** In the log of what could not be kept: a signature over this message alone. */
const OWN = 'own'

/** Keeps one message; when that cannot be done nothing goes on: 'logging_failed', or 'busy' when it could be in a moment. */
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
    message: message.content.message,
    attachments: attachmentsOf(seen),
    documents,
    configuration: today.configuration,
  }
  try {
    await keep(record)
    return ok(true)
  } catch (reason) {
    const signature = isOwn(record) ? (sharedSignature(record, documents) ?? OWN) : undefined
    log({ level: 'error', event: 'not_kept', requestId: message.requestId, signature, why: String(reason) })
    if (reason instanceof Busy) return refuse('busy', `the ${direction} could not be kept yet`)
    return refuse('logging_failed', `the ${direction} could not be kept`)
  }
}

const attachmentsOf = ({ message, keepBodies }: Seen): readonly KeptBody[] =>
  message.content.attachments.map((each) => (keepBodies === 'full' && each.body.kind === 'bytes' ? each.body : asDigest(each)))

function asDigest({ body, sha512 }: DigestedBody): KeptBody {
  return body.kind === 'digest' ? body : { kind: 'digest', size: sizeOf(body), sha512 }
}
