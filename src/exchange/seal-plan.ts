import type { Instant } from '../base/clock.ts'
import type { Link } from '../evidence/linking.ts'
import type { Fault } from '../protocol/faults.ts'

/** Where the chain of containers stands. */
export type Head = {
  /** How many times was sealed; 0: never. */
  readonly position: number
  /** The last link and the archive file that ends with it; null before the first container ever. */
  readonly last: { readonly link: Link; readonly file: string } | null
  /** The number of the next container. */
  readonly sequence: number
  /** The last journal segment that is sealed; '' when none is. */
  readonly through: string
}
export const NO_HEAD: Head = { position: 0, last: null, sequence: 1, through: '' }

/** The fields of a head in one order, whatever a store made of them; then heads are equal when their JSON is. */
export const plainHead = ({ position, last, sequence, through }: Head): Head => ({
  position,
  last: last && { link: last.link, file: last.file },
  sequence,
  through,
})
export const isSameHead = (a: Head, b: Head): boolean => JSON.stringify(plainHead(a)) === JSON.stringify(plainHead(b))

/**
 * Everything about one sealing that does not follow from its segments and the archive before it. It is written once, under lock, before
 * anything is made of it: whoever makes the archive file, and however often, makes the same bytes.
 */
export type SealPlan = {
  readonly version: 1
  readonly position: number
  readonly at: Instant
  readonly after: Head
  readonly segments: readonly string[]
  /**
   * Where the authority that stamped was not yet known on a message's own day: the configuration by which the record is judged, by the name of that of
   * its day. A stamp that came late may be of an authority that was approved since.
   */
  readonly judgedBy?: Readonly<Record<string, string>>
  /** Records, by their place in the segments, that cannot be sealed, with the reason. */
  readonly setAside: readonly { readonly index: number; readonly path: Fault['path']; readonly detail: string }[]
  /** OCSP answers from before these instants are too old, or superseded, by the time of the stamp: a fresh one goes in front. */
  readonly lateBefore: Instant
  readonly supersededBefore: Instant
  /** Fresh OCSP answers (base64), by SHA-256 (hex) of the signing certificate. */
  readonly fresh: Readonly<Record<string, string>>
  /** The time stamp token (base64) over them all; null when there is nothing to stamp. */
  readonly token: string | null
}

export const encodePlan = (plan: SealPlan): Uint8Array => Buffer.from(`${JSON.stringify(plan)}\n`, 'utf8')

/** Throws for what is no plan: it was written by us, whole. */
export function decodePlan(name: string, bytes: Uint8Array): SealPlan {
  const plan = JSON.parse(Buffer.from(bytes).toString('utf8')) as SealPlan
  if (plan.version !== 1) throw new Error(`${name} has version ${plan.version}, which this program does not know`)
  return plan
}
