import { type Instant, SECOND } from '../base/clock.ts'

/** Octets of a whole message that pass a Lambda function, whose events end at 6 MB after base64 encoding. */
export const MOST_BODY = 4_400_000
/** The same with the evidence around it, between nodes. */
export const MOST_MESSAGE = 4_500_000

/** Octets of a consumer's or service's body, and of a whole message between nodes. */
export type MessageLimits = {
  readonly body: number
  readonly message: number
  /**
   * What is held in memory of one message, where bodies can be stored: a larger REST body lies in a file, and so do the largest attachments of a
   * SOAP package. Its envelope is always held.
   */
  readonly held?: number
}
/** What passes the edges in the cloud. */
export const EDGE_LIMITS: MessageLimits = { body: MOST_BODY, message: MOST_MESSAGE }

/**
 * How long each may take, one inside the other: the edge gives up after 29 s. A consumer's door that starts late has less, and so has
 * everything inside it.
 */
export const CONSUME_MS = 28 * SECOND
export const PEER_MS = 25 * SECOND
export const PROVIDE_MS = 24 * SECOND
export const SERVICE_MS = 20 * SECOND

/** How long each step may take, where no edge in the cloud gives up. Milliseconds. */
export type Patience = { readonly consumeMs: number; readonly peerMs: number; readonly provideMs: number; readonly serviceMs: number }
export const EDGE_PATIENCE: Patience = { consumeMs: CONSUME_MS, peerMs: PEER_MS, provideMs: PROVIDE_MS, serviceMs: SERVICE_MS }

/** Kept back to verify, sign and keep once the answer is there. */
const RESERVE_MS = 3 * SECOND
/** Less than this is not worth starting with. */
const LEAST_MS = 500

/** What is left for a call now, or null when it could not end in time: then nothing may be started. */
export function budget(deadline: Instant, now: Instant, most: number): number | null {
  const left = Math.min(most, deadline - now - RESERVE_MS)
  return left < LEAST_MS ? null : left
}
