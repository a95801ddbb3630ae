import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'

/** A MIME entity over exact octets: `body` is a view into what was read, never a copy that was tidied up. */
export type MimePart = { readonly headers: ReadonlyMap<string, string>; readonly body: Uint8Array }

/** A directory of the largest federation has a few kilobytes. */
export const DIRECTORY_LIMITS = { bytes: 1024 * 1024, parts: 64, headers: 32, headerBytes: 8192 }

/**
 * The header in front and what follows its empty line. Lines end in CRLF or LF: configuration proxies write both.
 * Refused with 'mime_parsing_failed': folded lines, a header twice, none of the form 'Name: value', too many. Names are lower-cased.
 */
export function splitEntity(bytes: Uint8Array): Outcome<MimePart> {
  const headers = new Map<string, string>()
  let at = 0
  while (at < bytes.length) {
    const line = lineAt(bytes, at)
    at = line.next
    if (line.end === line.start) break
    const header = headerIn(bytes.subarray(line.start, line.end))
    if (!header) return refuse('mime_parsing_failed', 'a header line is not "Name: value"')
    const [name, value] = header
    if (headers.has(name) || headers.size >= DIRECTORY_LIMITS.headers)
      return refuse('mime_parsing_failed', `the header ${name} twice, or too many`)
    headers.set(name, value)
  }
  return ok({ headers, body: bytes.subarray(at) })
}

/**
 * The parts between the delimiters of a multipart body. The line end in front of a delimiter belongs to the delimiter (RFC 2046 §5.1.1).
 * `closed`: the last delimiter was the closing one. Refused with 'mime_parsing_failed': text before the first or after the last delimiter.
 */
export function splitParts(body: Uint8Array, boundary: string): Outcome<{ parts: readonly MimePart[]; closed: boolean }> {
  const parts: MimePart[] = []
  let start = -1 // of the part that is open
  let closed = false
  for (let at = 0; at < body.length && !closed; ) {
    const line = lineAt(body, at)
    const kind = delimiterKind(body, line, boundary)
    if (kind === 'none') {
      if (start < 0 && !isBlank(body.subarray(line.start, line.end))) return refuse('mime_parsing_failed', 'text before the first part')
    } else {
      const read = start < 0 ? undefined : splitEntity(body.subarray(start, Math.max(start, beforeLineEnd(body, line.start))))
      if (read && !read.ok) return read
      if (read && parts.push(read.value) > DIRECTORY_LIMITS.parts) return refuse('mime_parsing_failed', 'too many parts')
      start = line.next
      closed = kind === 'close'
    }
    at = line.next
  }
  if (closed) return isBlank(body.subarray(start)) ? ok({ parts, closed }) : refuse('mime_parsing_failed', 'text after the last part')
  const last = start < 0 ? undefined : splitEntity(body.subarray(start))
  if (!last?.ok) return last ?? ok({ parts, closed })
  return ok({ parts: [...parts, last.value], closed })
}

function headerIn(line: Uint8Array): readonly [name: string, value: string] | undefined {
  if (line.length > DIRECTORY_LIMITS.headerBytes) return undefined
  const text = Buffer.from(line).toString('utf8')
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon))
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name) ? [name.toLowerCase(), text.slice(colon + 1).trim()] : undefined
}

type Line = { readonly start: number /** Without its CRLF or LF. */; readonly end: number; readonly next: number }

function lineAt(bytes: Uint8Array, start: number): Line {
  const feed = bytes.indexOf(LF, start)
  if (feed < 0) return { start, end: bytes.length, next: bytes.length }
  return { start, end: feed > start && bytes[feed - 1] === CR ? feed - 1 : feed, next: feed + 1 }
}
const LF = 0x0a
const CR = 0x0d

const beforeLineEnd = (bytes: Uint8Array, at: number): number => (bytes[at - 1] !== LF ? at : bytes[at - 2] === CR ? at - 2 : at - 1)

function delimiterKind(bytes: Uint8Array, { start, end }: Line, boundary: string): 'none' | 'open' | 'close' {
  const longest = boundary.length + 64 // '--' twice, and white space that mail servers once added
  if (bytes[start] !== 0x2d || bytes[start + 1] !== 0x2d || end - start > longest) return 'none'
  const text = Buffer.from(bytes.subarray(start + 2, end))
    .toString('latin1')
    .trimEnd()
  return text === boundary ? 'open' : text === `${boundary}--` ? 'close' : 'none'
}

const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === LF || byte === CR)

/** 'value; name="a"; other='b'; third=c': three ways of quoting, all in use. Names are lower-cased. */
export function withParameters(header: string): { readonly value: string; readonly parameters: ReadonlyMap<string, string> } {
  const [value = '', ...rest] = header.split(';')
  const parameters = new Map<string, string>()
  for (const text of rest) {
    const [name, ...after] = text.split('=')
    if (after.length > 0) parameters.set((name as string).trim().toLowerCase(), unquoted(after.join('=').trim()))
  }
  return { value: value.trim(), parameters }
}

function unquoted(text: string): string {
  const quote = text[0]
  return (quote === '"' || quote === "'") && text.length > 1 && text.endsWith(quote) ? text.slice(1, -1) : text
}
