import { ok } from '../base/result.ts'
import type { Outcome } from './faults.ts'
import type { MultipartLimits } from './multipart-head.ts'
import { MultipartReader, type PartEvent } from './multipart-reader.ts'
import type { Header } from './rest-headers.ts'

export type { MultipartLimits } from './multipart-head.ts'
export { MultipartReader, type PartEvent } from './multipart-reader.ts'

/** One part, whole: header names as written, the body not decoded. */
export type Part = { readonly headers: readonly Header[]; readonly body: Uint8Array }

/** Reads a message that is in hand. Bodies are views of it. Refusals are those of MultipartReader. */
export function readMultipart(boundary: string, message: Uint8Array, limits: Partial<MultipartLimits> = {}): Outcome<readonly Part[]> {
  const reader = new MultipartReader(boundary, limits)
  const pushed = reader.push(message)
  if (!pushed.ok) return pushed
  const ended = reader.end()
  return ended.ok ? ok(partsOf([...pushed.value, ...ended.value])) : ended
}

/** Joins the events of a reader into whole parts. */
export function partsOf(events: readonly PartEvent[]): readonly Part[] {
  const parts: Part[] = []
  let headers: readonly Header[] = []
  let pieces: Uint8Array[] = []
  for (const event of events) {
    if (event.kind === 'head') headers = event.headers
    else if (event.kind === 'bytes') pieces.push(event.bytes)
    else {
      parts.push({ headers, body: pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces) })
      pieces = []
    }
  }
  return parts
}

/**
 * Writes a multipart body in one allocation, byte for byte as stock servers do: '--boundary', the header lines as 'name: value',
 * a blank line, the body, CR LF; at the end '--boundary--'. Headers go out as ISO 8859-1.
 *
 * @param boundary not guessable by whoever wrote the bodies. Throws when a body holds it.
 */
export function writeMultipart(boundary: string, parts: readonly Part[]): Uint8Array {
  const delimiter = `--${boundary}`
  const heads = parts.map(({ headers }) =>
    Buffer.from(`${delimiter}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`, 'latin1'),
  )
  const close = Buffer.from(`${delimiter}--\r\n`, 'latin1')
  const size = parts.reduce((sum, { body }, index) => sum + (heads[index] as Buffer).length + body.length + 2, close.length)
  const message = Buffer.allocUnsafe(size)
  let at = 0
  for (const [index, { body }] of parts.entries()) {
    if (Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(delimiter, 0, 'latin1'))
      throw new Error('a body holds the boundary')
    message.set(heads[index] as Buffer, at)
    at += (heads[index] as Buffer).length
    message.set(body, at)
    at += body.length
    at = message.writeUInt16BE(0x0d0a, at)
  }
  message.set(close, at)
  return message
}
