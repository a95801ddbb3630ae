import { ok, type Refused } from '../base/result.ts'
import { type Fault, type Outcome, refuse } from './faults.ts'
import { type ClientId, componentFault, type ServiceId } from './identifiers.ts'
import { parseXml, type XmlElement } from './xml.ts'
import { child, childElements, childrenNamed, textOf } from './xml-lookup.ts'

/** What the X-Road header of a SOAP message says about who asks whom. */
export type SoapHeader = {
  readonly client: ClientId
  readonly service: ServiceId
  readonly id: string
  readonly protocolVersion: string
  /** By its body: the first child's local name ends in 'Response'. A request for a service named so counts as one, as in stock servers. */
  readonly isResponse: boolean
}

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const XROAD = 'http://x-road.eu/xsd/xroad.xsd'
const IDENTIFIERS = 'http://x-road.eu/xsd/identifiers'
const ONCE = ['client', 'service', 'id', 'protocolVersion', 'userId', 'issue', 'requestHash', 'securityServer']

/**
 * Reads the header of a SOAP 1.1 message of the X-Road message protocol 4.0.
 * Refuses with 'invalid_soap' (no SOAP envelope, not well-formed, a document type), 'missing_header', 'duplicate_header_field',
 * 'invalid_xml' (an identifier in wrong form), 'invalid_protocol_version', 'missing_header_field', 'missing_body', 'invalid_body',
 * 'inconsistent_headers', in the order of stock servers. A SOAP fault carries no header: 'invalid_message'.
 * Source: X-Road PR-MESS §2; SOAP 1.1 §4.
 */
export function readSoapHeader(message: Uint8Array): Outcome<SoapHeader> {
  const document = parseXml(message)
  if (!document.ok) return refuse('invalid_soap', document.fault.detail)
  const envelope = document.value.root
  if (envelope.uri !== SOAP || envelope.local !== 'Envelope') return refuse('invalid_soap', 'the root is no SOAP 1.1 Envelope')
  const body = child(envelope, SOAP, 'Body')
  if (body && child(body, SOAP, 'Fault')) return refuse('invalid_message', 'a SOAP fault')
  const header = child(envelope, SOAP, 'Header')
  if (!header) return refuse('missing_header')
  const fields = readFields(header)
  if (!fields.ok) return fields
  const called = bodyOf(body, fields.value.service)
  return called.ok ? ok({ ...fields.value, isResponse: called.value.endsWith('Response') }) : called
}

function readFields(header: XmlElement): Outcome<Omit<SoapHeader, 'isResponse'>> {
  const twice = ONCE.find((name) => childrenNamed(header, XROAD, name).length > 1)
  if (twice) return refuse('duplicate_header_field', twice)
  const [clientElement, serviceElement, id, version] = ['client', 'service', 'id', 'protocolVersion'].map((n) => child(header, XROAD, n))
  const client = clientElement && clientOf(clientElement)
  if (client && !client.ok) return client
  const service = serviceElement && serviceOf(serviceElement)
  if (service && !service.ok) return service
  if (!version) return refuse('missing_header_field', 'protocolVersion')
  const protocolVersion = textOf(version)
  if (!protocolVersion.startsWith('4.')) return refuse('invalid_protocol_version', 'the protocol version must begin with 4.')
  if (!client) return refuse('missing_header_field', 'client')
  if (!id) return refuse('missing_header_field', 'id')
  if (!service) return refuse('missing_header_field', 'service')
  return ok({ client: client.value, service: service.value, id: textOf(id), protocolVersion })
}

/** The local name of the one element in the body. */
function bodyOf(body: XmlElement | undefined, service: ServiceId): Outcome<string> {
  if (!body) return refuse('missing_body')
  const [called, ...others] = childElements(body)
  if (!called || others.length > 0)
    return refuse('invalid_body', `the body must hold one element, it holds ${called ? others.length + 1 : 0}`)
  if (!called.local.startsWith(service.serviceCode))
    return refuse('inconsistent_headers', 'the body does not call the service of the header')
  return ok(called.local)
}

const inForm = (detail: string): Refused<Fault> => refuse('invalid_xml', detail, 'malformed_identifier')

function clientOf(element: XmlElement): Outcome<ClientId> {
  const parts = components(element, ['MEMBER', 'SUBSYSTEM'])
  return parts.ok ? clientFrom(parts.value) : parts
}

function serviceOf(element: XmlElement): Outcome<ServiceId> {
  const parts = components(element, ['SERVICE'])
  if (!parts.ok) return parts
  const owner = clientFrom(parts.value)
  if (!owner.ok) return owner
  const { serviceCode, serviceVersion } = parts.value
  if (serviceCode === undefined) return inForm('an identifier without serviceCode')
  return ok(serviceVersion === undefined ? { ...owner.value, serviceCode } : { ...owner.value, serviceCode, serviceVersion })
}

function clientFrom(parts: Components): Outcome<ClientId> {
  const { xRoadInstance: instance, memberClass, memberCode, subsystemCode } = parts
  if (instance === undefined || memberClass === undefined || memberCode === undefined)
    return inForm('an identifier without xRoadInstance, memberClass or memberCode')
  return ok(subsystemCode === undefined ? { instance, memberClass, memberCode } : { instance, memberClass, memberCode, subsystemCode })
}

const COMPONENTS = ['xRoadInstance', 'memberClass', 'memberCode', 'subsystemCode', 'serviceCode', 'serviceVersion'] as const
type Components = { readonly [name in (typeof COMPONENTS)[number]]?: string }

/** The components of an identifier in any order; unknown children are passed over. Source: the published schema identifiers.xsd. */
function components(element: XmlElement, kinds: readonly string[]): Outcome<Components> {
  const kind = element.attributes.find((each) => each.uri === IDENTIFIERS && each.local === 'objectType')?.value
  if (kind === undefined || !kinds.includes(kind)) return inForm(`${element.local} must have the objectType ${kinds.join(' or ')}`)
  const found: { [name: string]: string } = {}
  for (const name of COMPONENTS) {
    const [first, ...others] = childrenNamed(element, IDENTIFIERS, name)
    if (others.length > 0) return refuse('duplicate_header_field', name)
    if (!first) continue
    const fault = componentFault(textOf(first))
    if (fault) return inForm(`${name}: ${fault}`)
    found[name] = textOf(first)
  }
  return ok(found)
}
