import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { decodeLinkingInfo, type Link, type LinkingInfo, link } from './linking.ts'
import { ARCHIVE_LIMITS, readZip } from './zip.ts'

export const LINKING_INFO = 'linkinginfo'

/** An archive file, read: its containers in the order of its linking information, which need not be true. */
export type Archive = { readonly info: LinkingInfo; readonly containers: readonly ArchivedContainer[] }
export type ArchivedContainer = { readonly name: string; readonly bytes: Uint8Array; readonly stated: Link }

/** One container's place in the chain: what the archive states and whether it follows from the bytes. */
export type LinkedContainer = { readonly name: string; readonly link: Link; readonly holds: boolean }
export type ArchiveVerdict = {
  readonly containers: readonly LinkedContainer[]
  /** The link that the next archive of the group continues from. */
  readonly last: Link
  /** Why the chain does not hold, naming the entry at fault; absent when it holds. */
  readonly fault?: string
}

/**
 * Reads an archive file. Refused with 'malformed_container' when it is no ZIP we take, with 'archive_linking_broken' when the
 * linking information is missing or in wrong form, or names other entries than the archive holds.
 */
export async function readArchive(zip: Uint8Array): Promise<Outcome<Archive>> {
  const entries = await readZip(zip, ARCHIVE_LIMITS)
  if (!entries.ok) return entries
  const text = entries.value.get(LINKING_INFO)
  if (!text) return refuse('archive_linking_broken', 'linkinginfo is missing')
  const info = decodeLinkingInfo(text)
  if (!info.ok) return info
  const linked = new Set(info.value.lines.map((line) => line.name))
  const unlinked = [...entries.value.keys()].find((name) => name !== LINKING_INFO && !linked.has(name))
  if (unlinked !== undefined) return refuse('archive_linking_broken', `${unlinked} is not linked`)
  if (linked.size !== info.value.lines.length) return refuse('archive_linking_broken', 'linkinginfo names an entry twice')
  const containers: ArchivedContainer[] = []
  for (const { name, link } of info.value.lines) {
    const bytes = name === LINKING_INFO ? undefined : entries.value.get(name)
    if (!bytes) return refuse('archive_linking_broken', `${name} is missing`)
    containers.push({ name, bytes, stated: link })
  }
  return ok({ info: info.value, containers })
}

/**
 * Follows the chain from the last link of the archive before. Where a link does not follow, the next one may continue from what is
 * stated (the container was altered) or from what was computed (the line was): so what was altered is named alone.
 * @param previous the last link of the archive before, 'first' when there is none
 */
export function verifyChain({ info, containers }: Archive, previous: Link | 'first'): ArchiveVerdict {
  const from = previous === 'first' ? '' : previous
  const linked: LinkedContainer[] = []
  let candidates: readonly Link[] = [from]
  let last = from
  for (const { name, bytes, stated } of containers) {
    const computed = candidates.map((before) => link(before, bytes, info.digest))
    const holds = computed.includes(stated)
    linked.push({ name, link: stated, holds })
    candidates = holds ? [stated] : [stated, ...computed]
    last = stated
  }
  const fault = chainFault(info.previous?.link ?? '', from, linked)
  return fault === undefined ? { containers: linked, last } : { containers: linked, last, fault }
}

function chainFault(states: Link, from: Link, linked: readonly LinkedContainer[]): string | undefined {
  if (states !== from) return `the archive continues ${states || 'nothing'}, not ${from || 'nothing'}`
  const altered = linked.filter((each) => !each.holds).map((each) => each.name)
  return altered.length > 0 ? `altered: ${altered.join(', ')}` : undefined
}
