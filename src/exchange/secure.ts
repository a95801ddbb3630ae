import { hex, sha512 } from '../protocol/digests.ts'
import { JOURNAL, segmentAfter } from './archive-names.ts'
import { noteOperations } from './monitoring/operations-file.ts'
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
 * Moves kept records into custody: byte for byte into the next journal segment under lock, what they say of operation beside it, and only then
 * are they acknowledged.
 *
 * Needs no stamp, no chain and no centre. A crash in between leaves records both in the last segment and kept; the next run sees them in the
 * segment, notes what may not have been noted, and acknowledges. Numbers go up by one and every name is written once, so two runs at a time cannot lose a segment: the
 * slower one throws, and its records stay kept.
 * @param after a segment that is known to be there, to begin looking from; '' for none
 */
export async function secure(ports: SecurePorts, after: string): Promise<Secured> {
  let last: string | undefined
  let held: Segment = NONE
  let records = 0
  for (let written = 0; written < MOST_SEGMENTS; ) {
    const drained = await ports.drain(MOST_RECORDS, MOST_BYTES)
    if (drained.length === 0) return { records, more: false }
    if (last === undefined) {
      last = await lastSegment(after, ports)
      held = await segmentNamed(last, ports)
    }
    const fresh = withoutHeld(drained, held.digests)
    if (fresh.length < drained.length && last !== '') await noteOperations(last, held.bytes, ports.putLocked)
    if (fresh.length > 0) {
      last = segmentAfter(last)
      const bytes = encodeSegment(fresh.map((each) => each.bytes))
      await ports.putLocked(last, bytes)
      await noteOperations(last, bytes, ports.putLocked)
      held = { bytes, digests: new Set(fresh.map((each) => digestOf(each.bytes))) }
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

type Segment = { readonly bytes: Uint8Array; readonly digests: ReadonlySet<string> }
const NONE: Segment = { bytes: new Uint8Array(), digests: new Set() }

async function segmentNamed(name: string, { getLocked }: SecurePorts): Promise<Segment> {
  if (name === '') return NONE
  const bytes = await getLocked(name)
  return { bytes: bytes ?? NONE.bytes, digests: new Set(decodeSegment(name, bytes).map(digestOf)) }
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
