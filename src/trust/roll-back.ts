import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { SHARED } from './directory-part.ts'
import type { Generation, SharedParameters } from './shared-parameters.ts'
import type { SignedDirectory } from './signed-directory.ts'

/** Where a publication of one instance stands among its publications. */
export type Publication = {
  readonly instance: string
  readonly version: number
  /** SHA-512 (hex) of its shared-params.xml. */
  readonly sha512: string
  readonly generation?: Generation
  /** Nanoseconds since 1970, from the folder its files lie in; null when that tells no time. */
  readonly stamp: bigint | null
  readonly expires: Instant
}

export function publicationOf(directory: SignedDirectory, { instance, version, sha512, generation }: SharedParameters): Publication {
  const location = directory.parts.find((part) => part.identifier === SHARED)?.location ?? ''
  return { instance, version, sha512, ...(generation && { generation }), stamp: stampOf(location), expires: directory.expires }
}

/**
 * May a validly signed configuration take the place of the one a node acts on? Stock clients never ask, so an old one can be played back
 * until it expires. Refused with 'global_conf_rolled_back'; the caller keeps what it has and tries its next source, for the nodes of a
 * centre publish each for itself and one may lag behind another for a minute.
 *
 * A serial of ours decides where there is one: it must grow, the next one must name this one as its predecessor, and a configuration
 * without a serial cannot follow one that has it. Else the stamp of the folder decides, and where there is none the expiry. Versions never fall.
 */
export function mayFollow(current: Publication, next: Publication): Outcome<true> {
  if (next.instance !== current.instance) return refuse('malformed_global_conf', `${next.instance} in the place of ${current.instance}`)
  const why = objectionTo(next, current)
  return why === null ? ok(true) : refuse('global_conf_rolled_back', why)
}

function objectionTo(next: Publication, current: Publication): string | null {
  if (next.version < current.version) return `from version ${current.version} to ${next.version}`
  const bySerials = next.sha512 === current.sha512 ? undefined : bySerial(current, next)
  return bySerials === undefined ? byTime(current, next) : bySerials
}

/** What speaks against it; null: nothing; undefined: there is no serial to go by. */
function bySerial(current: Publication, next: Publication): string | null | undefined {
  const [before, after] = [current.generation, next.generation]
  if (!before) return undefined
  if (!after) return `serial ${before.serial} has no successor`
  if (next.version !== current.version) return after.serial < before.serial ? `from serial ${before.serial} to ${after.serial}` : null
  if (after.serial <= before.serial) return `from serial ${before.serial} to ${after.serial}`
  const follows = after.serial > before.serial + 1 || after.previous === current.sha512
  return follows ? null : `serial ${after.serial} does not name serial ${before.serial} as its predecessor`
}

function byTime(current: Publication, next: Publication): string | null {
  if (current.stamp === null && next.stamp === null) return next.expires < current.expires ? 'it expires earlier' : null
  if (current.stamp === null) return null
  return next.stamp === null || next.stamp < current.stamp ? 'its folder is stamped earlier' : null
}

/**
 * The time in a part's location: central servers write '/V6/20260206100112123456000/…', year to nanoseconds in UTC;
 * configuration proxies '/<proxy>/1770372072123/…', milliseconds.
 */
export function stampOf(location: string): bigint | null {
  const found = /\/(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{9})\/|\/(\d{13})\//.exec(location)
  if (!found) return null
  if (found[8]) return BigInt(found[8]) * 1_000_000n
  const [year = 0, month = 0, day, hour, minute, second, nanos = 0] = found.slice(1, 8).map(Number)
  return BigInt(Date.UTC(year, month - 1, day, hour, minute, second)) * 1_000_000n + BigInt(nanos)
}
