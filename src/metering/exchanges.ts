import type { Instant } from '../base/clock.ts'
import type { Position, ReceiptLine } from './receipts.ts'
import type { Side } from './usage.ts'

/** One side of one exchange, from the records that side kept: the fact that is priced, once, however often a record was delivered. */
export type Exchange = {
  readonly requestId: string
  readonly messageId: string
  readonly side: Side
  readonly client: string
  readonly service: string
  readonly purpose: string | null
  /** Of the first record, and of the last. */
  readonly at: Instant
  readonly until: Instant
  /** Octets of message and attachments; null when no such record was kept. */
  readonly requestBytes: number | null
  readonly responseBytes: number | null
  readonly signatures: number
  readonly records: readonly KeptRecord[]
}

/** Evidence of the exchange, and how many records its archive run took. */
export type KeptRecord = {
  readonly identity: string
  readonly direction: ReceiptLine['direction']
  readonly bytes: number
  readonly containerBytes: number
  readonly position: number
  readonly sharedBy: number
  /** 'archive file/container', or where it was set aside. */
  readonly evidence: string
}

/**
 * The exchanges of one node, in the order of their first records. Identities count once, across all positions: a batch that was retried,
 * or a record that was delivered again, changes nothing. Records of one request id on one side are one exchange.
 */
export function exchangesOf(positions: readonly Position[]): readonly Exchange[] {
  const seen = new Set<string>()
  const groups = new Map<string, { line: ReceiptLine; position: Position }[]>()
  for (const position of positions)
    for (const line of position.lines) {
      if (seen.has(line.identity)) continue
      seen.add(line.identity)
      const key = `${line.side} ${line.requestId}`
      const group = groups.get(key)
      if (group) group.push({ line, position })
      else groups.set(key, [{ line, position }])
    }
  return [...groups.values()].map(exchangeOf).sort((a, b) => a.at - b.at)
}

type Found = { readonly line: ReceiptLine; readonly position: Position }

function exchangeOf(found: readonly Found[]): Exchange {
  const lines = found.map(({ line }) => line)
  const first = lines.find(({ direction }) => direction === 'request') ?? (lines[0] as ReceiptLine)
  const times = lines.map(({ at }) => at)
  const { requestId, messageId, side, client, service } = first
  return {
    requestId,
    messageId,
    side,
    client,
    service,
    purpose: first.purpose ?? null,
    at: Math.min(...times) as Instant,
    until: Math.max(...times) as Instant,
    requestBytes: octetsOf(lines, 'request'),
    responseBytes: octetsOf(lines, 'response'),
    signatures: lines.reduce((sum, { signed }) => sum + signed, 0),
    records: found.map(recordOf),
  }
}

function octetsOf(lines: readonly ReceiptLine[], direction: ReceiptLine['direction']): number | null {
  const those = lines.filter((line) => line.direction === direction)
  if (those.length === 0) return null
  return those.reduce((sum, { bytes }) => sum + bytes.attachments.reduce((all, each) => all + each, bytes.message), 0)
}

const recordOf = ({ line, position }: Found): KeptRecord => ({
  identity: line.identity,
  direction: line.direction,
  bytes: line.bytes.record,
  containerBytes: line.containerBytes ?? 0,
  position: position.position,
  sharedBy: position.sealed + position.setAside,
  evidence: line.setAside ?? `${line.archive}/${line.container}`,
})

/** 'QRO/GOB/DIF' of 'QRO/GOB/DIF/APOYOS' or of a service's id. */
export const memberIn = (id: string): string => id.split('/').slice(0, 3).join('/')
/** Whose node it was, and who was at the other end. */
export const agencyOf = ({ side, client, service }: Pick<Exchange, 'side' | 'client' | 'service'>): string =>
  memberIn(side === 'consumer' ? client : service)
export const counterpartyOf = ({ side, client, service }: Pick<Exchange, 'side' | 'client' | 'service'>): string =>
  memberIn(side === 'consumer' ? service : client)
