import { hash } from 'node:crypto'
import { ok } from '../base/result.ts'
import { boundaryOf, readContentType } from '../protocol/content-type.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { readMultipart } from '../protocol/multipart.ts'
import { lastValue } from '../protocol/rest-headers.ts'
import type { PeerResponders } from './node-configuration.ts'
import type { HttpAnswer } from './ports.ts'

export type { PeerResponders } from './node-configuration.ts'

/** Stock servers' port. */
export const PEER_RESPONDERS: PeerResponders = { port: 5577, first: false }

/** Asks for one certificate: the servers of today look at its SHA-1 alone, those of tomorrow at its SHA-256. `address` may name a port of its own. */
export function peerOcspUrl(address: string, port: number, der: Uint8Array): string {
  const name = address.startsWith('[') ? address.replace(/\]:\d+$/, ']') : address.replace(/:\d+$/, '')
  return `http://${name}:${port}/?cert=${hash('sha1', der, 'hex')}&cert_hash=${hash('sha256', der, 'hex')}`
}

/** The one response in a peer's answer. Refused with 'http_error', 'internal_error' (not one part). Source: X-Road PR-MESST, OCSP responder. */
export function peerOcspIn({ status, headers, body }: HttpAnswer): Outcome<Uint8Array> {
  if (status < 200 || (status > 208 && status !== 226)) return refuse('http_error', `the peer's responder answered ${status}`)
  const type = readContentType(lastValue(headers, 'content-type') ?? '')
  const boundary = type && boundaryOf(type)
  if (boundary === undefined) return refuse('internal_error', "the peer's responder gave no multipart")
  const parts = readMultipart(boundary, body, { parts: 2, message: 1024 * 1024 })
  if (!parts.ok) return parts
  const [part, second] = parts.value
  return part && !second
    ? ok(part.body)
    : refuse('internal_error', `the peer's responder gave ${parts.value.length} parts for one certificate`)
}
