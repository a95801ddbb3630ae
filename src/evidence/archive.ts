import type { Instant } from '../base/clock.ts'
import { LINKING_INFO } from './archive-verify.ts'
import { encodeLinkingInfo, type Link, type LinkingInfo, linkingInfo } from './linking.ts'
import { writeZip } from './zip.ts'

/** `at` is when the message was sent or received. */
export type FiledContainer = { readonly name: string; readonly bytes: Uint8Array; readonly at: Instant }
/** One archive file; `last` is what the next one of the group continues from. */
export type ArchiveFile = { readonly name: string; readonly bytes: Uint8Array; readonly last: Link }

/**
 * An archive file: the containers in the order given, stored as they are, and the linking information last.
 * Needs at least one container; throws without. The same input gives the same bytes everywhere.
 *
 * @param group the member or subsystem whose messages these are, as 'QRO/GOB/DIF'; '' without grouping
 * Source: X-Road LogArchiveCache, LogArchiveWriter.
 */
export function packArchive(containers: readonly FiledContainer[], previous: LinkingInfo['previous'], group = ''): ArchiveFile {
  const times = containers.map((container) => container.at).toSorted((a, b) => a - b)
  const [earliest, latest] = [times[0], times.at(-1)]
  if (earliest === undefined || latest === undefined) throw new Error('an archive file holds at least one container')
  const info = linkingInfo(previous, containers)
  const last = info.lines.at(-1)?.link as Link
  const entries = [...containers, { name: LINKING_INFO, bytes: encodeLinkingInfo(info) }]
  const bytes = writeZip(
    entries.map((entry) => ({ ...entry, stored: true })),
    latest,
  )
  return { name: archiveName(group, earliest, latest, last), bytes, last }
}

/** 'mlog-QRO_GOB_DIF-20250102030405-20250102030409-a28c4b8ece57d657.zip'; times in UTC, to the second. */
export const archiveName = (group: string, earliest: Instant, latest: Instant, last: Link): string =>
  `mlog-${groupPart(group)}${secondsOf(earliest)}-${secondsOf(latest)}-${last.slice(0, 16)}.zip`

/** What a file name may not hold becomes '_'. */
const groupPart = (group: string): string =>
  group === '' ? '' : `${group.replace(/[\u0000-\u001f\u007f-\u009f\\<>/:|*?]/g, '_')}-`.slice(0, 200)

const secondsOf = (at: Instant): string => new Date(at).toISOString().replace(/\..*$/, '').replace(/[-:T]/g, '')
