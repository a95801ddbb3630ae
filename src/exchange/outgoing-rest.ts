import { ok } from '../base/result.ts'
import { type Outcome, under } from '../protocol/faults.ts'
import { lastValue } from '../protocol/rest-headers.ts'
import { answers, type RestCall, type RestRequest, readCall, readResponseBlock } from '../protocol/rest-message.ts'
import { decodeRest, encodeRest, type RestTransport } from '../protocol/transport.ts'
import { checkDigest, REST, requestHeaders } from './between-nodes.ts'
import { digested } from './message.ts'
import type { Answered, CallSetting, OpenedAnswer, OutgoingRequest } from './outgoing.ts'
import { checkPolicy } from './policy.ts'
import type { PeerAnswer } from './ports.ts'
import { restContent } from './rest-content.ts'

/** A REST call going out. Refusals are those of readCall. Source: X-Road PR-REST, PR-MESST. */
export function outgoingRest(call: RestCall, { requestId, newMessageId, limits }: CallSetting): Outcome<OutgoingRequest> {
  const read = readCall(call, requestId, newMessageId)
  if (!read.ok) return read
  const request = read.value
  const { client, service, messageId, targetServer, block: message, body } = request
  return ok({
    client,
    service,
    messageId,
    requestId,
    targetServer,
    content: restContent(message, body && digested(body)),
    keepsPolicy: (policy) => checkPolicy(policy, request),
    encode: (evidence, boundary) => {
      const encoded = encodeRest('request', { ...evidence, message, body }, boundary)
      const headers = requestHeaders(encoded.contentType, lastValue(request.headers, 'content-type') ?? '', requestId, [REST])
      return { ...encoded, headers }
    },
    open: (answer) => open(answer, request, limits.message),
  })
}

function open({ headers, body: bytes, leftOut }: PeerAnswer, request: RestRequest, mostBytes: number): Outcome<OpenedAnswer> {
  const transport = decodeRest('response', lastValue(headers, 'content-type') ?? '', bytes, { message: mostBytes }, leftOut)
  if (!transport.ok) return transport
  const digest = checkDigest(headers)
  if (!digest.ok) return under('service_failed', digest)
  const { message, body, documents } = transport.value
  const content = restContent(message, body && digested(body))
  return ok({ content, documents, read: () => readAnswer(transport.value, content, request) })
}

function readAnswer({ message, body }: RestTransport, content: Answered['content'], request: RestRequest): Outcome<Answered> {
  const response = readResponseBlock(message, body)
  if (!response.ok) return response
  const fits = answers(response.value, request)
  return fits.ok ? ok({ ...response.value, content, given: response.value }) : fits
}
