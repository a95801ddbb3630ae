import type { Instant } from '../base/clock.ts'
import type { Fault } from '../protocol/faults.ts'
import type { ClientId } from '../protocol/identifiers.ts'

/** What a container proves, or why it proves nothing. Facts that were not reached, or did not hold, are absent. */
export type ContainerVerdict = {
  readonly valid: boolean
  /** Why not, in the codes of the reference verifier and our own. */
  readonly fault?: Fault
  /** Who signed: named by the message, proved by the certificate. */
  readonly signer?: ClientId
  /** The message existed at this instant, says an approved authority. */
  readonly timestamp?: Instant
  /** When the OCSP answer was made that shows the signing certificate to have been good. */
  readonly ocsp?: Instant
  readonly parts: readonly JudgedPart[]
}

/** One part of the message: in the container, or named by the signature though its octets are not there. */
export type JudgedPart = {
  /** As the signature names it: '/message.xml', '/attachment1'. */
  readonly name: string
  /** SHA-512 (hex) of the octets in the container; of an absent part the digest that the signature names. */
  readonly digest: string
  /** In the container, and exactly what was signed. */
  readonly covered: boolean
}
