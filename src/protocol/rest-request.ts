import { ok } from '../base/result.ts'
import { type Body, type LeftOut, sizeOf } from './body.ts'
import { type Outcome, refuse, under } from './faults.ts'
import { type ClientId, decodeComponents, parseClientId, parseServerId, type ServerId } from './identifiers.ts'
import { readBlock, writeBlock } from './rest-block.ts'
import { BLOCK_LIMITS, CALL_LIMITS, checkHeaders, type Header, isOfTheHop, lastValue } from './rest-headers.ts'
import { checkMethod, checkUnambiguous, splitTarget, type Target } from './rest-target.ts'

/** A consumer's call as it came in. `target` is the raw path[?query], never normalised; header values are ISO 8859-1 text. */
export type RestCall = {
  readonly method: string
  readonly target: string
  readonly headers: readonly Header[]
  readonly body: Body | null
  /** Attachments of a SOAP package that are too big to hold. */
  readonly leftOut?: readonly LeftOut[]
}

/** A call as a value: every name parsed, `headers` as in the signed `block`, `servicePath` and `query` raw. */
export type RestRequest = Target & {
  readonly method: string
  readonly target: string
  readonly client: ClientId
  readonly messageId: string
  readonly requestId: string
  readonly targetServer?: ServerId
  readonly headers: readonly Header[]
  readonly block: Uint8Array
  readonly body: Body | null
}

/** Dropped from what a consumer sends: the node writes them itself. */
const OURS_IN_REQUESTS = new Set(['x-road-request-id', 'x-road-request-hash'])

/**
 * The consumer's door: takes a call apart, drops the headers of the hop, appends the ids and builds the block that is signed.
 * A body of no bytes is no body, as stock servers count.
 *
 * @param requestId    fresh for this exchange, UUID v4
 * @param newMessageId '<own instance>-<UUID v4>', asked only when the consumer sent no X-Road-Id
 * Refusals: 'invalid_client_identifier' without X-Road-Client, else 'internal_error' with the reason. Source: X-Road PR-REST §4.
 */
export function readCall(call: RestCall, requestId: string, newMessageId: () => string): Outcome<RestRequest> {
  const method = checkMethod(call.method)
  if (!method.ok) return method
  const legal = checkHeaders(call.headers, CALL_LIMITS)
  if (!legal.ok) return legal
  const kept = call.headers.filter(([name]) => !isOfTheHop(name) && !OURS_IN_REQUESTS.has(name.toLowerCase()))
  const headers: Header[] = [...kept, ['x-road-request-id', requestId]]
  if (lastValue(kept, 'x-road-id') === undefined) headers.push(['x-road-id', newMessageId()])
  const body = call.body && sizeOf(call.body) > 0 ? call.body : null
  const block = writeBlock({ first: call.method, second: call.target, headers })
  return requestOf({ method: call.method, target: call.target, headers, block, body, requestId })
}

/**
 * The provider's door: the block of a peer, held to the same rules as a consumer's call.
 * Refusals carry their whole path as stock servers write it ('service_failed.internal_error'): do not wrap them again.
 */
export function readRequestBlock(block: Uint8Array, body: Body | null): Outcome<RestRequest> {
  const lines = readBlock(block)
  if (!lines.ok) return under('service_failed', lines)
  const { first: method, second: target, headers } = lines.value
  const known = checkMethod(method)
  if (!known.ok) return under('service_failed', known)
  const legal = checkHeaders(headers, BLOCK_LIMITS)
  if (!legal.ok) return under('service_failed', legal)
  if (!lastValue(headers, 'x-road-client')) return malformed('the block has no x-road-client line')
  const requestId = headers.findLast(([name]) => name === 'x-road-request-id')?.[1]
  if (!requestId) return malformed('the block has no x-road-request-id line')
  const request = requestOf({ method, target, headers, block, body, requestId })
  return request.ok || request.fault.reason === 'missing_message_id' ? request : under('service_failed', request)
}

const malformed = (detail: string) => under('service_failed', refuse('internal_error', detail, 'malformed_block'))

type Raw = Pick<RestRequest, 'method' | 'target' | 'headers' | 'block' | 'body' | 'requestId'>

/** What both doors ask of a request, in the order stock servers ask it. */
function requestOf(raw: Raw): Outcome<RestRequest> {
  const target = splitTarget(raw.target)
  if (!target.ok) return target
  const clear = checkUnambiguous(target.value.servicePath)
  if (!clear.ok) return clear
  const client = parseClientId(lastValue(raw.headers, 'x-road-client'))
  if (!client.ok) return client
  const messageId = lastValue(raw.headers, 'x-road-id')
  if (!messageId?.trim()) return refuse('internal_error', 'x-road-id is missing or empty', 'missing_message_id')
  const party = checkRepresentedParty(lastValue(raw.headers, 'x-road-represented-party'))
  if (!party.ok) return party
  const request = { ...raw, ...target.value, client: client.value, messageId }
  const server = lastValue(raw.headers, 'x-road-security-server')
  if (server === undefined) return ok(request)
  const targetServer = parseServerId(server)
  return targetServer.ok ? ok({ ...request, targetServer: targetServer.value }) : targetServer
}

/** 'code' or 'class/code'. */
function checkRepresentedParty(text: string | undefined): Outcome<true> {
  if (text === undefined) return ok(true)
  const parts = decodeComponents(text)
  if (!parts.ok) return parts
  return parts.value.length <= 2
    ? ok(true)
    : refuse('internal_error', 'X-Road-Represented-Party has more than 2 components', 'malformed_identifier')
}
