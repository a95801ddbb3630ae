import { ok, type Result, refused } from '../base/result.ts'
import type { EvidenceRecord, KeptBody } from './record-form.ts'

/** What is said of an attachment in the head; the octets of 'bytes' follow in their own block. */
type Form = { readonly kind: 'bytes' } | Exclude<KeptBody, { readonly kind: 'bytes' }>
export type RecordHead = Omit<EvidenceRecord, 'at' | 'message' | 'attachments' | 'documents'> & {
  readonly at: number
  readonly chained: boolean
  readonly attachments: readonly Form[]
}
const WORDS = ['messageId', 'requestId', 'client', 'service', 'configuration'] as const

/** The head of a record as JSON in one fixed form: keys in this order, no white space. */
export const writeHead = (record: EvidenceRecord): Uint8Array =>
  formOf({ ...record, chained: record.documents.chain !== undefined, attachments: record.attachments })

const formOf = (head: Omit<RecordHead, 'attachments'> & { readonly attachments: readonly (Form | KeptBody)[] }): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      side: head.side,
      direction: head.direction,
      messageId: head.messageId,
      requestId: head.requestId,
      client: head.client,
      service: head.service,
      at: head.at,
      configuration: head.configuration,
      chained: head.chained,
      attachments: head.attachments.map(attachmentForm),
    }),
  )

function attachmentForm(body: Form | KeptBody): object {
  if (body.kind === 'bytes') return { kind: 'bytes' }
  const rest = { size: body.size, sha512: Buffer.from(body.sha512).toString('hex') }
  return body.kind === 'stored' ? { kind: 'stored', at: body.at, ...rest } : { kind: 'digest', ...rest }
}

/** Reads a head; anything but the very bytes `writeHead` gives for it is refused, with the reason. */
export function readHead(bytes: Uint8Array): Result<RecordHead, string> {
  const head = parse(bytes)
  if (!head || typeof head !== 'object') return refused('its head is not JSON')
  if (head.side !== 'consumer' && head.side !== 'provider') return refused('it has no side')
  if (head.direction !== 'request' && head.direction !== 'response') return refused('it has no direction')
  const missing = WORDS.find((word) => typeof head[word] !== 'string')
  if (missing) return refused(`it has no ${missing}`)
  if (!isWhole(head.at) || typeof head.chained !== 'boolean') return refused('its time or its form of signature is missing')
  const attachments = Array.isArray(head.attachments) ? head.attachments.map(readForm) : [undefined]
  if (attachments.includes(undefined)) return refused('an attachment is not described')
  const read = { ...head, attachments } as unknown as RecordHead
  return Buffer.compare(formOf(read), bytes) === 0 ? ok(fieldsOf(read)) : refused('its head is not in the fixed form')
}

function fieldsOf({
  side,
  direction,
  messageId,
  requestId,
  client,
  service,
  at,
  configuration,
  chained,
  attachments,
}: RecordHead): RecordHead {
  return { side, direction, messageId, requestId, client, service, at, configuration, chained, attachments }
}

function parse(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
  } catch {
    return undefined // not JSON: the caller says so
  }
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function readForm(value: unknown): Form | undefined {
  const form = (value ?? {}) as Record<string, unknown>
  if (form.kind === 'bytes') return { kind: 'bytes' }
  if (!isWhole(form.size) || typeof form.sha512 !== 'string' || !/^[0-9a-f]{128}$/.test(form.sha512)) return undefined
  const rest = { size: form.size, sha512: new Uint8Array(Buffer.from(form.sha512, 'hex')) }
  if (form.kind === 'digest') return { kind: 'digest', ...rest }
  return form.kind === 'stored' && typeof form.at === 'string' ? { kind: 'stored', at: form.at, ...rest } : undefined
}
