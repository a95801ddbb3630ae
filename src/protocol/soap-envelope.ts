import { ok } from '../base/result.ts'
import { type Outcome, refuse } from './faults.ts'
import { byteOffset, type Charset, charsetOf, forXmlReader } from './soap-charset.ts'
import { faultIn, type SoapFault } from './soap-fault.ts'
import { type ReadFields, readFields, type SoapFields } from './soap-fields.ts'
import { SOAP } from './soap-names.ts'
import { parseXml, XML_LIMITS, type XmlDocument, type XmlElement, type XmlLimits } from './xml.ts'
import { childElements, childrenNamed } from './xml-lookup.ts'

export type { SoapFault } from './soap-fault.ts'
export type { RepresentedParty, SecurityToken, SoapFields } from './soap-fields.ts'

/** First byte and the one after the last. */
export type Range = readonly [from: number, to: number]

/** A message of the X-Road message protocol 4.0: what its header says, and its exact bytes, which are what is signed and sent. */
export type SoapMessage = SoapFields & {
  readonly kind: 'message'
  readonly bytes: Uint8Array
  readonly charset: Charset
  /** The local name of the one element in the body. */
  readonly call: string
  /** `call` ends in 'Response'. A request for a service named so counts as one, as in stock servers. */
  readonly isResponse: boolean
  /** Where the header's id stands, its start tag, and its requestHash: what a request hash is spliced by. */
  readonly places: { readonly id: Range; readonly idTag: Range; readonly requestHash: Range | null }
}
export type SoapEnvelope = SoapMessage | SoapFault

/**
 * Reads a SOAP 1.1 envelope by its own declaration or byte order mark, whatever HTTP says of its charset.
 *
 * Refused in the order of stock servers: 'message_too_large'; 'invalid_soap' (no SOAP 1.1 envelope, not well-formed, a document type,
 * a charset we do not know, two headers or bodies); then 'missing_header', 'duplicate_header_field' and 'invalid_xml' (an identifier) where
 * they are met; 'missing_header_field' and 'invalid_protocol_version'; 'missing_body', 'invalid_body', 'inconsistent_headers'.
 * A fault is one when it is alone in the body; beside anything else it is 'invalid_body'.
 * Source: X-Road PR-MESS; SOAP 1.1 §4.
 */
export function readSoap(bytes: Uint8Array, limits: Partial<XmlLimits> = {}): Outcome<SoapEnvelope> {
  const most = limits.bytes ?? XML_LIMITS.bytes
  if (bytes.length > most) return refuse('message_too_large', `the envelope has ${bytes.length} bytes; at most ${most}`)
  const charset = charsetOf(bytes)
  const input = forXmlReader(bytes, charset)
  if (input === undefined) return refuse('invalid_soap', `not in the charset it declares, or that is unknown: ${charset.name.slice(0, 40)}`)
  const document = parseXml(input, { ...limits, bytes: most })
  if (!document.ok) return refuse('invalid_soap', document.fault.detail)
  const { root } = document.value
  if (root.uri !== SOAP || root.local !== 'Envelope') return refuse('invalid_soap', 'the root is no SOAP 1.1 Envelope')
  const [headers, bodies] = [childrenNamed(root, SOAP, 'Header'), childrenNamed(root, SOAP, 'Body')]
  if (headers.length > 1 || bodies.length > 1) return refuse('invalid_soap', 'the envelope has two headers or two bodies')
  const [only, ...others] = bodies[0] ? childElements(bodies[0]) : []
  if (only && others.length === 0 && only.uri === SOAP && only.local === 'Fault') return ok(faultIn(only, bytes))
  return messageIn(bytes, charset, document.value, headers[0], bodies[0])
}

function messageIn(
  bytes: Uint8Array,
  charset: Charset,
  { text }: XmlDocument,
  header: XmlElement | undefined,
  body: XmlElement | undefined,
): Outcome<SoapMessage> {
  if (!header) return refuse('missing_header')
  const read = readFields(header)
  if (!read.ok) return read
  const { fields } = read.value
  const call = calledIn(body, fields.service.serviceCode)
  if (!call.ok) return call
  const at = (from: number, to: number): Range => [byteOffset(text, from, charset), byteOffset(text, to, charset)]
  const places = placesOf(read.value, at)
  return ok({ kind: 'message', ...fields, bytes, charset, call: call.value, isResponse: call.value.endsWith('Response'), places })
}

/** The prefix is all that is asked, in either direction, as in stock servers: 'codeRequest' and 'codeResponse' pass. */
function calledIn(body: XmlElement | undefined, serviceCode: string): Outcome<string> {
  if (!body) return refuse('missing_body')
  const [called, ...others] = childElements(body)
  if (!called || others.length > 0)
    return refuse('invalid_body', `the body must hold one element, it holds ${called ? others.length + 1 : 0}`)
  if (!called.local.startsWith(serviceCode)) return refuse('inconsistent_headers', 'the body does not call the service of the header')
  return ok(called.local)
}

function placesOf({ elements }: ReadFields, at: (from: number, to: number) => Range): SoapMessage['places'] {
  const [id, hash] = [elements.get('id') as XmlElement, elements.get('requestHash')]
  return { id: at(id.start, id.end), idTag: at(id.start, id.startEnd), requestHash: hash ? at(hash.start, hash.end) : null }
}
