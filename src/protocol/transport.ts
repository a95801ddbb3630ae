import { ok, refused } from '../base/result.ts'
import { type Body, bytesBody, type LeftOut, type Octets, pieceOf } from './body.ts'
import { readFault } from './fault-xml.ts'
import { type Outcome, refuse } from './faults.ts'
import { type MultipartLimits, type Part, type ReadPart, writeOctets } from './multipart.ts'
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
 * @param boundary 'xtop' and 30 random letters. A body that lies elsewhere is left out, and its place told.
 */
export function encodeRest(
  kind: 'request' | 'response',
  message: RestTransport,
  boundary: string,
): { readonly contentType: string } & Octets {
  const { body, documents } = message
  const parts = [
    ...(kind === 'request' ? message.ocsp.map((response) => part(PART_TYPES.ocsp, response)) : []),
    part(PART_TYPES[`rest-${kind}`], message.message),
    ...(body ? [{ headers: [['content-type', PART_TYPES.restBody] as const], body: pieceOf(body) }] : []),
    ...evidenceParts(documents),
  ]
  return { contentType: `multipart/mixed; charset=UTF-8; boundary=${boundary}`, ...writeOctets(boundary, parts) }
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
 * @param leftOut     the REST body, when it is not among the octets; 'internal_error' when its place is another
 */
export function decodeRest(
  kind: 'request' | 'response',
  contentType: string,
  body: Uint8Array,
  limits: Partial<MultipartLimits> = {},
  leftOut: readonly LeftOut[] = [],
): Outcome<RestTransport> {
  const parts = readFrame(`rest-${kind}`, kind, contentType, body, limits)
  if (!parts.ok) return parts
  const { ocsp, message, payload, fault } = parts.value
  if (kind === 'response' && fault) return refused(readFault(fault))
  if (!message) return refuse('missing_rest', 'the message has no REST part')
  const documents = documentsOf(parts.value)
  if (!documents.ok) return documents
  const restBody = restBodyOf(payload, leftOut)
  return restBody.ok ? ok({ ocsp, message: message.body, body: restBody.value, documents: documents.value }) : restBody
}

function restBodyOf(payload: ReadPart | undefined, [large, ...others]: readonly LeftOut[]): Outcome<Body | null> {
  if (!large) return ok(payload ? bytesBody(payload.body) : null)
  const inPlace = others.length === 0 && payload?.body.length === 0 && payload.at === large.offset
  return inPlace ? ok(large.body) : refuse('internal_error', 'the large body is not the REST body')
}
