import type { Instant, Now } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { hex, sha512 } from '../../protocol/digests.ts'
import { codeOf, type Outcome, refuse } from '../../protocol/faults.ts'
import type { GetLocked, Log, PutLocked, Store } from '../ports.ts'
import { type Change, Work } from './work.ts'

/** Who acts: a person by the name their sign-in proves, a node by its identifier, or a rule that was set before. */
export type Actor = { readonly kind: 'person' | 'node' | 'rule'; readonly id: string }

/** What an act is called and what is said about it in the log. */
export type Deed = {
  readonly who: Actor
  /** 'addMember': what was done, or tried. */
  readonly what: string
  /** The second person of an act that takes two. */
  readonly with?: Actor
  /** Done by one person where two are asked, and why. */
  readonly breakGlass?: string
}
/** Only when no act came after the line of this number: whoever acts has seen all there is. */
export type OnlyAfter = { readonly onlyAfter?: number | undefined }

/**
 * One line of the log, in the order of acts: who, what, when, and each record before and after.
 * An act that was refused is a line too, with its code and reason and without changes. `previous` is the SHA-512 (hex) of the line before.
 */
export type LogLine = Deed & {
  readonly number: number
  readonly at: Instant
  readonly refused?: { readonly code: string; readonly why: string }
  readonly changes: readonly Change[]
  readonly previous: string
}

export type ChangeLogPorts = {
  readonly store: Store
  readonly putLocked: PutLocked
  readonly getLocked: GetLocked
  readonly now: Now
  readonly log: Log
}
type Head = { readonly number: number; readonly digest: string }

const HEAD = 'audit/head'
const NOBODY_YET: Head = { number: 0, digest: '' }
const lineKey = (number: number): string => `audit/line/${String(number).padStart(12, '0')}`
/** The name of a line under lock, and of the folder they all lie in. */
export const LOG_FOLDER = 'audit/'
export const lineName = (number: number): string => `${LOG_FOLDER}${String(number).padStart(12, '0')}.json`
const MOST_TRIES = 16
const textOf = (line: LogLine): string => JSON.stringify(line)
const digestOf = (text: string): string => hex(sha512(Buffer.from(text)))

/** The number of the last line, by the store alone. */
export const lastLine = async ({ get }: Pick<Store, 'get'>): Promise<number> => (await get<Head>(HEAD))?.value.number ?? 0

/**
 * Does one act whole or not at all: what it changes, and its line in the log, in one transaction; then the line goes under lock.
 * Acts are in one row: every act is decided on the state after the one before, and decided anew when another was faster.
 * A refusal is logged too and changes nothing. An act that changes nothing leaves no line.
 * Refused with 'busy' when others were faster each time; else as `work` refuses.
 */
export async function act<T>(
  ports: ChangeLogPorts,
  deed: Deed,
  work: (work: Work, at: Instant) => Promise<Outcome<T>>,
  { onlyAfter }: OnlyAfter = {},
): Promise<Outcome<T>> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const head = await caughtUp(ports)
    const draft = new Work(ports.store)
    const at = ports.now()
    const isStale = onlyAfter !== undefined && onlyAfter !== head.value.number
    const outcome = isStale
      ? refuse('conflict', `something changed since line ${onlyAfter}: it is ${head.value.number} now`)
      : await work(draft, at)
    const changes = outcome.ok ? await draft.changes() : []
    if (outcome.ok && changes.length === 0) return outcome
    const line: LogLine = {
      number: head.value.number + 1,
      at,
      ...deed,
      ...(outcome.ok ? {} : { refused: { code: codeOf(outcome.fault), why: outcome.fault.detail.slice(0, 500) } }),
      changes: changes.map(({ key, before, after }) => ({ key, before, after })),
      previous: head.value.digest,
    }
    const puts = changes.map(({ key, after, ifVersion }) => ({ key, value: after, ifVersion }))
    if (await write(ports, head.version, line, puts)) {
      tell(ports.log, line)
      return outcome
    }
  }
  return refuse('busy', 'others changed the register at the same moment, again and again')
}

type Puts = readonly { readonly key: string; readonly value: unknown; readonly ifVersion: number }[]

async function write({ store, putLocked }: ChangeLogPorts, headVersion: number, line: LogLine, puts: Puts): Promise<boolean> {
  const text = textOf(line)
  const head: Head = { number: line.number, digest: digestOf(text) }
  const done = await store.transact([
    ...puts,
    { key: lineKey(line.number), value: text, ifVersion: (await store.get(lineKey(line.number)))?.version ?? 0 },
    { key: HEAD, value: head, ifVersion: headVersion },
  ])
  if (done) await putLocked(lineName(line.number), Buffer.from(text))
  return done
}

/**
 * The head of the log, with the log and the store agreed: a last line that did not get under lock is put there; a store behind what is under
 * lock (restored from a copy, or new) is brought up to it, act by act. Throws when the lines under lock do not follow from each other.
 */
export async function caughtUp(ports: ChangeLogPorts): Promise<{ readonly value: Head; readonly version: number }> {
  const { store, putLocked, getLocked } = ports
  for (let checked = 0; ; ) {
    const stored = await store.get<Head>(HEAD)
    const head = { value: stored?.value ?? NOBODY_YET, version: stored?.version ?? 0 }
    const { number } = head.value
    if (number > checked) await putLocked(lineName(number), Buffer.from((await store.get<string>(lineKey(number)))?.value ?? ''))
    checked = number
    const next = await getLocked(lineName(number + 1))
    if (!next) return head
    await replay(ports, head, next)
  }
}

async function replay(ports: ChangeLogPorts, head: { readonly value: Head; readonly version: number }, bytes: Uint8Array): Promise<void> {
  const read = readLine(bytes, head.value)
  if (!read.ok) throw new Error(`the log of changes is broken: ${read.fault.detail}`)
  const puts = await Promise.all(
    read.value.changes.map(async ({ key, after }) => ({
      key,
      value: after,
      ifVersion: (await ports.store.get(key))?.version ?? 0,
    })),
  )
  await write(ports, head.version, read.value, puts)
}

/** One line, which must be the next after `head`. Refused with 'archive_linking_broken'. */
function readLine(bytes: Uint8Array, head: Head): Outcome<LogLine> {
  const number = head.number + 1
  try {
    const line = JSON.parse(Buffer.from(bytes).toString('utf8')) as LogLine
    if (textOf(line) !== Buffer.from(bytes).toString('utf8'))
      return refuse('archive_linking_broken', `line ${number} is not as it was written`)
    return line.number === number && line.previous === head.digest
      ? ok(line)
      : refuse('archive_linking_broken', `line ${number} does not follow from the one before`)
  } catch {
    return refuse('archive_linking_broken', `line ${number} cannot be read`)
  }
}

/**
 * Lines under lock, in their order, checked to follow from each other and from the one before. Refused with 'archive_linking_broken', naming the first
 * that does not. A log cut short at its end cannot be told from a shorter one by itself: compare the last digest with one noted elsewhere.
 * @param after the number of the line before the first wanted; at most `most` lines
 */
export async function readLog(
  { getLocked }: Pick<ChangeLogPorts, 'getLocked'>,
  { after = 0, most = Number.POSITIVE_INFINITY }: { readonly after?: number; readonly most?: number } = {},
): Promise<Outcome<readonly LogLine[]>> {
  const lines: LogLine[] = []
  const before = after === 0 ? undefined : await getLocked(lineName(after))
  let head: Head = before ? { number: after, digest: hex(sha512(before)) } : NOBODY_YET
  if (after > 0 && !before) return ok([])
  while (lines.length < most) {
    const bytes = await getLocked(lineName(head.number + 1))
    if (!bytes) break
    const line = readLine(bytes, head)
    if (!line.ok) return line
    lines.push(line.value)
    head = { number: line.value.number, digest: hex(sha512(bytes)) }
  }
  return ok(lines)
}

/** A record as it stood, and the line that made it so. */
export type Known = { readonly value: unknown; readonly by: LogLine }

/** Every record as it stood at an instant, by the log alone. Records that were removed by then are not among them. */
export function stateAt(lines: readonly LogLine[], at: Instant): ReadonlyMap<string, Known> {
  const state = new Map<string, Known>()
  for (const line of lines) {
    if (line.at > at) continue
    for (const { key, after } of line.changes) {
      if (after === null) state.delete(key)
      else state.set(key, { value: after, by: line })
    }
  }
  return state
}

function tell(log: Log, { number, who, what, refused, breakGlass }: LogLine): void {
  const facts = { number, what, who: `${who.kind} ${who.id}` }
  if (breakGlass !== undefined) log({ level: 'error', event: 'break_glass', ...facts, why: breakGlass })
  if (refused) log({ level: 'warn', event: 'act_refused', ...facts, code: refused.code, why: refused.why })
  else log({ level: 'info', event: 'act', ...facts })
}
