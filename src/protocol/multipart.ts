import { ok } from '../base/result.ts'
import { joinPieces, type Octets, type Piece } from './body.ts'
import type { Outcome } from './faults.ts'
import type { MultipartLimits } from './multipart-head.ts'
import { MultipartReader, type PartEvent } from './multipart-reader.ts'
import type { Header } from './rest-headers.ts'

export type { MultipartLimits } from './multipart-head.ts'
export { MultipartReader, type PartEvent } from './multipart-reader.ts'

/** One part, whole: header names as written, the body not decoded. */
export type Part = { readonly headers: readonly Header[]; readonly body: Uint8Array }
/** A part that was read, and at which octet of its message its body begins. */
export type ReadPart = Part & { readonly at: number }

/** Reads a message that is in hand. Bodies are views of it. Refusals are those of MultipartReader. */
export function readMultipart(boundary: string, message: Uint8Array, limits: Partial<MultipartLimits> = {}): Outcome<readonly ReadPart[]> {
  const reader = new MultipartReader(boundary, limits)
  const pushed = reader.push(message)
  if (!pushed.ok) return pushed
  const ended = reader.end()
  return ended.ok ? ok(partsOf([...pushed.value, ...ended.value])) : ended
}

/** Joins the events of a reader into whole parts. */
export function partsOf(events: readonly PartEvent[]): readonly ReadPart[] {
  const parts: ReadPart[] = []
  let head: Pick<ReadPart, 'headers' | 'at'> = { headers: [], at: 0 }
  let pieces: Uint8Array[] = []
  for (const event of events) {
    if (event.kind === 'head') head = { headers: event.headers, at: event.at }
    else if (event.kind === 'bytes') pieces.push(event.bytes)
    else {
      parts.push({ ...head, body: pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces) })
      pieces = []
    }
  }
  return parts
}

/** A part to write: its header lines, each with its line end, and its body in pieces. */
export type WrittenPart = { readonly lines: string; readonly body: readonly Piece[] }
export const headerLines = (headers: readonly Header[]): string => headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')

/** The pieces of a multipart body, bodies not copied; headers as ISO 8859-1. That no body holds the boundary is the caller's to know. */
export function multipartPieces(boundary: string, parts: readonly WrittenPart[]): readonly Piece[] {
  const pieces = parts.flatMap(({ lines, body }) => [Buffer.from(`--${boundary}\r\n${lines}\r\n`, 'latin1'), ...body, LINE_END])
  return [...pieces, Buffer.from(`--${boundary}--\r\n`, 'latin1')]
}
const LINE_END = Buffer.from('\r\n', 'latin1')

/**
 * Writes a multipart body in one allocation, byte for byte as stock servers do: '--boundary', the header lines as 'name: value',
 * a blank line, the body, CR LF; at the end '--boundary--'. Headers go out as ISO 8859-1.
 *
 * @param boundary not guessable by whoever wrote the bodies. Throws when a body holds it.
 */
export const writeMultipart = (boundary: string, parts: readonly Part[]): Uint8Array => writeOctets(boundary, parts).body

/** The same with bodies that may lie elsewhere: they are left out, and their places told. */
export function writeOctets(boundary: string, parts: readonly PartToWrite[]): Octets {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1')
  for (const { body } of parts) if (body instanceof Uint8Array && holds(body, delimiter)) throw new Error('a body holds the boundary')
  return joinPieces(
    multipartPieces(
      boundary,
      parts.map(({ headers, body }) => ({ lines: headerLines(headers), body: [body] })),
    ),
  )
}
type PartToWrite = { readonly headers: readonly Header[]; readonly body: Piece }

export const holds = (bytes: Uint8Array, other: Buffer | string): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(other, 0, 'latin1')
