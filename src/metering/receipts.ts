import { type Instant, instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import type { Side } from './usage.ts'

/** One record's line in the receipts beside an archive file: who, what for, when, how large, and where its evidence is. */
export type ReceiptLine = {
  readonly identity: string
  readonly messageId: string
  readonly requestId: string
  readonly side: Side
  readonly direction: 'request' | 'response'
  readonly client: string
  readonly service: string
  readonly at: Instant
  readonly purpose?: string
  /** Signatures of the node's own key in it: 1 in what it sent, 0 in what it received. */
  readonly signed: number
  /** Names a signature that may be over several messages: those of one name are one signature. */
  readonly shared?: string
  /** Octets: of the message, of each attachment, and of the record as it was kept. */
  readonly bytes: { readonly message: number; readonly attachments: readonly number[]; readonly record: number }
  /** Its container, that container's octets, and the archive file that holds it. */
  readonly container?: string
  readonly containerBytes?: number
  readonly archive?: string
  /** Where it lies when it could not be packed, and why. */
  readonly setAside?: string
  readonly code?: string
}

/** One sealing's receipts: what one archive run took, and what it cost is shared among. */
export type Position = {
  readonly position: number
  readonly at: Instant
  readonly sealed: number
  readonly setAside: number
  /** The archive file of this position; null when nothing could be sealed. */
  readonly file: string | null
  readonly lines: readonly ReceiptLine[]
  /** Records that could not even be read: set aside under these names. */
  readonly unreadable: readonly string[]
}

/**
 * Reads one file of receipts: a line of where the chain stands, then a line for each record, all JSON, each ended.
 * Refuses with 'invalid_receipts', naming file and line, a file cut short, a line that is missing or too many, and a field of the wrong kind.
 */
export function readReceipts(name: string, text: string): Outcome<Position> {
  if (!text.endsWith('\n')) return broken(name, text.split('\n').length, 'the file is cut short')
  const [first, ...rest] = text.slice(0, -1).split('\n')
  const head = objectIn(first ?? '')
  if (!head || !whole(head.position) || !whole(head.at) || !whole(head.sealed) || !whole(head.setAside))
    return broken(name, 1, 'it is no head of receipts')
  const { position, at, sealed, setAside } = head as { position: number; at: number; sealed: number; setAside: number }
  if (rest.length !== sealed + setAside)
    return broken(name, rest.length + 1, `the head tells of ${sealed + setAside} records, there are ${rest.length}`)
  const lines: ReceiptLine[] = []
  const unreadable: string[] = []
  for (const [index, line] of rest.entries()) {
    const read = objectIn(line)
    if (read && typeof read.setAside === 'string' && read.identity === undefined) unreadable.push(read.setAside)
    else {
      const wrong = wrongIn(read)
      if (wrong) return broken(name, index + 2, wrong)
      lines.push(read as unknown as ReceiptLine)
    }
  }
  const file = sealed > 0 ? (head.last as { file?: unknown } | null)?.file : null
  if (sealed > 0 && typeof file !== 'string') return broken(name, 1, 'it names no archive file')
  return ok({ position, at: instant(at), sealed, setAside, file: file as string | null, lines, unreadable })
}

/** Every file of a node, in order, from its first on. A position that is missing between them is refused: nothing is summed over a gap. */
export function readAllReceipts(
  files: readonly { readonly name: string; readonly text: string }[],
  first = 1,
): Outcome<readonly Position[]> {
  const positions: Position[] = []
  for (const { name, text } of files) {
    const read = readReceipts(name, text)
    if (!read.ok) return read
    const expected = first + positions.length
    if (read.value.position !== expected) return broken(name, 1, `position ${expected} is missing: this is ${read.value.position}`)
    positions.push(read.value)
  }
  return ok(positions)
}

const broken = (name: string, line: number, why: string) => refuse('invalid_receipts', `${name} line ${line}: ${why}`)

function objectIn(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined // not JSON: the caller names the line
  }
}

const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const WORDS = ['identity', 'messageId', 'requestId', 'client', 'service'] as const

function wrongIn(line: Record<string, unknown> | undefined): string | undefined {
  if (!line) return 'it is not JSON'
  const missing = WORDS.find((word) => typeof line[word] !== 'string')
  if (missing) return `${missing} is missing`
  if (line.side !== 'consumer' && line.side !== 'provider') return 'side is missing'
  if (line.direction !== 'request' && line.direction !== 'response') return 'direction is missing'
  if (!whole(line.at) || !whole(line.signed)) return 'at or signed is no whole number'
  const { message, attachments, record } = (line.bytes ?? {}) as Record<string, unknown>
  if (!whole(message) || !whole(record) || !Array.isArray(attachments) || !attachments.every(whole))
    return 'bytes are missing, or are not whole numbers'
  if (line.purpose !== undefined && typeof line.purpose !== 'string') return 'purpose is no text'
  if (line.shared !== undefined && typeof line.shared !== 'string') return 'shared is no text'
  if (typeof line.setAside === 'string') return undefined
  return typeof line.container === 'string' && typeof line.archive === 'string' && whole(line.containerBytes)
    ? undefined
    : 'its evidence is not named'
}
