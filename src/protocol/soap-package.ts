import { ok } from '../base/result.ts'
import { type Attachment, contentTypeIn, readLeaves, tidied } from './attachments.ts'
import type { Octets } from './body.ts'
import { boundaryOf, type ContentType, readContentType } from './content-type.ts'
import { type Outcome, refuse } from './faults.ts'
import { printable } from './identifiers.ts'
import type { MultipartLimits, Part } from './multipart.ts'
import type { Header } from './rest-headers.ts'
import { readSoap, type SoapFault, type SoapMessage } from './soap-envelope.ts'

/** What an information system sends or is given: an envelope, and its attachments as they travel. */
export type SoapPackage = {
  readonly kind: 'package'
  readonly message: SoapMessage
  /** Of the envelope's part, content-type first. */
  readonly headers: readonly Header[]
  /** Headers in the form they travel (content-type first); bodies not decoded, in hand or where they lie. */
  readonly attachments: readonly Attachment[]
}

/** The media types of an envelope. */
const ENVELOPES: ReadonlySet<string> = new Set(['text/xml', 'application/xop+xml'])
/** RFC 9110 §5.5: what goes into a header line of a part and comes out of it as the same line, which ends at 998 bytes. */
const ONE_LINE = /^[\t\u0020-\u007e\u0080-\u00ff]{0,900}$/

/**
 * Reads an HTTP body of the SOAP message protocol: a bare envelope, or a multipart/related whose first leaf is one.
 * Codes without a door: 'invalid_content_type' (another type, an unknown charset, a part without type), 'missing_soap' (a multipart without
 * parts), those of readLeaves and readSoap. Of doubly bad packages the MIME fault is told. Source: X-Road PR-MESS.
 *
 * @param contentType the HTTP header
 * @param octets      the body; attachments that are too big to hold may be left out of it
 */
export function readPackage(contentType: string, octets: Octets, limits: Partial<MultipartLimits> = {}): Outcome<SoapPackage | SoapFault> {
  const read = ONE_LINE.test(contentType) ? readContentType(contentType) : undefined
  if (read && ENVELOPES.has(read.type) && hasKnownCharset(read)) return packageOf(tidied(contentType, []), octets.body, [])
  const boundary = read?.type === 'multipart/related' && hasKnownCharset(read) ? boundaryOf(read) : undefined
  if (boundary === undefined) return refuse('invalid_content_type', `not a SOAP message: ${printable(contentType)}`)
  const leaves = readLeaves(boundary, octets, limits)
  if (!leaves.ok) return leaves
  const [first, ...attachments] = leaves.value
  if (!first) return refuse('missing_soap', 'the multipart has no parts')
  if (!isEnvelope(first)) return refuse('invalid_content_type', 'the first part is no envelope')
  return first.body.kind === 'bytes'
    ? packageOf(first.headers, first.body.bytes, attachments)
    : refuse('message_too_large', `an envelope of ${first.body.size} bytes is not held`)
}

export function isEnvelope(part: Pick<Part, 'headers'>): boolean {
  const type = readContentType(contentTypeIn(part) ?? '')?.type
  return type !== undefined && ENVELOPES.has(type)
}

/** An envelope with its attachments; a fault is given alone. */
export function packageOf(
  headers: readonly Header[],
  bytes: Uint8Array,
  attachments: readonly Attachment[],
): Outcome<SoapPackage | SoapFault> {
  const read = readSoap(bytes)
  if (!read.ok) return read
  return ok(read.value.kind === 'fault' ? read.value : { kind: 'package', message: read.value, headers, attachments })
}

function hasKnownCharset({ parameters }: ContentType): boolean {
  const charset = parameters.get('charset')
  if (charset === undefined) return true
  try {
    return new TextDecoder(charset).encoding !== ''
  } catch {
    return false // no charset anybody knows
  }
}
