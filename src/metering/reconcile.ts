import type { CloudCharge } from './cloud-bill.ts'
import { inUsd, less, NOTHING, type Usd } from './money.ts'
import type { Item } from './price-lines.ts'
import type { SharedCharge } from './shared-costs.ts'
import type { Standing } from './standing-costs.ts'
import type { Statement } from './statement.ts'

/** What the cloud bills as one thing, whatever we use it for. */
export const BILL_LINES = [
  'gateway',
  'requests',
  'compute',
  'signatures',
  'keys',
  'queue',
  'objects',
  'storage',
  'configuration',
  'logs',
  'transfer',
  'schedule',
  'alarms',
  'zone',
] as const
export type BillLine = (typeof BILL_LINES)[number]

const OF_ITEM: Readonly<Record<Item, BillLine>> = {
  edge: 'gateway',
  invocation: 'requests',
  compute: 'compute',
  start: 'compute',
  archiving: 'compute',
  signature: 'signatures',
  stamp: 'signatures',
  queue: 'queue',
  'archive-objects': 'objects',
  configuration: 'configuration',
  logs: 'logs',
  'transfer-out': 'transfer',
  'transfer-region': 'transfer',
}
const OF_STANDING: Readonly<Partial<Record<Standing, BillLine>>> = {
  'signing-key': 'keys',
  schedule: 'schedule',
  'empty-looks': 'queue',
  alarm: 'alarms',
  'archive-storage': 'storage',
  'configuration-signatures': 'signatures',
  'configuration-requests': 'objects',
  zone: 'zone',
}

/** AWS's service code and usage type, first match; a Region's own prefix stands before the type: 'USE1-', 'MXC1-'. */
const OF_CLOUD: readonly (readonly [service: RegExp, usage: RegExp, line: BillLine])[] = [
  [/^AmazonApiGateway$/, /Request/i, 'gateway'],
  [/^AWSLambda$/, /Request/i, 'requests'],
  [/^AWSLambda$/, /GB-Second/i, 'compute'],
  [/^awskms$/i, /Keys/i, 'keys'],
  [/^awskms$/i, /Requests/i, 'signatures'],
  [/^AWSQueueService$/, /Requests/i, 'queue'],
  [/^AmazonS3$/, /Requests/i, 'objects'],
  [/^AmazonS3$/, /TimedStorage|Storage/i, 'storage'],
  [/^AmazonDynamoDB$/, /./, 'configuration'],
  [/^AmazonCloudWatch$/, /AlarmMonitor/i, 'alarms'],
  [/^AmazonCloudWatch$/, /DataProcessing|TimedStorage|VendedLog/i, 'logs'],
  [/^(AWSEvents|AmazonEventBridge|CloudWatchEvents)$/, /./, 'schedule'],
  [/^AmazonRoute53$/, /HostedZone/i, 'zone'],
  [/./, /DataTransfer.*Bytes/i, 'transfer'],
]

/** One line of both bills. `difference`: the cloud's at list price less ours; `percent` of ours, null when ours is nothing. */
export type Reconciled = {
  readonly line: string
  readonly ours: Usd
  readonly list: Usd
  readonly billed: Usd
  readonly difference: Usd
  readonly percent: number | null
}

/**
 * Puts a month's statement of the whole state beside the cloud's own bill, line by line. What the cloud charges and we have no line for
 * stands under the cloud's name; taxes and credits stand by themselves. Every cent of both is in exactly one line.
 */
export function reconcile(
  statement: Pick<Statement, 'byItem'> & { readonly shared: readonly Pick<SharedCharge, 'what' | 'usd'>[] },
  bill: readonly CloudCharge[],
): readonly Reconciled[] {
  const lines = new Map<string, { ours: bigint; list: bigint; billed: bigint }>(
    BILL_LINES.map((line) => [line, { ours: 0n, list: 0n, billed: 0n }]),
  )
  const at = (line: string) => {
    const found = lines.get(line) ?? { ours: 0n, list: 0n, billed: 0n }
    lines.set(line, found)
    return found
  }
  for (const { item, usd } of statement.byItem) at(OF_ITEM[item]).ours += usd
  for (const { what, usd } of statement.shared) at(OF_STANDING[what] ?? what).ours += usd
  for (const charge of bill) {
    const found = at(lineOf(charge))
    found.list += charge.listCost
    found.billed += charge.billedCost
  }
  return [...lines].map(([line, { ours, list, billed }]) => {
    const difference = less(list as Usd, ours as Usd)
    const percent = ours === NOTHING ? null : Number((difference * 1_000_000n) / ours) / 10_000
    return { line, ours: ours as Usd, list: list as Usd, billed: billed as Usd, difference, percent }
  })
}

/** Sums are decimal strings in USD. */
export const reconciledJson = ({ line, ours, list, billed, difference, percent }: Reconciled) => ({
  line,
  ...{ ours: inUsd(ours), list: inUsd(list), billed: inUsd(billed), difference: inUsd(difference) },
  percent,
})

function lineOf({ category, serviceCode, usageType }: CloudCharge): string {
  if (category !== 'Usage' && category !== 'Purchase') return category.toLowerCase()
  const [, , line] = OF_CLOUD.find(([service, usage]) => service.test(serviceCode) && usage.test(usageType)) ?? []
  return line ?? `cloud: ${serviceCode} ${usageType}`
}
