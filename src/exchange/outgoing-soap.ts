import { ok } from '../base/result.ts'
import { bytesBody } from '../protocol/body.ts'
import { type Outcome, raisedBy, refuse, under } from '../protocol/faults.ts'
import { lastValue } from '../protocol/rest-headers.ts'
import type { RestCall } from '../protocol/rest-message.ts'
import {
  decodeSoap,
  encodeSoap,
  forConsumer,
  originalContentType,
  readSoapCall,
  type SoapPackage,
  type SoapRequest,
  soapAnswers,
} from '../protocol/soap-message.ts'
import { checkDigest, originalAction, requestHeaders } from './between-nodes.ts'
import type { Answered, CallSetting, OpenedAnswer, OutgoingRequest } from './outgoing.ts'
import type { Policy } from './policy.ts'
import type { PeerAnswer } from './ports.ts'
import { soapContent, soapMessage } from './soap-content.ts'

/** A SOAP call going out. Refusals are those of readSoapCall, all by 'client'. Source: X-Road PR-MESS, PR-MESST. */
export function outgoingSoap(
  { method, headers, body, leftOut = [] }: RestCall,
  { requestId, limits }: CallSetting,
): Outcome<OutgoingRequest> {
  if (body?.kind === 'stored') return raisedBy('client', refuse('message_too_large', `a SOAP message of ${body.size} octets is not held`))
  const octets = { body: body?.bytes ?? new Uint8Array(), leftOut }
  const read = readSoapCall({ method, headers, ...octets }, { message: limits.body })
  if (!read.ok) return read
  const request = read.value
  return ok({
    ...soapMessage(request, requestId),
    targetServer: request.message.securityServer,
    keepsPolicy: (policy) => keepsPolicy(policy, request),
    encode: (evidence, boundary) => {
      const { contentType, ...encoded } = encodeSoap('request', { ...request, ...evidence }, boundary)
      const own = [originalAction(request.soapAction)]
      return { headers: requestHeaders(contentType, request.contentType, requestId, own), ...encoded }
    },
    open: (answer) => open(answer, request, requestId, limits.message),
  })
}

/** A SOAP header has an issue too; contracts in OpenAPI speak of REST alone. */
const keepsPolicy = ({ requires }: Policy, { message }: SoapRequest): Outcome<true> =>
  requires.includes('issue') && !message.issue?.trim() ? refuse('legal_basis_missing', 'issue') : ok(true)

function open({ headers, ...octets }: PeerAnswer, request: SoapRequest, requestId: string, mostBytes: number): Outcome<OpenedAnswer> {
  const transport = decodeSoap('response', lastValue(headers, 'content-type') ?? '', octets, { message: mostBytes })
  if (!transport.ok) return transport
  const digest = checkDigest(headers)
  if (!digest.ok) return under('service_failed', digest)
  const original = originalContentType(headers)
  if (!original.ok) return original
  const { documents } = transport.value
  const content = soapContent(transport.value)
  return ok({ content, documents, read: () => readAnswer(transport.value, content, original.value, request, requestId) })
}

function readAnswer(
  response: SoapPackage,
  content: Answered['content'],
  original: string,
  request: SoapRequest,
  requestId: string,
): Outcome<Answered> {
  const fits = soapAnswers(response.message, request.message)
  if (!fits.ok) return fits
  const forwarded = forConsumer(response, original)
  if (!forwarded.ok) return under('service_failed', forwarded)
  const { client, service, id: messageId } = response.message
  const { contentType, body, leftOut = [] } = forwarded.value
  const given = { status: 200, headers: [['Content-Type', contentType] as const], body: bytesBody(body), leftOut, messageId }
  return ok({ client, service, messageId, requestId, content, given })
}
