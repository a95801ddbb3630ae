import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { readUsd, type Usd } from './money.ts'
import { isPriceId, type PriceId, UNITS } from './price-ids.ts'

/** How sure a price is, from the cloud's own price list down to what somebody remembers. */
const CONFIDENCE = [
  'price-api-dump',
  'golden',
  'aws-page',
  'aws-page-quoted',
  'aws-repo',
  'aws-blog',
  'third-party',
  'derived',
  'memory',
] as const
export type Confidence = (typeof CONFIDENCE)[number]

/** One row: dollars for one unit, between two quantities a month. */
export type Price = {
  readonly id: PriceId
  readonly service: string
  readonly region: string
  readonly item: string
  readonly unit: string
  readonly usd: Usd
  readonly from: number
  readonly to: number | null
  /** What the cloud gives for nothing, in words. Never taken off a price: it belongs to the organization, not to a message. */
  readonly free: string | null
  readonly source: string
  readonly confidence: Confidence
  readonly asOf: string
  /** The day on which somebody last compared it with the source, when it is not the file's. */
  readonly checked: string | null
  /** The row is of another Region, multiplied: an estimate, and said so wherever it is shown. */
  readonly estimated: boolean
}

const FIELDS = new Set([
  'id',
  'service',
  'region',
  'item',
  'unit',
  'usd',
  'from',
  'to',
  'free',
  'source',
  'confidence',
  'asOf',
  'note',
  'checked',
])
const WORDS = ['id', 'service', 'region', 'item', 'unit', 'source', 'asOf'] as const

/**
 * One row of a price file. Refuses with 'invalid_tariff' that names the row and the field.
 */
export function readPrice(row: unknown, index: number): Outcome<Price> {
  const fields = (typeof row === 'object' && row !== null ? row : {}) as Record<string, unknown>
  const { id } = fields
  const wrong = wrongIn(fields, id)
  if (wrong) return refuse('invalid_tariff', `row ${index + 1} (${String(fields.id).slice(0, 60)}): ${wrong}`)
  const usd = readUsd(fields.usd as string) as Usd
  const { free = null, checked = null } = fields
  return ok({ ...fields, id, usd, free, checked, estimated: false } as unknown as Price)
}

function wrongIn(row: Record<string, unknown>, id: unknown): string | undefined {
  const missing = WORDS.find((word) => typeof row[word] !== 'string' || row[word] === '')
  if (missing) return `${missing} is missing`
  const strange = Object.keys(row).find((field) => !FIELDS.has(field))
  if (strange) return `unknown field ${strange}`
  if (!isPriceId(id)) return 'no price of that name is known'
  if (row.unit !== UNITS[id]) return `its unit is ${String(row.unit)}, not ${UNITS[id]}`
  return wrongAmount(row)
}

function wrongAmount({ usd, confidence, from, to, checked = null }: Record<string, unknown>): string | undefined {
  const amount = typeof usd === 'string' ? readUsd(usd) : undefined
  if (amount === undefined) return 'usd is not a decimal number in quotes'
  if (amount < 0n) return 'usd is negative'
  if (!CONFIDENCE.includes(confidence as Confidence)) return `confidence is none of ${CONFIDENCE.join(', ')}`
  if (checked !== null && Number.isNaN(Date.parse(String(checked)))) return 'checked is not a date'
  const ordered =
    Number.isSafeInteger(from) && (from as number) >= 0 && (to === null || (Number.isSafeInteger(to) && (to as number) > (from as number)))
  return ordered ? undefined : 'from and to are not a range'
}
