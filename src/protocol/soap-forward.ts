import { ok } from '../base/result.ts'
import type { Attachment } from './attachments.ts'
import { bytesBody, joinPieces, type Octets, pieceOf } from './body.ts'
import { boundaryOf, type ContentType, readContentType } from './content-type.ts'
import { type Outcome, refuse } from './faults.ts'
import { multipartPieces, type WrittenPart } from './multipart.ts'
import type { Header } from './rest-headers.ts'
import type { SoapPackage } from './soap-package.ts'

/** What an information system is given over HTTP. */
export type Forwarded = { readonly contentType: string } & Octets

const PLAIN = 'text/xml; charset=UTF-8'

/**
 * A request as the service gets it: the envelope's exact bytes, bare; or the package in its original multipart with its original boundary when
 * it has attachments or came in one. Source: X-Road PR-MESS.
 *
 * Refused with 'invalid_content_type' when there are attachments and `original` is no multipart/related, and with 'invalid_message' when
 * a part has a line that begins with the boundary: what the service read would not be what was signed.
 * @param original the Content-Type of the consumer's request, as the peer says
 */
export const forService = (message: SoapPackage, original: string): Outcome<Forwarded> => forwarded(message, original, (type) => type)

/** A response as the consumer gets it: as `forService`, and the charset of the original Content-Type is called utf-8, as stock servers do. */
export const forConsumer = (message: SoapPackage, original: string): Outcome<Forwarded> => forwarded(message, original, calledUtf8)

function forwarded(message: SoapPackage, original: string, labelled: (written: string, read: ContentType) => string): Outcome<Forwarded> {
  const { message: envelope, headers, attachments } = message
  const read = readContentType(original)
  const packaged = read?.type === 'multipart/related'
  if (!packaged && attachments.length === 0) return ok({ contentType: PLAIN, body: envelope.bytes })
  const boundary = packaged ? boundaryOf(read) : undefined
  if (!read || boundary === undefined) return refuse('invalid_content_type', 'attachments, and no original multipart to put them in')
  const parts = [{ headers, body: bytesBody(envelope.bytes) }, ...attachments]
  const torn = parts.findIndex((part) => breaksAt(part, boundary))
  if (torn >= 0) return refuse('invalid_message', `part ${torn + 1} has a line that begins with the boundary`)
  return ok({ contentType: labelled(original, read), ...joinPieces(multipartPieces(boundary, parts.map(written))) })
}

/** Stock servers write 'content-type:value' to information systems, and 'Name: value' for the rest. */
const written = ({ headers: [type, ...others], body }: Attachment): WrittenPart => ({
  lines: [`content-type:${type?.[1]}\r\n`, ...others.map(([name, value]) => `${name}: ${value}\r\n`)].join(''),
  body: [pieceOf(body)],
})

/** Of a body that lies elsewhere it must be known that no line of it begins so. */
function breaksAt({ headers, body }: Attachment, boundary: string): boolean {
  const delimiter = `--${boundary}`
  if (headers.some(([name]: Header) => name.startsWith(delimiter))) return true
  if (body.kind === 'stored') return body.without !== delimiter
  const bytes = Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.byteLength)
  for (let at = bytes.indexOf(delimiter, 0, 'latin1'); at >= 0; at = bytes.indexOf(delimiter, at + 1, 'latin1'))
    if (at === 0 || bytes[at - 1] === 0x0a || bytes[at - 1] === 0x0d) return true
  return false
}

function calledUtf8(original: string, { type, parameters }: ContentType): string {
  const charset = parameters.get('charset')
  if (charset === undefined) return `${original};charset=utf-8`
  if (charset.toLowerCase() === 'utf-8') return original
  const others = [...parameters].filter(([name]) => name !== 'charset')
  return [type, ...others.map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`), 'charset=utf-8'].join('; ')
}
