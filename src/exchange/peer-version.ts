import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { type Header, lastValue } from '../protocol/rest-headers.ts'

/**
 * Whether a peer's software is new enough by its own word, x-proxy-version: 'client_proxy_version_not_supported' when it is older,
 * 'internal_error' when it says nothing that can be compared. Source: X-Road server-min-supported-client-version.
 */
export function newEnough(headers: readonly Header[], oldest: string | undefined): Outcome<true> {
  if (oldest === undefined) return ok(true)
  const [said, asked] = [read(lastValue(headers, 'x-proxy-version') ?? ''), read(oldest)]
  if (!asked) throw new Error(`${oldest} is no version`)
  if (!said) return refuse('internal_error', 'x-proxy-version is missing or no version')
  const apart = said.map((each, index) => each - (asked[index] as number)).find((each) => each !== 0) ?? 0
  return apart < 0 ? refuse('client_proxy_version_not_supported', `the peer's software is older than ${oldest}`) : ok(true)
}

/** A setting that names no version is refused when it is read, 'malformed_server_conf': a message is too late to learn of it. Absent: any will do. */
export const checkOldestPeer = (oldest: string | undefined): Outcome<true> =>
  oldest === undefined || read(oldest)
    ? ok(true)
    : refuse('malformed_server_conf', `oldestPeer is "${oldest.slice(0, 40)}"; a version is major.minor.patch, like 7.6.0`)

/** Major, minor, patch, and 0 for a pre-release or 1 for a release: '7.6.0-beta' comes before '7.6.0'. Semantic Versioning 2.0.0 §11. */
function read(version: string): readonly number[] | undefined {
  const [, major, minor, patch, pre] =
    /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(-[0-9A-Za-z.-]{1,100})?(?:\+[0-9A-Za-z.-]{1,100})?$/.exec(version) ?? []
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch), pre === undefined ? 1 : 0]
}
