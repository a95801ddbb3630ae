import { ok, refused } from '../base/result.ts'
import type { Octets } from './body.ts'
import { encodeFault } from './fault-xml.ts'
import { codesIn, type Fault, type Outcome, raisedBy, refuse, under } from './faults.ts'
import type { MultipartLimits } from './multipart.ts'
import { type Header, lastValue } from './rest-headers.ts'
import type { SoapFault } from './soap-envelope.ts'
import { readPackage, type SoapPackage } from './soap-package.ts'

/** One HTTP request at the consumer's door; the path does not count. */
export type SoapCall = { readonly method: string; readonly headers: readonly Header[] } & Octets
/** A consumer's question, with the two headers of it that travel on, as written. */
export type SoapRequest = SoapPackage & { readonly contentType: string; readonly soapAction: string }

/**
 * Reads a consumer's call. Every refusal is by 'client': 'invalid_http_method', 'invalid_soap_action', 'invalid_request' (no Content-Type),
 * then those of readPackage. A consumer that sends a fault is told its code in lower case. Source: X-Road PR-MESS, SOAP 1.1 §6.1.
 */
export function readSoapCall(call: SoapCall, limits: Partial<MultipartLimits> = {}): Outcome<SoapRequest> {
  const read = requestIn(call, limits)
  return read.ok ? read : raisedBy('client', read)
}

function requestIn({ method, headers, ...octets }: SoapCall, limits: Partial<MultipartLimits>): Outcome<SoapRequest> {
  if (method !== 'POST') return refuse('invalid_http_method', method.slice(0, 20))
  const soapAction = soapActionIn(headers, 'soapaction')
  if (!soapAction.ok) return soapAction
  const [contentType, second] = valuesOf(headers, 'content-type')
  if (contentType === undefined) return refuse('invalid_request', 'the request has no Content-Type')
  if (second !== undefined) return refuse('invalid_content_type', 'the request has two Content-Types')
  const read = readPackage(contentType, octets, limits)
  if (!read.ok) return read
  if (read.value.kind === 'fault') return faultFromConsumer(read.value)
  return ok({ ...read.value, contentType, soapAction: soapAction.value })
}

function faultFromConsumer({ code, string: message, detail = '' }: SoapFault): Outcome<never> {
  return refused({
    path: codesIn(code),
    detail: 'the request is a fault',
    relayed: { code: `client.${code.toLowerCase()}`, message, detail },
  })
}

/** '', '""' or a URI reference in double quotes. RFC 3986 §4.1; other characters than ASCII are let through, as stock servers do. */
const SOAP_ACTION =
  /^(?:"(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=\u00a1-\u00ff]|%[0-9A-Fa-f]{2})*(?:#(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=\u00a1-\u00ff]|%[0-9A-Fa-f]{2})*)?")?$/

function soapActionIn(headers: readonly Header[], name: string): Outcome<string> {
  const [value = '', second] = valuesOf(headers, name)
  if (second === undefined && SOAP_ACTION.test(value)) return ok(value)
  return refuse('invalid_soap_action', second === undefined ? 'it must be a URI in double quotes, or empty' : 'it is there twice')
}

const valuesOf = (headers: readonly Header[], lowerName: string): readonly string[] =>
  headers.flatMap(([name, value]) => (name.toLowerCase() === lowerName ? [value] : []))

/** One whole HTTP answer of a service. */
export type SoapAnswer = { readonly status: number; readonly headers: readonly Header[] } & Octets

/**
 * Reads a service's answer: a package to sign, or a fault to pass on as it came. `contentType` is what travels as x-original-content-type.
 * Every refusal stands under 'service_failed': 'http_error' (neither 200 nor 500), 'invalid_content_type' (none, or another),
 * 'invalid_message' (a multipart without parts), then those of readPackage. Source: X-Road PR-MESS.
 */
export function readSoapAnswer(
  answer: SoapAnswer,
  limits: Partial<MultipartLimits> = {},
): Outcome<(SoapPackage & { readonly contentType: string }) | SoapFault> {
  const read = answerIn(answer, limits)
  return read.ok ? read : under('service_failed', read)
}

function answerIn({ status, headers, ...octets }: SoapAnswer, limits: Partial<MultipartLimits>): ReturnType<typeof readSoapAnswer> {
  if (status !== 200 && status !== 500) return refuse('http_error', `the service answered ${status}`)
  const [contentType, second] = valuesOf(headers, 'content-type')
  if (contentType === undefined || second !== undefined)
    return refuse('invalid_content_type', `the answer has ${second === undefined ? 'no Content-Type' : 'two Content-Types'}`)
  const read = readPackage(contentType, octets, limits)
  if (!read.ok) return read.fault.path[0] === 'missing_soap' ? refuse('invalid_message', read.fault.detail) : read
  return ok(read.value.kind === 'fault' ? read.value : { ...read.value, contentType })
}

/** A SOAP consumer's fault: HTTP 200 whatever happened, and an empty SOAPAction, as stock servers answer. Content-Length is the listener's. */
export function soapFaultAnswer(fault: Fault, requestId: string): { status: 200; headers: readonly Header[]; body: Uint8Array } {
  const { contentType, body } = encodeFault(fault, requestId)
  const outcome: readonly Header[] = fault.outcome ? [['Sacbe-Outcome', fault.outcome]] : []
  return { status: 200, headers: [['Content-Type', contentType], ['SOAPAction', ''], ...outcome], body }
}

/** The headers between nodes that are SOAP's own; the answer has only the first. Lower case: stock servers look for exactly these names. */
export const originalHeaders = (contentType: string, soapAction?: string): readonly Header[] => [
  ['x-original-content-type', contentType],
  ...(soapAction === undefined ? [] : [['x-original-soapaction', soapAction] as const]),
]

/** The peer's word for the SOAPAction of its consumer, '' when it says nothing: 'invalid_soap_action'. Judged before all else of the message. */
export const originalSoapAction = (headers: readonly Header[]): Outcome<string> => soapActionIn(headers, 'x-original-soapaction')

/** The peer's word for what its information system sent: 'internal_error' when it says nothing, as current stock servers answer. */
export function originalContentType(headers: readonly Header[]): Outcome<string> {
  const type = lastValue(headers, 'x-original-content-type')
  return type === undefined ? refuse('internal_error', 'x-original-content-type is missing') : ok(type)
}
