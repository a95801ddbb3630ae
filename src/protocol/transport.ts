import { ok, refused } from '../base/result.ts'
import { type Body, bytesBody } from './body.ts'
import { boundaryOf, readContentType } from './content-type.ts'
import { readFault } from './fault-xml.ts'
import { type Outcome, refuse, under } from './faults.ts'
import { type MultipartLimits, type Part, readMultipart, writeMultipart } from './multipart.ts'
import type { SignatureDocuments } from './signature-documents.ts'
import { orderParts, PART_TYPES, type TransportParts } from './transport-parts.ts'

export { encodeFault, readFault } from './fault-xml.ts'

/** A REST message between servers. `ocsp` goes along in requests only: one response per certificate of the TLS chain, leaf first. */
export type RestTransport = {
  readonly ocsp: readonly Uint8Array[]
  readonly message: Uint8Array
  readonly body: Body | null
  readonly documents: SignatureDocuments
}

/**
 * The whole message as stock servers write it. Source: X-Road PR-MESST §3.
 *
 * @param boundary 'xtop' and 30 random letters. Throws when the body lies elsewhere: such a message must be streamed, which is not built yet.
 */
export function encodeRest(
  kind: 'request' | 'response',
  message: RestTransport,
  boundary: string,
): { contentType: string; body: Uint8Array } {
  const { body, documents } = message
  if (body?.kind === 'stored') throw new Error(`the body at ${body.at} is not in hand; encodeRest writes whole messages only`)
  const parts = [
    ...(kind === 'request' ? message.ocsp.map((response) => part(PART_TYPES.ocsp, response)) : []),
    part(PART_TYPES[`rest-${kind}`], message.message),
    ...(body ? [part(PART_TYPES.restBody, body.bytes)] : []),
    ...(documents.chain ? [part(PART_TYPES.result, documents.chain.result), part(PART_TYPES.chain, documents.chain.chain)] : []),
    part(PART_TYPES.signature, documents.signature),
  ]
  return { contentType: `multipart/mixed; charset=UTF-8; boundary=${boundary}`, body: writeMultipart(boundary, parts) }
}

const part = (type: string, body: Uint8Array): Part => ({ headers: [['content-type', type]], body })

/**
 * Reads a peer's message. A fault of the peer, bare or as the last part of a response, is refused with `relayed`.
 * Refusals carry their whole path as stock servers write it (some under 'service_failed', some not): do not wrap them again.
 * Stricter than stock: a message without its closing delimiter is cut ('service_failed.io_error'), chain and result come together.
 *
 * @param contentType the HTTP header, '' when there is none
 */
export function decodeRest(
  kind: 'request' | 'response',
  contentType: string,
  body: Uint8Array,
  limits: Partial<MultipartLimits> = {},
): Outcome<RestTransport> {
  if (contentType === '' && kind === 'response') return refuse('invalid_content_type', 'the answer has no Content-Type')
  const read = readContentType(contentType)
  if (kind === 'response' && read?.type === 'text/xml') return refused(readFault(body))
  const boundary = read?.type === 'multipart/mixed' ? boundaryOf(read) : undefined
  if (boundary === undefined)
    return under('service_failed', refuse('invalid_content_type', 'the message is not multipart/mixed with a boundary'))
  const parts = readMultipart(boundary, body, limits)
  if (!parts.ok) return parts.fault.path[0] === 'io_error' ? under('service_failed', parts) : parts
  const ordered = orderParts(`rest-${kind}`, parts.value)
  if (!ordered.ok) return ordered.fault.path[0] === 'message_too_large' ? ordered : under('service_failed', ordered)
  if (kind === 'response' && ordered.value.fault) return refused(readFault(ordered.value.fault))
  return complete(ordered.value)
}

function complete({ ocsp, message, payload, result, chain, signature }: TransportParts): Outcome<RestTransport> {
  if (!message) return refuse('missing_rest', 'the message has no REST part')
  if (!signature) return refuse('missing_signature', 'the message has no signature part')
  if (result && !chain)
    return under(
      'signature_verification',
      under('malformed_signature', refuse('invalid_reference', 'a hash chain result without its chain')),
    )
  if (chain && !result) return under('signature_verification', refuse('internal_error', 'a hash chain without its result'))
  const documents = result && chain ? { signature, chain: { result, chain } } : { signature }
  return ok({ ocsp, message: message.body, body: payload ? bytesBody(payload.body) : null, documents })
}
