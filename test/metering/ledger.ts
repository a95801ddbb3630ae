import { readUsd, type Usd } from '../../src/metering/money.ts'
import { type Seeded, seeded } from '../campaign/seeded.ts'
import { content } from './prices.ts'

/**
 * Two nodes that exchange, invented: what their archives write as receipts after retries, deliveries twice and crashes, and beside it what
 * the programs at both ends noted in their own logs. Receipts are made as the archive makes them; the logs know nothing of receipts.
 */
export type Ledger = {
  /** Files of receipts, by node. */
  readonly consumer: readonly ReceiptFile[]
  readonly provider: readonly ReceiptFile[]
  readonly logs: Logs
  /** Records each node's doors say they kept. */
  readonly sent: { consumer: number; provider: number }
}
export type ReceiptFile = { readonly name: string; readonly text: string }
/** Exchanges and quantities as the programs and the queue's own books count them, by the price they are charged at. */
export type Logs = { exchanges: { consumer: number; provider: number }; readonly used: Map<string, bigint> }

const RATIONAL = 10n ** 24n
const LOOK_BACK = 8

type Record = { readonly line: object; readonly identity: string; readonly bytes: number }

export function inventedLedger(exchanges: number, seed: number): Ledger {
  const random = seeded(seed)
  const logs: Logs = { exchanges: { consumer: 0, provider: 0 }, used: new Map() }
  const kept = { consumer: [] as Record[], provider: [] as Record[] }
  for (let n = 0; n < exchanges; n++) {
    exchange(`${seed}-${n}`, random, kept, logs)
    if (random.chance(0.03)) exchange(`${seed}-${n}-again`, random, kept, logs) // the client saw no answer and asked anew: another exchange
  }
  const sent = { consumer: kept.consumer.length, provider: kept.provider.length }
  return { consumer: archived(kept.consumer, random, logs), provider: archived(kept.provider, random, logs), logs, sent }
}

const AT = Date.UTC(2026, 10, 2)

function exchange(id: string, random: Seeded, kept: { consumer: Record[]; provider: Record[] }, logs: Logs): void {
  const [asked, answered] = [300 + random.below(8000), 200 + random.below(16_000)]
  const at = AT + random.below(28 * 86_400_000)
  const fate = random.below(100)
  const [called, returned] = [fate >= 2, fate >= 5] // 2 % never arrive, 3 % are answered and the consumer dies before it hears
  const service = `QRO/GOB/SEDESOQ/PADRON/consulta${random.below(3)}`
  const [waited, took] = [40 + random.below(900), 20 + random.below(500)]
  const record = (side: 'consumer' | 'provider', direction: 'request' | 'response', size: number, when: number) => {
    const bytes = size + 8300 + random.below(200)
    const identity = `${id}/${side}/${direction}/x`
    const signed = (side === 'consumer') === (direction === 'request') ? 1 : 0
    const line = {
      ...{
        identity,
        messageId: `QRO-${id}`,
        requestId: id,
        side,
        direction,
        client: 'QRO/GOB/DIF/APOYOS',
        service,
        at: when,
        configuration: 'c',
      },
      ...(direction === 'request' ? { purpose: `EXP-${size % 5}` } : {}),
      ...{
        signed,
        bytes: { message: 200, attachments: [size - 200], record: bytes },
        container: `${id}-${direction}.asice`,
        containerBytes: Math.ceil(bytes / 2),
      },
    }
    kept[side].push({ line, identity, bytes })
    queued(logs, bytes)
    if (signed) used(logs, 'kms.rsa2048.req', 1n)
  }
  record('consumer', 'request', asked, at)
  if (returned) record('consumer', 'response', answered, at + waited)
  logs.exchanges.consumer++
  common(logs, 'apigw.rest.req.t1', returned ? waited + 10 : 1000 + 68)
  transferred(logs, returned ? answered : 0, asked + 10_240)
  if (!called) return
  record('provider', 'request', asked, at + 5)
  record('provider', 'response', answered, at + 5 + took)
  logs.exchanges.provider++
  common(logs, 'apigw.http.req.t1', took + 10)
  transferred(logs, asked, answered + 9216)
}

function used(logs: Logs, price: string, quantity: bigint, per = 1n): void {
  logs.used.set(price, (logs.used.get(price) ?? 0n) + (quantity * RATIONAL) / per)
}

function common(logs: Logs, edge: string, ms: number): void {
  used(logs, edge, 1n)
  used(logs, 'lambda.req', 1n)
  used(logs, 'lambda.arm.t1', BigInt(256 * (ms + 5)), 1_024_000n)
  used(logs, 'ddb.rru', 1n, 20n)
  used(logs, 'cwl.std', 1110n, 1_000_000_000n)
}

const transferred = (logs: Logs, out: number, region: number): void => used(logs, 'dto.internet', BigInt(out + region), 1_000_000_000n)

/** A record in the queue: sent, and a tenth of a receive of ten and of their acknowledgement. */
function queued(logs: Logs, bytes: number): void {
  const text = Math.ceil((bytes * 4) / 3)
  used(logs, 'sqs.std.t1', BigInt(10 + Math.max(1, Math.ceil((10 * text) / 65_536)) + 1), 10n)
}

/** Archive runs of many sizes over a queue that delivers again, and runs that die after they wrote and before they acknowledged. */
function archived(kept: readonly Record[], random: Seeded, logs: Logs): readonly ReceiptFile[] {
  const files: ReceiptFile[] = []
  const positionOf = new Map<string, number>()
  const again: Record[] = []
  for (let from = 0; from < kept.length || again.length > 0; ) {
    const take = 50 + random.below(800)
    const batch = [...again.splice(0, random.below(again.length + 1)), ...kept.slice(from, from + take)]
    if (from >= kept.length) batch.push(...again.splice(0))
    from += take
    for (const record of batch) if (random.chance(0.02) && from < kept.length) again.push(record) // delivered twice, sometimes much later
    const position = files.length + 1
    const fresh = onceEach(batch, (identity) => (positionOf.get(identity) ?? Number.NEGATIVE_INFINITY) <= position - LOOK_BACK)
    if (fresh.length === 0) continue
    for (const { identity } of fresh) {
      if (!positionOf.has(identity)) share(logs, fresh.length)
      positionOf.set(identity, position)
    }
    files.push(fileOf(position, fresh))
    if (random.chance(0.05) && from < kept.length) again.push(...batch.slice(0, 100)) // it died here: they come again
  }
  return files
}

function onceEach(batch: readonly Record[], isNew: (identity: string) => boolean): readonly Record[] {
  const seen = new Set<string>()
  return batch.filter(({ identity }) => isNew(identity) && !seen.has(identity) && seen.add(identity))
}

/** What a run of so many records cost, by the books of what it ran on. */
function share(logs: Logs, records: number): void {
  used(logs, 'lambda.arm.t1', BigInt(512 * (1500 + 6 * records)), BigInt(1_024_000 * records))
  used(logs, 's3.put', 5n, BigInt(records))
  used(logs, 'kms.rsa2048.req', 1n, BigInt(records))
}

function fileOf(position: number, records: readonly Record[]): ReceiptFile {
  const name = `receipts/${String(position).padStart(10, '0')}.jsonl`
  const file = `mlog-${position}.zip`
  const head = { position, last: { link: '00', file }, sequence: 1, through: '', at: AT, after: null, sealed: records.length, setAside: 0 }
  return {
    name,
    text: `${JSON.stringify(head)}\n${records.map(({ line }) => `${JSON.stringify({ ...line, archive: file, link: '00' })}\n`).join('')}`,
  }
}

/** The logs' quantities by the prices of the file itself, read anew. */
export function priceOfLogs({ used: quantities }: Logs): Usd {
  const prices = new Map(
    content()
      .prices.filter(({ region }) => region === 'us-east-1')
      .map(({ id, usd }) => [id as string, readUsd(usd as string) as bigint]),
  )
  let total = 0n
  for (const [price, quantity] of quantities) total += (prices.get(price) as bigint) * quantity
  return (total / RATIONAL) as Usd
}
