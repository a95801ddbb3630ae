import { ok } from '../base/result.ts'
import { type Body, bytesBody, joinPieces, pieceOf } from '../protocol/body.ts'
import { type Outcome, refuse, under } from '../protocol/faults.ts'
import { BLOCK_LIMITS, checkHeaders, lastValue } from '../protocol/rest-headers.ts'
import { type RestRequest, type RestResponse, readRequestBlock, writeResponse } from '../protocol/rest-message.ts'
import { decodeRest, encodeRest } from '../protocol/transport.ts'
import { checkDigest, replyWith } from './between-nodes.ts'
import type { IncomingRequest, OutgoingResponse, Received } from './incoming.ts'
import type { MessageLimits } from './limits.ts'
import { digested } from './message.ts'
import { restMetadata } from './metadata/rest-metadata.ts'
import type { NodeService } from './node-configuration.ts'
import type { HttpCall, ServiceAnswer } from './ports.ts'
import { restContent } from './rest-content.ts'

/** A peer's REST request. Refusals carry their whole path behind the door's name. Source: X-Road PR-REST, PR-MESST. */
export function incomingRest({ headers, body: bytes, leftOut, limits }: Received): Outcome<IncomingRequest> {
  const digest = checkDigest(headers)
  if (!digest.ok) return digest
  const transport = decodeRest('request', lastValue(headers, 'content-type') ?? '', bytes, { message: limits.message }, leftOut)
  if (!transport.ok) return transport
  const { message, body, documents, ocsp } = transport.value
  const read = readRequestBlock(message, body)
  if (!read.ok) return read
  const request = read.value
  const { client, service, messageId, requestId, method, servicePath: path } = request
  if (lastValue(headers, 'x-road-request-id') !== requestId)
    return under('service_failed', refuse('inconsistent_headers', 'x-road-request-id differs from the signed message'))
  return ok({
    ...{ client, service, messageId, requestId, documents, ocsp },
    content: restContent(message, body && digested(body)),
    access: { client, service, method, path },
    servedBy: ['REST', 'OPENAPI3'],
    ownService: (node, trust, ports) => restMetadata(request, node, trust, ports),
    serviceCall: (toService) => ok(serviceCall(request, toService)),
    failsUnderService: false,
    answerWith: (answer) => answerWith(answer, request, limits),
  })
}

/** Stock servers deliver a body with these methods alone, whatever was signed. */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])

/** Path and query as the consumer wrote them, added to the service's own address. */
function serviceCall({ method, headers, body, servicePath, query }: RestRequest, { url }: NodeService): HttpCall {
  const base = url.endsWith('/') && servicePath.startsWith('/') ? url.slice(0, -1) : url
  const call = { method, url: `${base}${servicePath}${query === null ? '' : `?${query}`}`, headers, body: null }
  if (!body || !WITH_BODY.has(method)) return call
  return { ...call, ...joinPieces([pieceOf(body)]) }
}

/** Of an answer too large to travel, size and digest are signed and kept in its place. */
function answerWith(answer: ServiceAnswer, request: RestRequest, limits: MessageLimits): Outcome<OutgoingResponse> {
  const legal = checkHeaders(answer.headers, { count: BLOCK_LIMITS.count - 10, bytes: BLOCK_LIMITS.bytes / 2 })
  if (!legal.ok) return refuse('http_error', `the service's answer: ${legal.fault.detail}`)
  if (answer.status < 200 || answer.status > 599) return refuse('http_error', `the service answered ${answer.status}`)
  const whole: Body | null = answer.body instanceof Uint8Array ? bytesBody(answer.body) : 'kind' in answer.body ? answer.body : null
  const tooLarge = whole ? null : (answer.body as { readonly size: number; readonly sha512: Uint8Array })
  const response = writeResponse({ ...answer, body: whole }, request, request.requestId)
  const body = tooLarge ? { kind: 'digest' as const, ...tooLarge } : response.body
  const content = restContent(response.block, body && digested(body))
  const encode = tooLarge ? () => answerTooLarge(tooLarge.size, limits) : encoder(response)
  return ok({ ...response, content, encode })
}

export const answerTooLarge = (size: number, { body }: MessageLimits): Outcome<never> =>
  refuse('message_too_large', `the answer of the service has ${size} octets; at most ${body}`)

const encoder =
  ({ block: message, body }: RestResponse): OutgoingResponse['encode'] =>
  (documents, boundary) =>
    ok(replyWith(encodeRest('response', { ocsp: [], message, body, documents }, boundary)))
