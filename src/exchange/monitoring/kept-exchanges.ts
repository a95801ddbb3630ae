import { type Instant, instant, later, MINUTE } from '../../base/clock.ts'
import type { Side } from '../../evidence/record.ts'
import { JOURNAL } from '../archive-names.ts'
import type { GetLocked, ListLocked, Peek } from '../ports.ts'
import { decodeSegment } from '../segment.ts'
import { type MessageFacts, messageFacts } from './message-facts.ts'

/** Where the records of a node lie: those that wait, and the journal. */
export type JournalPorts = { readonly peek: Peek; readonly getLocked: GetLocked; readonly listLocked: ListLocked }

/** One end of one exchange, as its records tell it. At least one of the two messages is there. */
export type KeptExchange = {
  readonly side: Side
  readonly requestId: string
  readonly request?: MessageFacts
  readonly response?: MessageFacts
  /** Of the last message: what exchanges are asked for and ordered by. */
  readonly at: Instant
}
export type Question = {
  readonly from: Instant
  readonly to: Instant
  /** More are not looked for once so many are known. */
  readonly most: number
  /** Which end counts when not all can be read. */
  readonly end: 'oldest' | 'newest'
  readonly wanted: (facts: MessageFacts) => boolean
}
export type Found = {
  /** In order of time. */
  readonly exchanges: readonly KeptExchange[]
  /** All from then to then are among them: what was asked for, or less when the search was cut short. */
  readonly since: Instant
  readonly through: Instant
}

const MOST_RECORDS = 10_000
const MOST_BYTES = 32 * 1024 * 1024
/** What one question reads at most: anybody may ask. */
const MOST_SEGMENTS = 16
/** A message waits for its answer no longer, and records move on in about the order in which they were kept. */
const SLACK = 2 * MINUTE

/**
 * The exchanges of a time, from the records of the node itself. Records that wait are read first, so that one on the move is not missed.
 * The journal is in order of time but for SLACK: its first segment of interest is found by halving, then it is read forward.
 */
export async function keptExchanges(question: Question, ports: JournalPorts): Promise<Found> {
  const exchanges = new Map<string, KeptExchange>()
  const waiting = flat(await ports.peek(MOST_RECORDS, MOST_BYTES))
  const names = await ports.listLocked(JOURNAL)
  const first = await firstOf(names, later(question.from, -SLACK), ports)
  const begin = question.end === 'newest' ? Math.max(first, names.length - MOST_SEGMENTS) : first
  let { from: since, to: through } = question
  for (let index = begin; index < names.length; index++) {
    const facts = await factsIn(names[index] as string, ports)
    note(facts, question, exchanges)
    if (index === begin && begin > first) since = later(instant(oldestOf(facts)), SLACK)
    const newest = newestOf(facts)
    if (newest > question.to + SLACK) break
    const known = later(instant(newest), -SLACK)
    const enough = exchanges.size >= question.most && within(exchanges, question.from, known).length >= question.most
    if (index + 1 < names.length && (enough || index + 1 - begin >= MOST_SEGMENTS)) {
      through = instant(Math.min(question.to, known))
      break
    }
  }
  note(waiting, question, exchanges)
  return { exchanges: within(exchanges, since, through), since, through }
}

const flat = (records: readonly Uint8Array[]): readonly MessageFacts[] => records.flatMap((bytes) => messageFacts(bytes) ?? [])

async function factsIn(name: string, { getLocked }: JournalPorts): Promise<readonly MessageFacts[]> {
  return flat(decodeSegment(name, await getLocked(name)))
}
const oldestOf = (facts: readonly MessageFacts[]): number => facts.reduce((oldest, { at }) => Math.min(oldest, at), Number.MAX_SAFE_INTEGER)
const newestOf = (facts: readonly MessageFacts[]): number => facts.reduce((newest, { at }) => Math.max(newest, at), 0)

/** The first segment that holds anything from then on; the last record of each tells. */
async function firstOf(names: readonly string[], from: Instant, { getLocked }: JournalPorts): Promise<number> {
  let [low, high] = [0, names.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const name = names[middle] as string
    const last = decodeSegment(name, await getLocked(name)).findLast((bytes) => messageFacts(bytes) !== undefined)
    if (last !== undefined && (messageFacts(last) as MessageFacts).at >= from) high = middle
    else low = middle + 1
  }
  return low
}

function note(all: readonly MessageFacts[], { from, to, wanted }: Question, exchanges: Map<string, KeptExchange>): void {
  for (const facts of all) {
    const { side, requestId, direction, at } = facts
    if (at < from - SLACK || at > to + SLACK || !wanted(facts)) continue
    const key = `${side} ${requestId}`
    const known = exchanges.get(key)
    exchanges.set(key, { ...known, side, requestId, [direction]: facts, at: instant(Math.max(at, known?.at ?? 0)) })
  }
}

const within = (exchanges: ReadonlyMap<string, KeptExchange>, from: Instant, to: Instant): readonly KeptExchange[] =>
  [...exchanges.values()].filter(({ at }) => at >= from && at <= to).sort((a, b) => a.at - b.at)
