import { ok } from '../base/result.ts'
import type { Outcome } from '../protocol/faults.ts'
import { lastValue } from '../protocol/rest-headers.ts'
import {
  decodeSoap,
  encodeSoap,
  forService,
  originalContentType,
  originalHeaders,
  originalSoapAction,
  readSoapAnswer,
  relayedFault,
  type SoapPackage,
  soapRequestHash,
  withRequestHash,
} from '../protocol/soap-message.ts'
import { checkDigest, replyWith } from './between-nodes.ts'
import type { IncomingRequest, OutgoingResponse, Received } from './incoming.ts'
import { answerTooLarge } from './incoming-rest.ts'
import type { MessageLimits } from './limits.ts'
import { soapMetadata } from './metadata/soap-metadata.ts'
import { soapMonitoring } from './monitoring/soap-monitoring.ts'
import type { NodeService } from './node-configuration.ts'
import type { HttpCall, ServiceAnswer } from './ports.ts'
import { soapMessage } from './soap-content.ts'

/** A peer's SOAP request. Refusals carry their whole path behind the door's name. Source: X-Road PR-MESS, PR-MESST. */
export function incomingSoap({ headers, limits, newId, ...octets }: Received): Outcome<IncomingRequest> {
  const soapAction = originalSoapAction(headers)
  if (!soapAction.ok) return soapAction
  const digest = checkDigest(headers)
  if (!digest.ok) return digest
  const original = originalContentType(headers)
  if (!original.ok) return original
  const transport = decodeSoap('request', lastValue(headers, 'content-type') ?? '', octets, { message: limits.message })
  if (!transport.ok) return transport
  const { documents, ocsp, message } = transport.value
  const { client, service, securityServer: targetServer } = message
  const requestId = requestIdIn(headers) ?? newId()
  return ok({
    ...soapMessage(transport.value, requestId),
    ...{ documents, ocsp, targetServer },
    access: { client, service, method: null, path: null },
    servedBy: ['WSDL'],
    ownService: (node, trust, ports) => soapMetadata(message, node, trust, ports) ?? soapMonitoring(message, node, trust, ports),
    serviceCall: (toService) => serviceCall(transport.value, original.value, soapAction.value, toService),
    failsUnderService: true,
    answerWith: (answer) => answerWith(answer, transport.value, requestId, limits),
  })
}

/** In SOAP the peer's word alone, and it need not give one. */
function requestIdIn(headers: Received['headers']): string | undefined {
  const id = lastValue(headers, 'x-road-request-id')
  return id !== undefined && /^[\u0021-\u007e]{1,100}$/.test(id) ? id : undefined
}

/** The octets of the consumer; of its headers, Content-Type and SOAPAction alone. Source: X-Road PR-MESS §2.5. */
function serviceCall(request: SoapPackage, original: string, soapAction: string, { url }: NodeService): Outcome<HttpCall> {
  const forwarded = forService(request, original)
  if (!forwarded.ok) return forwarded
  const { contentType, ...octets } = forwarded.value
  const headers = [
    ['Content-Type', contentType],
    ['SOAPAction', soapAction],
    ['accept-encoding', ''],
  ] as const
  return ok({ method: 'POST', url, headers, ...octets, packaged: true })
}

function answerWith(
  { status, headers, body, leftOut = [] }: ServiceAnswer,
  request: SoapPackage,
  requestId: string,
  limits: MessageLimits,
): Outcome<OutgoingResponse> {
  if (!(body instanceof Uint8Array)) return answerTooLarge(body.size, limits)
  const read = readSoapAnswer({ status, headers, body, leftOut }, { message: limits.body })
  if (!read.ok) return read
  if (read.value.kind === 'fault') return relayedFault(read.value)
  const { contentType, message } = read.value
  const response = { ...read.value, message: withRequestHash(message, soapRequestHash(request.message.bytes)) }
  const encode: OutgoingResponse['encode'] = (documents, boundary) =>
    ok(replyWith(encodeSoap('response', { ...response, ocsp: [], documents }, boundary), originalHeaders(contentType)))
  return ok({ ...soapMessage(response, requestId), encode })
}
