import { checkHeaders, type Header } from '../../protocol/rest-headers.ts'

/** What an answer says before its body. Names and values as they were sent, a character for each octet; reason '' when there is none. */
export type AnswerHead = { readonly status: number; readonly reason: string; readonly headers: readonly Header[] }

/** Octets of all heads of one answer. */
export const MOST_HEAD = 64 * 1024
const LIMITS = { count: 2000, bytes: MOST_HEAD }
const LENGTH = /^\d{1,15}$/

/** The lines of a head without their line ends, or of a trailer; or what is wrong with them. */
export function headersIn(lines: readonly string[]): readonly Header[] | string {
  const headers: Header[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.push([line.slice(0, Math.max(0, colon)), withoutBlanks(line.slice(colon + 1))])
  }
  const checked = checkHeaders(headers, LIMITS)
  return checked.ok ? headers : checked.fault.detail
}

/** RFC 9112 §5: blanks and tabs around a value, and no other white space. Step by step: a pattern would begin anew at every blank of many. */
function withoutBlanks(value: string): string {
  let [from, to] = [0, value.length]
  while (from < to && isBlank(value[from])) from++
  while (to > from && isBlank(value[to - 1])) to--
  return value.slice(from, to)
}
const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t'

const valuesOf = (headers: readonly Header[], name: string): readonly string[] =>
  headers.flatMap(([each, value]) => (each.length === name.length && each.toLowerCase() === name ? [value] : []))

/** 'octets': after so many; 'chunk size': chunk by chunk; 'close': with the connection. */
export type BodyEnds = 'octets' | 'chunk size' | 'close'
type Ending = { readonly ends: BodyEnds; readonly octets?: number }

/** How its body ends, or what is wrong. Source: RFC 9112 §6.1 and §6.3. */
export function bodyOf({ status, headers }: AnswerHead, method: string, isNew: boolean): Ending | string {
  const codings = valuesOf(headers, 'transfer-encoding')
  const [length, ...others] = valuesOf(headers, 'content-length')
  if (others.length > 0) return 'it says twice how long it is'
  if (length !== undefined && !LENGTH.test(length)) return 'its Content-Length is no number'
  if (codings.length > 0 && length !== undefined) return 'it has a Transfer-Encoding and a Content-Length'
  if (codings.length > 0 && (!isNew || codings.join().toLowerCase() !== 'chunked'))
    return 'its Transfer-Encoding is not chunked of HTTP/1.1'
  if (method === 'HEAD' || status === 204 || status === 304) return { ends: 'octets' }
  if (codings.length > 0) return { ends: 'chunk size' }
  return length === undefined ? { ends: 'close' } : { ends: 'octets', octets: Number(length) }
}

/** Whether its server keeps the connection open, and no body may still come that nobody waits for. Source: RFC 9112 §9.3. */
export function keeps({ status, headers }: AnswerHead, isNew: boolean): boolean {
  const announces =
    valuesOf(headers, 'transfer-encoding').length > 0 || valuesOf(headers, 'content-length').some((length) => Number(length) > 0)
  if (status === 204 && announces) return false
  const said = valuesOf(headers, 'connection').join().toLowerCase()
  return isNew ? !/(?:^|,)[ \t]*close[ \t]*(?:,|$)/.test(said) : /(?:^|,)[ \t]*keep-alive[ \t]*(?:,|$)/.test(said)
}
