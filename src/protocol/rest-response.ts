import { ok } from '../base/result.ts'
import type { Body } from './body.ts'
import { type Outcome, refuse, under } from './faults.ts'
import { type ClientId, formatId, parseClientId, parseServiceId, type ServiceId, sameClient, sameService } from './identifiers.ts'
import { requestHash } from './request-hash.ts'
import { readBlock, writeBlock } from './rest-block.ts'
import { BLOCK_LIMITS, checkHeaders, type Header, isOfTheHop, lastValue } from './rest-headers.ts'
import type { RestRequest } from './rest-request.ts'

/** An answer as a value; `headers` as in the signed `block`. */
export type RestResponse = {
  readonly status: number
  readonly reason: string
  readonly headers: readonly Header[]
  readonly block: Uint8Array
  readonly body: Body | null
  readonly client: ClientId
  readonly service: ServiceId
  readonly messageId: string
  readonly requestId: string
  readonly requestHash: string
}

/** What an agency's service answered, header values as ISO 8859-1 text. */
export type ServiceAnswer = {
  readonly status: number
  readonly reason: string
  readonly headers: readonly Header[]
  readonly body: Body | null
}

/** Dropped from what a service sends: the node writes them itself. x-road-service is not among them; the last one counts. */
const OURS_IN_RESPONSES = new Set(['x-road-id', 'x-road-client', 'x-road-request-id', 'x-road-request-hash'])
/** RFC 9110 §15: answers that cannot carry content. */
const BODYLESS = new Set([204, 205, 304])

/**
 * The answer that the provider's node signs. Throws on headers that no HTTP answer can carry: the adapter let them through.
 *
 * @param requestId the HTTP header x-road-request-id of the peer's request, which stock servers echo
 * Source: X-Road PR-REST §4.3, §4.5; order of the five last lines as stock servers write them.
 */
export function writeResponse(answer: ServiceAnswer, request: RestRequest, requestId: string): RestResponse {
  const kept = answer.headers.filter(([name]) => !isOfTheHop(name) && !OURS_IN_RESPONSES.has(name.toLowerCase()))
  const hash = requestHash(canonicalBlock(request), request.body)
  const headers: Header[] = [
    ...kept,
    ['x-road-id', request.messageId],
    ['x-road-client', formatId(request.client)],
    ['x-road-service', formatId(request.service)],
    ['x-road-request-id', requestId],
    ['x-road-request-hash', hash],
  ]
  const legal = checkHeaders(headers, BLOCK_LIMITS)
  if (!legal.ok) throw new Error(`an answer that cannot be written down: ${legal.fault.detail}`)
  const { status } = answer
  const reason = answer.reason.replace(/[^\t\u0020-\u007e\u0080-\u00ff]/g, ' ')
  const body = request.method === 'HEAD' || BODYLESS.has(status) ? null : answer.body
  const block = writeBlock({ first: String(status), second: reason, headers })
  const { client, service, messageId } = request
  return { status, reason, headers, block, body, client, service, messageId, requestId, requestHash: hash }
}

/** The hash is over what the block says in canonical form: stock servers parse it and write it anew before they count. */
function canonicalBlock({ method, target, headers, block }: RestRequest): Uint8Array {
  const canonical = writeBlock({ first: method, second: target, headers })
  return Buffer.compare(canonical, block) === 0 ? block : canonical // the same octets: their digest is known already
}

/**
 * The consumer's door for answers: the block of a peer. Its x-road-* lines may stand anywhere, in any letter case; the last one counts.
 * Refusals carry their whole path as stock servers write it: 'service_failed.internal_error' for a broken block,
 * 'inconsistent_response' for ids that are not there.
 */
export function readResponseBlock(block: Uint8Array, body: Body | null): Outcome<RestResponse> {
  const lines = readBlock(block)
  if (!lines.ok) return under('service_failed', lines)
  const { first, second: reason, headers } = lines.value
  const legal = checkHeaders(headers, BLOCK_LIMITS)
  if (!legal.ok) return under('service_failed', legal)
  if (!/^[1-9]\d\d$/.test(first)) return broken(`"${first.slice(0, 20)}" is not an HTTP status`)
  const messageId = lastValue(headers, 'x-road-id')
  if (!messageId) return broken('the answer has no x-road-id')
  const hash = lastValue(headers, 'x-road-request-hash')
  if (!hash) return broken('the answer has no x-road-request-hash')
  const [clientText, serviceText, requestId] = ['x-road-client', 'x-road-service', 'x-road-request-id'].map((name) =>
    lastValue(headers, name),
  )
  if (!clientText || !serviceText || !requestId)
    return refuse('inconsistent_response', 'the answer lacks x-road-client, x-road-service or x-road-request-id')
  const client = parseClientId(clientText)
  if (!client.ok) return under('service_failed', client)
  const service = parseServiceId(serviceText)
  if (!service.ok) return under('service_failed', service)
  const ids = { client: client.value, service: service.value, messageId, requestId, requestHash: hash }
  return ok({ status: Number(first), reason, headers, block, body, ...ids })
}

const broken = (detail: string) => under('service_failed', refuse('internal_error', detail, 'malformed_block'))

/** Whether an answer belongs to a question: client, service, both ids and the request hash, else 'inconsistent_response'. */
export function answers(response: RestResponse, request: RestRequest): Outcome<true> {
  const { client, service, messageId, requestId } = request
  if (!sameClient(response.client, client)) return other('x-road-client')
  if (response.messageId !== messageId) return other('x-road-id')
  if (!sameService(response.service, service)) return other('x-road-service')
  if (response.requestId !== requestId) return other('x-road-request-id')
  return response.requestHash === requestHash(request.block, request.body) ? ok(true) : other('x-road-request-hash')
}

const other = (name: string) => refuse('inconsistent_response', `${name} of the answer is not that of the request`)
