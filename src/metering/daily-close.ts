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

type DayInArchive = { archived: number; setAside: number; signatures: number; readonly shared: Set<string> }
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

/**
 * Identities of a node archived and set aside, and the signatures in them, by the UTC day of the record. Each identity once, and a
 * signature over several messages once. What could not even be read is set aside on the day of the run.
 */
export function archivedByDay(positions: readonly Position[]): ReadonlyMap<string, Readonly<DayInArchive>> {
  const days = new Map<string, DayInArchive>()
  const on = (at: number): DayInArchive => {
    const counts = days.get(dayOf(at)) ?? { archived: 0, setAside: 0, signatures: 0, shared: new Set() }
    days.set(dayOf(at), counts)
    return counts
  }
  const seen = new Set<string>()
  for (const { lines, unreadable = [], at: ranAt } of positions) {
    for (const line of lines) {
      if (seen.has(line.identity)) continue
      seen.add(line.identity)
      const counts = on(line.at)
      if (line.setAside === undefined) counts.archived++
      else counts.setAside++
      if (line.shared === undefined || !counts.shared.has(line.shared)) counts.signatures += line.signed
      if (line.shared !== undefined) counts.shared.add(line.shared)
    }
    if (unreadable.length > 0) on(ranAt).setAside += unreadable.length
  }
  return days
}

/** A record that waits to be archived: its day, and whether our key signed it; `shared` as in receipts. */
export type WaitingRecord = { readonly day: string; readonly isOwn: boolean; readonly shared?: string | undefined }
/** What others than the archive counted, by UTC day. A day of which nobody kept a count has none. */
export type IndependentCounts = {
  /** Identities the doors handed over to be kept. */
  readonly sent: ReadonlyMap<string, number>
  /** Signatures by the key's own log. */
  readonly signatures: ReadonlyMap<string, number>
  /** Signatures that are in the doors' log because nothing could be kept: the name of a shared one, or any other word. */
  readonly failures: ReadonlyMap<string, readonly string[]>
}

/**
 * How a node's days close: the archive's receipts and what waits beside what others counted. A day on which somebody kept a count of
 * records or signatures and the other counted nothing has 0 of the other.
 */
export function closesOf(
  positions: readonly Position[],
  waiting: readonly WaitingRecord[],
  { sent, signatures, failures }: IndependentCounts,
): readonly (Close & { readonly day: string })[] {
  const archive = archivedByDay(positions)
  const waits = Map.groupBy(waiting, ({ day }) => day)
  const counted = new Set([...sent.keys(), ...signatures.keys()])
  const days = new Set([...archive.keys(), ...waits.keys(), ...counted, ...failures.keys()])
  return [...days].toSorted().map((day) => {
    const { archived = 0, setAside = 0, signatures: sealed = 0, shared = new Set<string>() } = archive.get(day) ?? {}
    const those = waits.get(day) ?? []
    const kept = new Set(shared)
    const waitingSignatures = those.filter(({ isOwn, shared: name }) => isOwn && isNew(name, kept)).length
    const namedFailures = (failures.get(day) ?? []).filter((name) => name === 'own' || isNew(name, kept)).length
    const isCounted = counted.has(day)
    const counts = {
      sent: isCounted ? (sent.get(day) ?? 0) : null,
      keySignatures: isCounted ? (signatures.get(day) ?? 0) : null,
      ...{ archived, waiting: those.length, setAside, keptSignatures: sealed + waitingSignatures, namedFailures },
    }
    return { day, ...closeOf(counts) }
  })
}

function isNew(name: string | undefined, seen: Set<string>): boolean {
  if (name === undefined) return true
  if (seen.has(name)) return false
  seen.add(name)
  return true
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
