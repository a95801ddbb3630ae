import { ok } from '../base/result.ts'
import type { Octets } from '../protocol/body.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { type Header, lastValue } from '../protocol/rest-headers.ts'
import type { Reply } from './message.ts'

/** What we say of ourselves, above every gate that servers put up. */
export const PROXY_VERSION = '7.8.0'
const HASH_ALGORITHM = 'SHA-512'

/** What tells the two protocols apart on the way. */
export const REST: Header = ['x-road-message-type', 'REST']
export const originalAction = (soapAction: string): Header => ['x-original-soapaction', soapAction]

/** The headers around a request between nodes; names in lower case, as stock servers read them. Source: X-Road PR-MESST §3. */
export const requestHeaders = (
  contentType: string,
  originalType: string,
  requestId: string,
  ofTheProtocol: readonly Header[],
): readonly Header[] => [
  ['content-type', contentType],
  ['x-hash-algorithm', HASH_ALGORITHM],
  ['x-original-content-type', originalType],
  ['x-proxy-version', PROXY_VERSION],
  ...ofTheProtocol,
  ['x-road-request-id', requestId],
]

/** The same around an answer. Stock servers look for exactly these names. */
export const replyWith = ({ contentType, ...octets }: { readonly contentType: string } & Octets, more: readonly Header[] = []): Reply => ({
  ...octets,
  headers: [['content-type', contentType], ['x-hash-algorithm', HASH_ALGORITHM], ...more],
})

/** SHA-512 is the one digest of message parts: 'internal_error' for another, or none. */
export function checkDigest(headers: readonly Header[]): Outcome<true> {
  const name = lastValue(headers, 'x-hash-algorithm')
  return name?.toUpperCase() === HASH_ALGORITHM
    ? ok(true)
    : refuse('internal_error', `x-hash-algorithm is ${name === undefined ? 'missing' : `"${name.slice(0, 40)}"`}`, 'unsupported_digest')
}

/** 'xtop' and 30 letters out of a random id: 'a' to 'f' as they are, 'g' to 'p' for its digits. */
export function boundaryFrom(id: string): string {
  const letters = [...id.replaceAll('-', '').slice(0, 30)].map((each) => (each < 'a' ? LETTERS[Number(each)] : each))
  return `xtop${letters.join('')}`
}
const LETTERS = 'ghijklmnop'
