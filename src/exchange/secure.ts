import { hex, sha512 } from '../protocol/digests.ts'
import { JOURNAL, segmentAfter } from './archive-names.ts'
import type { Acknowledge, Drain, Drained, GetLocked, ListLocked, Log, PutLocked } from './ports.ts'
import { decodeSegment, encodeSegment } from './segment.ts'

export type SecurePorts = {
  readonly drain: Drain
  readonly acknowledge: Acknowledge
  readonly putLocked: PutLocked
  readonly getLocked: GetLocked
  readonly listLocked: ListLocked
  readonly log: Log
}
export type Secured = { readonly records: number; readonly more: boolean }

const MOST_RECORDS = 10_000
const MOST_BYTES = 32 * 1024 * 1024
/** What one run writes at most before others get their turn. */
const MOST_SEGMENTS = 8

/**
 * Moves kept records into custody: byte for byte into the next journal segment under lock, and only then are they acknowledged.
 *
 * Needs no stamp, no chain and no centre. A crash between the two leaves records both in the last segment and kept; the next run sees them in
 * the segment and only acknowledges. Numbers go up by one and every name is written once, so two runs at a time cannot lose a segment: the
 * slower one throws, and its records stay kept.
 * @param after a segment that is known to be there, to begin looking from; '' for none
 */
export async function secure(ports: SecurePorts, after: string): Promise<Secured> {
  let last: string | undefined
  let held: ReadonlySet<string> = new Set()
  let records = 0
  for (let written = 0; written < MOST_SEGMENTS; ) {
    const drained = await ports.drain(MOST_RECORDS, MOST_BYTES)
    if (drained.length === 0) return { records, more: false }
    if (last === undefined) {
      last = await lastSegment(after, ports)
      held = await digestsIn(last, ports)
    }
    const fresh = withoutHeld(drained, held)
    if (fresh.length > 0) {
      last = segmentAfter(last)
      await ports.putLocked(last, encodeSegment(fresh.map(({ bytes }) => bytes)))
      held = new Set(fresh.map(({ bytes }) => digestOf(bytes)))
      records += fresh.length
      written++
    }
    await ports.acknowledge(drained.map(({ receipt }) => receipt))
  }
  return { records, more: true }
}

/** Lists only when there is one after it: mostly there is none, and a list costs more than a look. */
const lastSegment = async (after: string, { getLocked, listLocked }: SecurePorts): Promise<string> =>
  (await getLocked(segmentAfter(after))) ? ((await listLocked(JOURNAL, after)).at(-1) ?? after) : after

async function digestsIn(name: string, { getLocked }: SecurePorts): Promise<ReadonlySet<string>> {
  if (name === '') return new Set()
  return new Set(decodeSegment(name, await getLocked(name)).map(digestOf))
}

const digestOf = (bytes: Uint8Array): string => hex(sha512(bytes))

/** Those not in the last segment, each once. */
function withoutHeld(drained: readonly Drained[], held: ReadonlySet<string>): readonly Drained[] {
  const seen = new Set(held)
  return drained.filter(({ bytes }) => {
    const digest = digestOf(bytes)
    return !seen.has(digest) && seen.add(digest)
  })
}
