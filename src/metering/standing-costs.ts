import { sumOf, times, type Usd } from './money.ts'
import type { PriceId } from './price-ids.ts'
import { GB_SECOND } from './price-lines.ts'
import type { WhatIf } from './question.ts'
import { priceOf, type Tariff } from './tariff.ts'
import { ASSUMED, type KeyTier } from './usage.ts'

/** A sum by the name of what it is for; `cli/cost-words` says it to people. `choice`: nobody pays it who does not want it. */
export type NamedSum = { readonly what: Standing; readonly usd: Usd; readonly choice: boolean; readonly estimated: boolean }
export type Standing = (typeof STANDING)[number]
export const STANDING = [
  'signing-key',
  'schedule',
  'empty-looks',
  'alarm',
  'log-retention',
  'archive-first-month',
  'archive-five-years',
  'archive-storage',
  'archive-retrieval',
  'cold-starts',
  'status-answers',
  'configuration-signatures',
  'configuration-requests',
  'zone',
  'audit-second-copy',
] as const

export const HOURS_A_MONTH = 730
const LOOKS_A_MONTH = (HOURS_A_MONTH * 60) / 5
const GB = 1_000_000_000
type Row = readonly [what: Standing, price: PriceId, quantity: number | bigint, per: number | bigint, choice?: 'choice']

/** What a sleeping agency pays a month: its key (none when wrapped), the schedule that looks for records, the empty looks, an alarm. */
export function idleBill(tariff: Tariff, tier: KeyTier): { readonly lines: readonly NamedSum[]; readonly total: Usd } {
  const lines = named(tariff, [
    ...(tier === 'wrapped' ? [] : ([['signing-key', 'kms.key', 1, 1]] as const)),
    ['schedule', 'eb.scheduler', LOOKS_A_MONTH, 1],
    ['empty-looks', 'sqs.std.t1', LOOKS_A_MONTH, 1],
    ['alarm', 'cw.alarm', 1, 1],
  ])
  return { lines, total: sumOf(lines.map(({ usd }) => usd)) }
}

const DAYS_KEPT = 90
const FIVE_YEARS = 60
/** One container in a hundred is asked for once. */
const RETRIEVED = 100
/** Certificates of a node whose status is signed anew four times a day. */
const STATUS_ANSWERS = 2 * 4 * 30
/** Internal and external directory, every five minutes. */
const DIRECTORIES = 2 * LOOKS_A_MONTH

/** What is easily forgotten, for this month of messages; the centre's own rows are for the whole exchange, not for each agency. */
export function rareBills(asked: WhatIf, tariff: Tariff): readonly NamedSum[] {
  const { messages, requestBytes, responseBytes, memoryMb } = asked
  const logs = BigInt(2 * ASSUMED.logBytes) * BigInt(messages)
  const archived =
    BigInt(Math.ceil((requestBytes + responseBytes + 2 * ASSUMED.overhead.record) * ASSUMED.archivedShare * 2)) * BigInt(messages)
  const cold = 2 * memoryMb * ASSUMED.coldStartMs * Math.round(messages * coldShareAt(messages))
  return named(tariff, [
    ['log-retention', 'cwl.store', logs * BigInt(DAYS_KEPT), GB * 30],
    ['archive-first-month', 's3.stor.standard', archived, GB],
    ['archive-five-years', 's3.stor.gir', archived * BigInt(FIVE_YEARS - 1), GB],
    ['archive-retrieval', 's3.retr.gir', archived, GB * RETRIEVED],
    ['cold-starts', 'lambda.arm.t1', BigInt(cold), GB_SECOND],
    ['status-answers', 'kms.rsa2048.req', STATUS_ANSWERS, 1],
    ['configuration-signatures', 'kms.rsa2048.req', DIRECTORIES, 1],
    ['configuration-requests', 's3.get', DIRECTORIES, 1],
    ['zone', 'r53.zone', 1, 1],
    ['audit-second-copy', 'ct.mgmt.copy', BigInt(2 * messages), 1, 'choice'],
  ])
}

/** What the centre pays a month, however many agencies there are: signing and serving the configuration, and its zone. */
export const centreBill = (tariff: Tariff): readonly NamedSum[] =>
  named(tariff, [
    ['configuration-signatures', 'kms.rsa2048.req', DIRECTORIES, 1],
    ['configuration-requests', 's3.get', DIRECTORIES, 1],
    ['zone', 'r53.zone', 1, 1],
  ])

/** What an archive costs a month, all of it in the class that is there at once. */
export const storageBill = (tariff: Tariff, bytes: number): readonly NamedSum[] =>
  named(tariff, [['archive-storage', 's3.stor.gir', bytes, GB]])

/**
 * The part of exchanges that finds its function asleep, when calls come independently of each other in 230 office hours a month:
 * that nobody called within the minutes a function is kept warm. Never below the share of a busy day.
 */
export function coldShareAt(messages: number): number {
  const perMinute = messages / (230 * 60)
  return Math.max(ASSUMED.coldShare, Math.exp(-perMinute * ASSUMED.warmMinutes))
}

const named = (tariff: Tariff, rows: readonly Row[]): readonly NamedSum[] =>
  rows.map(([what, id, quantity, per, choice]) => {
    const { usd, estimated } = priceOf(tariff, id)
    return { what, usd: times(usd, quantity, per), choice: choice !== undefined, estimated }
  })
