import { ok } from '../base/result.ts'
import { boundaryOf, readContentType } from './content-type.ts'
import { type Outcome, refuse, under } from './faults.ts'
import { type MultipartLimits, readMultipart } from './multipart.ts'
import type { SignatureDocuments } from './signature-documents.ts'
import { type Kind, orderParts, type TransportParts } from './transport-parts.ts'

/**
 * A peer's message taken apart; an answer that is a bare text/xml is given as a sole fault part. What is missing is the caller's to judge.
 * Refusals carry their whole path as stock servers write it (some under 'service_failed', some not): do not wrap them again.
 * Stricter than stock: a message without its closing delimiter is cut ('service_failed.io_error').
 *
 * @param contentType the HTTP header, '' when there is none
 */
export function readFrame(
  kind: Kind,
  direction: 'request' | 'response',
  contentType: string,
  body: Uint8Array,
  limits: Partial<MultipartLimits>,
): Outcome<TransportParts> {
  if (contentType === '' && direction === 'response') return refuse('invalid_content_type', 'the answer has no Content-Type')
  const read = readContentType(contentType)
  if (direction === 'response' && read?.type === 'text/xml') return ok({ ocsp: [], fault: body })
  const boundary = read?.type === 'multipart/mixed' ? boundaryOf(read) : undefined
  if (boundary === undefined)
    return under('service_failed', refuse('invalid_content_type', 'the message is not multipart/mixed with a boundary'))
  const parts = readMultipart(boundary, body, limits)
  if (!parts.ok) return inMultipart(parts)
  const ordered = orderParts(kind, parts.value)
  return ordered.ok ? ordered : inMultipart(ordered)
}

/** What is wrong with parts stands under 'service_failed', but for heads that cannot be read and sizes. */
export function inMultipart<T>(outcome: Outcome<T>): Outcome<T> {
  if (outcome.ok || ['mime_parsing_failed', 'message_too_large'].includes(outcome.fault.path[0])) return outcome
  return under('service_failed', outcome)
}

/** The signature of a message, with its hash chain: both parts of it or none. */
export function documentsOf({ result, chain, signature }: TransportParts): Outcome<SignatureDocuments> {
  if (!signature) return refuse('missing_signature', 'the message has no signature part')
  if (result && !chain)
    return under(
      'signature_verification',
      under('malformed_signature', refuse('invalid_reference', 'a hash chain result without its chain')),
    )
  if (chain && !result) return under('signature_verification', refuse('internal_error', 'a hash chain without its result'))
  return ok(result && chain ? { signature, chain: { result, chain } } : { signature })
}
