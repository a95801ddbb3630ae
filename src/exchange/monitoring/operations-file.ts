import { OPERATIONS, operationsName } from '../archive-names.ts'
import type { GetLocked, ListLocked, Peek, PutLocked } from '../ports.ts'
import { decodeSegment } from '../segment.ts'
import { type MessageFacts, messageFacts } from './message-facts.ts'

/** Where a door that answers monitoring questions may look: at the records that still wait, and at what the archive noted of those it took. */
export type JournalPorts = {
  readonly peek: Peek
  readonly getLocked: GetLocked
  readonly listLocked: ListLocked
  /** How late after its message a record may come into sight, in milliseconds. Absent: never, because those that wait are seen too. */
  readonly lateMs?: number
}

/**
 * Notes what the messages of a journal segment say of themselves, a line of JSON for each, in a file of its own: who may answer questions about
 * operation need not be able to read what was said. It follows from the segment alone, so it may be noted again.
 */
export async function noteOperations(segment: string, bytes: Uint8Array, putLocked: PutLocked): Promise<void> {
  const facts = factsOf(decodeSegment(segment, bytes))
  if (facts.length === 0) return
  const lines = facts.map((each) => `${JSON.stringify(each)}\n`).join('')
  await putLocked(operationsName(newestOf(facts), segment), Buffer.from(lines, 'utf8'))
}

export const factsOf = (records: readonly Uint8Array[]): readonly MessageFacts[] => records.flatMap((bytes) => messageFacts(bytes) ?? [])
const newestOf = (facts: readonly MessageFacts[]): number => facts.reduce((newest, { at }) => Math.max(newest, at), 0)

/** The files whose last message is of that time or later, in the order of their last messages. */
export const operationsSince = (from: number, { listLocked }: Pick<JournalPorts, 'listLocked'>): Promise<readonly string[]> =>
  listLocked(OPERATIONS, operationsName(Math.max(0, from), ''))

export async function readOperations(name: string, { getLocked }: Pick<JournalPorts, 'getLocked'>): Promise<readonly MessageFacts[]> {
  const text = Buffer.from((await getLocked(name)) ?? []).toString('utf8')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as MessageFacts]))
}
