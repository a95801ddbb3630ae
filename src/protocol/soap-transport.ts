import { ok } from '../base/result.ts'
import { type Attachment, contentTypeIn, readLeaves, tidied } from './attachments.ts'
import { joinPieces, type LeftOut, type Octets, type Piece, pieceOf } from './body.ts'
import { boundaryOf, readContentType } from './content-type.ts'
import { type Outcome, refuse, under } from './faults.ts'
import { headerLines, holds, type MultipartLimits, multipartPieces, type Part, type ReadPart, type WrittenPart } from './multipart.ts'
import type { Header } from './rest-headers.ts'
import type { SignatureDocuments } from './signature-documents.ts'
import { readSoap, type SoapFault } from './soap-envelope.ts'
import { relayedFault } from './soap-fault.ts'
import { isEnvelope, packageOf, type SoapPackage } from './soap-package.ts'
import { evidenceParts } from './transport.ts'
import { documentsOf, inMultipart, readFrame } from './transport-frame.ts'
import { PART_TYPES, type TransportParts } from './transport-parts.ts'

/** A SOAP message between servers. `ocsp` goes along in requests only: one response per certificate of the TLS chain, leaf first. */
export type SoapTransport = SoapPackage & { readonly ocsp: readonly Uint8Array[]; readonly documents: SignatureDocuments }

/**
 * The whole message as stock servers write it, in one allocation: the attachments in a multipart of their own, those that lie elsewhere left out
 * and their places told. Source: X-Road PR-MESST.
 *
 * @param boundary 'xtop' and 30 random letters, which nobody could know who wrote the parts. Throws when a part holds them.
 */
export function encodeSoap(
  kind: 'request' | 'response',
  { message, headers, attachments, ocsp, documents }: SoapTransport,
  boundary: string,
): { readonly contentType: string } & Octets {
  const letters = boundary.replace(/^xtop/, '')
  const evidence = evidenceParts(documents)
  const envelope: Part = { headers, body: message.bytes }
  const attached = attachments.map((each) => ({ headers: each.headers, body: pieceOf(each.body) }))
  const inHand = [envelope, ...attached, ...ocsp.map(ocspPart), ...evidence].flatMap(({ body }) =>
    body instanceof Uint8Array ? [body] : [],
  )
  if (inHand.some((body) => holds(body, letters))) throw new Error('a part holds the boundary')
  const parts = [
    ...(kind === 'request' ? ocsp.map(ocspPart).map(written) : []),
    written(envelope),
    ...(attached.length > 0 ? [nested(`xatt${letters}`, attached)] : []),
    ...evidence.map(written),
  ]
  return { contentType: `multipart/mixed; charset=UTF-8; boundary=${boundary}`, ...joinPieces(multipartPieces(boundary, parts)) }
}

const ocspPart = (body: Uint8Array): Part => ({ headers: [['content-type', PART_TYPES.ocsp]], body })
type PartToWrite = { readonly headers: readonly Header[]; readonly body: Piece }
const written = ({ headers, body }: PartToWrite): WrittenPart => ({ lines: headerLines(headers), body: [body] })

/** With the empty line before the first delimiter that stock servers write. */
const nested = (boundary: string, attachments: readonly PartToWrite[]): WrittenPart => ({
  lines: `content-type: multipart/mixed; charset=UTF-8; boundary=${boundary}\r\n`,
  body: [Buffer.from('\r\n'), ...multipartPieces(boundary, attachments.map(written))],
})

/**
 * Reads a peer's message, its envelope included. A fault of the peer, bare, as the sole or as the last part of a response, is refused with
 * `relayed` and its envelope; in a request it counts as nothing.
 * Refusals are those of readFrame; under 'service_failed' those of readSoap and readLeaves, 'invalid_message' (no fault where one belongs,
 * or anything behind one); 'missing_soap', 'missing_signature', those of half a hash chain. None is to be wrapped again.
 *
 * @param contentType the HTTP header, '' when there is none
 * @param octets      the body; attachments that are too big to hold may be left out of it
 */
export function decodeSoap(
  kind: 'request' | 'response',
  contentType: string,
  { body, leftOut = [] }: Octets,
  limits: Partial<MultipartLimits> = {},
): Outcome<SoapTransport> {
  const parts = readFrame('soap', kind, contentType, body, limits)
  if (!parts.ok) return parts
  const { ocsp, message, fault } = parts.value
  const read = message && isEnvelope(message) ? inMultipart(packageIn(message, parts.value, limits, leftOut)) : undefined
  if (read && !read.ok) return read
  if (read?.value.kind === 'fault') return kind === 'response' ? relayedFault(read.value) : noSoap
  if (kind === 'response' && fault) return faultFrom(fault)
  if (!read) return noSoap
  const documents = documentsOf(parts.value)
  return documents.ok ? ok({ ...read.value, ocsp, documents: documents.value }) : documents
}

const noSoap = refuse('missing_soap', 'the message has no SOAP part')

function packageIn(
  message: Part,
  parts: TransportParts,
  limits: Partial<MultipartLimits>,
  leftOut: readonly LeftOut[],
): Outcome<SoapPackage | SoapFault> {
  const attachments = parts.payload ? attachmentsIn(parts.payload, limits, leftOut) : noAttachments(leftOut)
  const read = packageOf(tidied(contentTypeIn(message) ?? '', message.headers), message.body, attachments.ok ? attachments.value : [])
  if (!read.ok) return read
  const { payload, result, chain, signature, fault } = parts
  if (read.value.kind === 'fault' && (payload ?? result ?? chain ?? signature ?? fault))
    return refuse('invalid_message', 'parts follow the fault')
  return attachments.ok ? read : attachments
}

const noAttachments = ({ length }: readonly LeftOut[]): Outcome<readonly Attachment[]> =>
  length === 0 ? ok([]) : refuse('internal_error', 'a large body, and no attachments')

/** @param leftOut its offsets count from the beginning of the message, in which the attachments are one part */
function attachmentsIn(
  { headers, body, at }: ReadPart,
  limits: Partial<MultipartLimits>,
  leftOut: readonly LeftOut[],
): Outcome<readonly Attachment[]> {
  const read = readContentType(contentTypeIn({ headers }) ?? '')
  const boundary = read && boundaryOf(read)
  if (boundary === undefined) return refuse('invalid_content_type', 'the attachments have no boundary')
  return readLeaves(boundary, { body, leftOut: leftOut.map((each) => ({ ...each, offset: each.offset - at })) }, limits)
}

function faultFrom(xml: Uint8Array): Outcome<never> {
  const read = readSoap(xml)
  if (!read.ok) return under('service_failed', read)
  return read.value.kind === 'fault'
    ? relayedFault(read.value)
    : under('service_failed', refuse('invalid_message', 'a message where only a fault belongs'))
}
