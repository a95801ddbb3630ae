import type { Body } from './body.ts'
import { base64, sha512, sha512OfHeld } from './digests.ts'

/** SHA-512 of a body: counted from the bytes in hand, or as its reference says. */
export const digestOfBody = (body: Body): Uint8Array => (body.kind === 'bytes' ? sha512OfHeld(body.bytes) : body.sha512)

/**
 * Ties an answer to its question: base64 of SHA-512(block), or with a body of SHA-512(SHA-512(block) ‖ SHA-512(body)).
 * The inner digests are joined as raw bytes. A body of no bytes is still a body. Source: X-Road PR-REST §4.3, x-road-request-hash.
 *
 * @param block the request block in its canonical form, which is the form it was sent in
 */
export function requestHash(block: Uint8Array, body: Body | null): string {
  const message = sha512OfHeld(block)
  return base64(body ? sha512(message, digestOfBody(body)) : message)
}
