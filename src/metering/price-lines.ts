import { sumOf, times, type Usd } from './money.ts'
import type { PriceId } from './price-ids.ts'
import { priceOf, type Tariff } from './tariff.ts'
import type { Batch, Usage } from './usage.ts'

/** What a line is for: the words a bill shows. */
export const ITEMS = [
  'edge',
  'invocation',
  'compute',
  'start',
  'signature',
  'queue',
  'archiving',
  'archive-objects',
  'stamp',
  'configuration',
  'logs',
  'transfer-out',
  'transfer-region',
] as const
export type Item = (typeof ITEMS)[number]

/** One line: a price taken `quantity / per` times. `estimated` when the price is. */
export type PriceLine = {
  readonly item: Item
  readonly price: PriceId
  readonly quantity: number
  readonly per: number
  readonly usd: Usd
  readonly estimated: boolean
}

const KIB = 1024
const EDGE_STEP = 512 * KIB
const QUEUE_STEP = 64 * KIB
/** A record of more than 700 KiB goes to the bucket, and the queue carries its name: so much of it in base64. */
export const MOST_QUEUED = Math.ceil((700 * KIB) / 3) * 4
const GB = 1_000_000_000
/** MB × ms in one GB-second, as Lambda counts memory. */
export const GB_SECOND = 1024 * 1000
/** Records taken from the queue, and acknowledged, with one call. */
const PER_CALL = 10
/** An archive run writes a journal segment, what it says of operation, a plan, an archive file and its receipts. */
const OBJECTS_PER_RUN = 5
/** Half-kilobyte reads of configuration: one exchange in twenty finds the cache cold. */
const CONFIGURATION = { reads: 1, per: 20 }

/** A wrapped key is opened once a cold start: one exchange in so many. */
const UNWRAPPED = 100

type Row = readonly [item: Item, price: PriceId, quantity: number, per: number]

/**
 * The priced lines of one side of one exchange, at the first tier and without free tiers: what the message costs at list price.
 * @param batches the archive run that took each queued record
 */
export const priceLines = (usage: Usage, tariff: Tariff, batches: readonly Batch[]): readonly PriceLine[] =>
  rowsOf(usage, batches).map(([item, id, quantity, per]) => {
    const { usd, estimated } = priceOf(tariff, id)
    return { item, price: id, quantity, per, usd: times(usd, quantity, per), estimated: estimated || item === 'transfer-region' }
  })

/** What lines come to. */
export const totalOf = (lines: readonly Pick<PriceLine, 'usd'>[]): Usd => sumOf(lines.map(({ usd }) => usd))

function rowsOf(usage: Usage, batches: readonly Batch[]): readonly Row[] {
  const stored = usage.queued.filter((bytes) => bytes > MOST_QUEUED).length
  return [
    ['edge', `apigw.${usage.edge}.req.t1`, usage.edge === 'http' ? steps(usage.edgeBytes, EDGE_STEP) : 1, 1],
    ['invocation', 'lambda.req', 1, 1],
    ['compute', 'lambda.arm.t1', usage.memoryMb * usage.billedMs, GB_SECOND],
    ['start', 'lambda.arm.t1', usage.memoryMb * usage.startMs, GB_SECOND],
    ...signatureRows(usage),
    ['queue', 'sqs.std.t1', queueCalls(usage.queued), PER_CALL],
    ...sharedRows(batches),
    ...(stored > 0 ? [['archive-objects', 's3.put', stored, 1] as const] : []),
    ['configuration', 'ddb.rru', CONFIGURATION.reads, CONFIGURATION.per],
    ['logs', 'cwl.std', usage.logBytes, GB],
    ['transfer-out', 'dto.internet', usage.outBytes, GB],
    ['transfer-region', 'dto.internet', usage.regionBytes, GB],
  ]
}

/** What a run cost is shared equally by the records it took: an own share for each run that took records of this exchange. */
function sharedRows(batches: readonly Batch[]): readonly Row[] {
  const runs = new Map<number, { readonly batch: Batch; count: number }>()
  for (const batch of batches) {
    const run = runs.get(batch.records)
    if (run) run.count++
    else runs.set(batch.records, { batch, count: 1 })
  }
  return [...runs.values()].flatMap(({ batch, count }): readonly Row[] => [
    ['archiving', 'lambda.arm.t1', batch.memoryMb * batch.runMs * count, GB_SECOND * batch.records],
    ['archive-objects', 's3.put', OBJECTS_PER_RUN * count, batch.records],
    ['stamp', 'kms.rsa2048.req', count, batch.records],
  ])
}

function signatureRows({ key, signatures }: Usage): readonly Row[] {
  if (key === 'wrapped') return [['signature', 'kms.sym.req', signatures, UNWRAPPED]]
  return [['signature', key === 'kms' ? 'kms.rsa2048.req' : 'kms.asym.req', signatures, 1]]
}

/** In tenths of a request: a send each, and a share of the receives (64 KiB steps of ten records) and of the acknowledgement. */
function queueCalls(queued: readonly number[]): number {
  const sizes = queued.map((bytes) => (bytes > MOST_QUEUED ? KIB : bytes))
  const sends = sizes.reduce((sum, bytes) => sum + steps(bytes, QUEUE_STEP), 0)
  const received = sizes.reduce((sum, bytes) => sum + steps(bytes * PER_CALL, QUEUE_STEP), 0)
  return sends * PER_CALL + received + sizes.length
}

const steps = (bytes: number, step: number): number => Math.max(1, Math.ceil(bytes / step))
