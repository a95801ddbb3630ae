import { ok, refused } from '../base/result.ts'
import { type Body, bytesBody } from './body.ts'
import { readFault } from './fault-xml.ts'
import { type Outcome, refuse } from './faults.ts'
import { type MultipartLimits, type Part, writeMultipart } from './multipart.ts'
import type { SignatureDocuments } from './signature-documents.ts'
import { documentsOf, readFrame } from './transport-frame.ts'
import { PART_TYPES } from './transport-parts.ts'

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
    ...evidenceParts(documents),
  ]
  return { contentType: `multipart/mixed; charset=UTF-8; boundary=${boundary}`, body: writeMultipart(boundary, parts) }
}

const part = (type: string, body: Uint8Array): Part => ({ headers: [['content-type', type]], body })

/** The last parts of a message in either protocol. */
export const evidenceParts = ({ chain, signature }: SignatureDocuments): readonly Part[] => [
  ...(chain ? [part(PART_TYPES.result, chain.result), part(PART_TYPES.chain, chain.chain)] : []),
  part(PART_TYPES.signature, signature),
]

/**
 * Reads a peer's message. A fault of the peer, bare or as the last part of a response, is refused with `relayed`.
 * Refusals are those of readFrame, 'missing_rest', 'missing_signature' and those of half a hash chain; none is to be wrapped again.
 *
 * @param contentType the HTTP header, '' when there is none
 */
export function decodeRest(
  kind: 'request' | 'response',
  contentType: string,
  body: Uint8Array,
  limits: Partial<MultipartLimits> = {},
): Outcome<RestTransport> {
  const parts = readFrame(`rest-${kind}`, kind, contentType, body, limits)
  if (!parts.ok) return parts
  const { ocsp, message, payload, fault } = parts.value
  if (kind === 'response' && fault) return refused(readFault(fault))
  if (!message) return refuse('missing_rest', 'the message has no REST part')
  const documents = documentsOf(parts.value)
  if (!documents.ok) return documents
  return ok({ ocsp, message: message.body, body: payload ? bytesBody(payload.body) : null, documents: documents.value })
}
