import { anyText, flag, list, number, object, oneOf, text } from '../centre/api/operation.ts'
import type { JsonObject } from '../contract/json.ts'

/** A sum: decimal text, so that no reader's floating point touches it. */
const sum: JsonObject = { type: 'string', pattern: '^-?\\d+\\.\\d+$' }
const amount: JsonObject = { type: 'number' }
const orNull = (schema: JsonObject): JsonObject => ({ anyOf: [schema, { type: 'null' }] })
const many = (items: JsonObject) => list(items, 1_000_000)
const perName = many(object({ name: anyText, exchanges: number, usd: sum }))
const named = many(object({ what: text(), usd: amount, choice: flag, estimated: flag }))

/** Names of what may stand in a query. */
export const MONTH: JsonObject = { type: 'string', pattern: '^\\d{4}-(0[1-9]|1[0-2])$' }
export const WHOLE: JsonObject = { type: 'string', pattern: '^\\d{1,12}$' }
export const AGENCY = text(1024)

const evidence = many(object({ identity: anyText, evidence: anyText }))
const line = object({ item: text(), price: text(), quantity: amount, per: amount, usd: sum, estimated: flag })

export const RECEIPTS = list(
  object({
    'node?': text(),
    ...{ messageId: anyText, requestId: anyText, side: oneOf('consumer', 'provider'), agency: text(1024), counterparty: text(1024) },
    ...{ service: text(1024), purpose: orNull(anyText), at: anyText, time: oneOf('measured', 'records', 'assumed') },
    prices: object({ dated: text(), region: text() }),
    ...{ lines: many(line), usd: sum, mxn: sum, evidence },
  }),
)

const close = object({
  ...{ node: text(), day: text(), sent: orNull(number), archived: number, waiting: number, setAside: number },
  ...{ keySignatures: orNull(number), keptSignatures: number, namedFailures: number },
  ...{ records: orNull(number), signatures: orNull(number), closes: orNull(flag) },
})
const unmatched = object({
  node: text(),
  what: oneOf('receipt-without-evidence', 'evidence-without-receipt', 'archive-without-receipts'),
  name: anyText,
})
export const CLOSES = object({ closes: many(close), unmatched: many(unmatched) })

export const STATEMENT = object({
  ...{ month: MONTH, agency: orNull(text(1024)), currency: oneOf('USD'), exchanges: number, assumedTimes: number },
  prices: object({ dated: text(), region: text(), estimated: flag, rate: sum, rateDated: text() }),
  ...{ messagesUsd: sum, sharedUsd: sum, usd: sum, mxn: sum, byItem: many(object({ item: text(), usd: sum })) },
  ...{ byAgency: perName, byPayer: perName, byService: perName, byCounterparty: perName, byPurpose: perName, byDay: perName },
  shared: many(object({ agency: text(1024), of: oneOf('node', 'archive', 'centre'), what: text(), usd: sum, estimated: flag })),
  ...{ closes: many(close), unmatched: many(unmatched), madeAt: anyText },
})

export const TEXT_FILE = object({ contentType: text(), text: anyText, 'note?': anyText })
export const FOCUS_SCHEMA: JsonObject = { type: 'object', required: ['SchemaId', 'FocusVersion', 'ColumnDefinition'] }

export const BUDGETS = object({
  budgets: list(
    object({
      agency: text(1024),
      'service?': text(1024),
      ceiling: text(40),
      currency: oneOf('USD', 'MXN'),
      'critical?': flag,
      ask: text(200),
    }),
  ),
  'sponsors?': { type: 'object', additionalProperties: text(1024), maxProperties: 1000 },
})
export const BUDGET_STATES = list(
  object({
    ...{ month: MONTH, agency: text(1024), service: orNull(text(1024)), ceiling: sum, spent: sum },
    ...{ percent: amount, alerts: list(number), critical: flag, ask: anyText },
  }),
)

const forecast = { day: number, total: amount }
export const FORECAST = object({
  ...{ month: MONTH, agency: orNull(text(1024)), daysOver: number, spent: amount },
  forecast: orNull(object({ ...forecast, mxn: amount })),
  errors: list(object({ ...forecast, error: amount })),
})

export const RECONCILED = many(object({ line: text(), ours: sum, list: sum, billed: sum, difference: sum, percent: orNull(amount) }))

const estimateLine = { item: text(), consumer: amount, provider: amount, usd: amount, estimated: flag }
export const ESTIMATE = object({
  currency: oneOf('USD'),
  prices: { type: 'object', required: ['dated', 'region', 'stale', 'unknown', 'estimated'] },
  freeTiers: many(object({ price: text(), free: anyText })),
  exchangeRate: object({ mxnPerUsd: amount, dated: text(), source: anyText }),
  ...{ asked: { type: 'object' }, assumed: { type: 'object' } },
  perMillion: object({
    ...{ lines: many(object(estimateLine)), total: amount, totalWithTransferInRegion: amount, mxn: amount },
    transferInRegion: object({ ...estimateLine, upperBound: flag }),
  }),
  perMonth: object({ total: amount, transferInRegion: amount, mxn: amount }),
  idle: object({ lines: named, total: amount }),
  beside: named,
  servers: many(object({ name: text(), monthly: amount, breakEven: orNull(amount), cheaperAbove: orNull(amount) })),
  sensitivity: many(object({ what: text(), value: amount, total: amount })),
  'weaker?': object({ es: anyText, en: anyText }),
})
