import { ok } from '../base/result.ts'
import { type Outcome, refuse } from './faults.ts'
import { printable } from './identifiers.ts'

/** One header line as received: letter case kept, value as ISO 8859-1 text (a character per byte, as Node gives it). */
export type Header = readonly [name: string, value: string]

/** Lines that belong to one hop and never enter the signed message, in either direction. Source: X-Road PR-REST §4.5. */
const OF_THE_HOP = new Set([
  'transfer-encoding',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'connection',
  'user-agent',
  'host',
  'content-length',
  'server',
  'expect',
])
export const isOfTheHop = (name: string): boolean => OF_THE_HOP.has(name.toLowerCase())

export type HeaderLimits = { readonly count: number; readonly bytes: number }
/** What a consumer may send us: its header block and target, in characters. Stock servers end at 8 KiB. */
export const CALL_LIMITS: HeaderLimits = { count: 200, bytes: 32 * 1024 }
/** What we read from a peer: wider, since a service's answer passes through it and UTF-8 doubles some characters. */
export const BLOCK_LIMITS: HeaderLimits = { count: 1000, bytes: 128 * 1024 }

/** RFC 9110 §5.6.2. */
export const TOKEN = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/
/** RFC 9110 §5.5: no control characters but the tab; one byte a character. */
const VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

/** Refuses what could be read as another header further on, and floods. */
export function checkHeaders(headers: readonly Header[], limits: HeaderLimits): Outcome<true> {
  if (headers.length > limits.count)
    return refuse('internal_error', `${headers.length} headers; at most ${limits.count}`, 'too_many_headers')
  let bytes = 0
  for (const [name, value] of headers) {
    if (!TOKEN.test(name)) return refuse('internal_error', `"${printable(name)}" is not a header name`, 'malformed_header')
    if (!VALUE.test(value)) return refuse('internal_error', `header ${name} holds a forbidden character`, 'malformed_header')
    bytes += name.length + value.length
  }
  return bytes > limits.bytes
    ? refuse('internal_error', `${bytes} bytes of headers; at most ${limits.bytes}`, 'too_many_headers')
    : ok(true)
}

/** The value of the last header of that name in any letter case: of repeated X-Road headers the last one counts. */
export function lastValue(headers: readonly Header[], lowerName: string): string | undefined {
  for (let i = headers.length - 1; i >= 0; i--) {
    const [name, value] = headers[i] as Header
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) return value
  }
  return undefined
}
