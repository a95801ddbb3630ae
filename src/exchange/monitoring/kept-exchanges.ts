import { type Instant, instant, later, MINUTE } from '../../base/clock.ts'
import type { Side } from '../../evidence/record.ts'
import { operationsTime } from '../archive-names.ts'
import type { MessageFacts } from './message-facts.ts'
import { factsOf, type JournalPorts, operationsSince, readOperations } from './operations-file.ts'

export type { JournalPorts } from './operations-file.ts'

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
const MOST_FILES = 16
/** A message waits for its answer no longer, and records move on in about the order in which they were kept. */
const SLACK = 2 * MINUTE

/**
 * The exchanges of a time, from what the archive noted of the node's own records, a file for each segment of the journal. Records that wait are
 * read first, so that one on the move is not missed. The files are in order of time but for SLACK, and their names say of which.
 */
export async function keptExchanges(question: Question, ports: JournalPorts): Promise<Found> {
  const exchanges = new Map<string, KeptExchange>()
  const waiting = factsOf(await ports.peek(MOST_RECORDS, MOST_BYTES))
  const names = await operationsSince(later(question.from, -SLACK), ports)
  const begin = question.end === 'newest' ? Math.max(0, names.length - MOST_FILES) : 0
  let { from: since, to: through } = question
  for (let index = begin; index < names.length; index++) {
    const name = names[index] as string
    const facts = await readOperations(name, ports)
    note(facts, question, exchanges)
    if (index === begin && begin > 0) since = later(instant(oldestOf(facts)), SLACK)
    if (operationsTime(name) > question.to + SLACK) break
    const known = later(instant(operationsTime(name)), -SLACK)
    const enough = exchanges.size >= question.most && within(exchanges, question.from, known).length >= question.most
    if (index + 1 < names.length && (enough || index + 1 - begin >= MOST_FILES)) {
      through = instant(Math.min(question.to, known))
      break
    }
  }
  note(waiting, question, exchanges)
  return { exchanges: within(exchanges, since, through), since, through }
}

const oldestOf = (facts: readonly MessageFacts[]): number => facts.reduce((oldest, { at }) => Math.min(oldest, at), Number.MAX_SAFE_INTEGER)

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
