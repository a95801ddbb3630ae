import type { Position } from './receipts.ts'

/** What one node's books say of one day. `null`: nobody counted it here, and the close says so. */
export type DayCounts = {
  /** Records the doors say they kept. */
  readonly sent: number | null
  readonly archived: number
  readonly waiting: number
  readonly setAside: number
  /** Signatures by the log of whoever holds the key. */
  readonly keySignatures: number | null
  /** Signatures in the archive, in what waits and in what was set aside. */
  readonly keptSignatures: number
  /** Signatures made of which nothing was kept, each with its reason in the doors' log. */
  readonly namedFailures: number
}
/** `records`: sent less all that is accounted for; `signatures` likewise. Both 0: the day closes. null: it cannot be told. */
export type Close = DayCounts & { readonly records: number | null; readonly signatures: number | null; readonly closes: boolean | null }

/**
 * The daily close: records sent = identities archived + waiting + set aside; signatures of the key's own log = signatures kept + named
 * failures. A difference is an alarm, whichever way it goes.
 */
export function closeOf(counts: DayCounts): Close {
  const { sent, archived, waiting, setAside, keySignatures, keptSignatures, namedFailures } = counts
  const records = sent === null ? null : sent - (archived + waiting + setAside)
  const signatures = keySignatures === null ? null : keySignatures - (keptSignatures + namedFailures)
  const wrong = (records ?? 0) !== 0 || (signatures ?? 0) !== 0
  return { ...counts, records, signatures, closes: wrong ? false : records === null || signatures === null ? null : true }
}

/** Identities of a node archived and set aside, and the signatures in them, by the UTC day of the record. Each identity once. */
export function archivedByDay(
  positions: readonly Position[],
): ReadonlyMap<string, { archived: number; setAside: number; signatures: number }> {
  const days = new Map<string, { archived: number; setAside: number; signatures: number }>()
  const seen = new Set<string>()
  for (const { lines } of positions)
    for (const { identity, at, signed, setAside } of lines) {
      if (seen.has(identity)) continue
      seen.add(identity)
      const day = new Date(at).toISOString().slice(0, 10)
      const counts = days.get(day) ?? { archived: 0, setAside: 0, signatures: 0 }
      if (setAside === undefined) counts.archived++
      else counts.setAside++
      counts.signatures += signed
      days.set(day, counts)
    }
  return days
}

/** A receipt whose evidence is not there, or evidence that has no receipt. */
export type Unmatched = {
  readonly what: 'receipt-without-evidence' | 'evidence-without-receipt' | 'archive-without-receipts'
  readonly name: string
}

/**
 * Compares receipts with what the archive really holds.
 * @param held containers in each archive file that is there, by the file's name
 */
export function unmatchedIn(positions: readonly Position[], held: ReadonlyMap<string, readonly string[]>): readonly Unmatched[] {
  const told = new Map<string, Set<string>>()
  for (const { file, lines } of positions) {
    const containers = new Set(lines.flatMap(({ archive, container }) => (archive === file && container !== undefined ? [container] : [])))
    if (file !== null) told.set(file, new Set([...(told.get(file) ?? []), ...containers]))
  }
  const receipts = [...told].flatMap(([file, containers]) => {
    const there = new Set(held.get(file) ?? [])
    return [...containers]
      .filter((name) => !there.has(name))
      .map((name) => ({ what: 'receipt-without-evidence', name: `${file}/${name}` }) as const)
  })
  const evidence = [...held].flatMap(([file, containers]): readonly Unmatched[] => {
    const known = told.get(file)
    if (!known) return [{ what: 'archive-without-receipts', name: file }]
    return containers.filter((name) => !known.has(name)).map((name) => ({ what: 'evidence-without-receipt', name: `${file}/${name}` }))
  })
  return [...receipts, ...evidence]
}
