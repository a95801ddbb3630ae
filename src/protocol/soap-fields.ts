import { ok } from '../base/result.ts'
import { type Outcome, refuse } from './faults.ts'
import type { ClientId, ServerId, ServiceId } from './identifiers.ts'
import { clientIn, serverIn, serviceIn } from './soap-identifiers.ts'
import { REPRESENTATION, SECURITY_TOKEN, XROAD } from './soap-names.ts'
import type { XmlElement } from './xml.ts'
import { childElements, childrenNamed, textOf } from './xml-lookup.ts'

/** For whom the client asks. Source: X-Road, third party representation extension. */
export type RepresentedParty = { readonly partyClass?: string; readonly partyCode: string }
/** Handed on to the service and looked at by nobody between. Never logged. Source: X-Road, security token extension. */
export type SecurityToken = { readonly tokenType?: string; readonly token: string }

/** The X-Road fields of a SOAP header. Texts are as written, not trimmed; '' is not the same as absent. */
export type SoapFields = {
  readonly client: ClientId
  readonly service: ServiceId
  readonly id: string
  readonly protocolVersion: string
  readonly userId?: string
  readonly issue?: string
  /** Base64, in responses. */
  readonly requestHash?: string
  readonly securityServer?: ServerId
  readonly representedParty?: RepresentedParty
  readonly securityToken?: SecurityToken
}
type Name = keyof SoapFields
type Found = { -readonly [N in Name]?: SoapFields[N] }
export type ReadFields = { readonly fields: SoapFields; readonly elements: ReadonlyMap<Name, XmlElement> }

const text = (element: XmlElement): Outcome<string> => ok(textOf(element))
const READERS: ReadonlyMap<string, readonly [Name, (element: XmlElement) => Outcome<SoapFields[Name]>]> = new Map(
  [
    [XROAD, 'client', clientIn] as const,
    [XROAD, 'service', serviceIn] as const,
    [XROAD, 'id', text] as const,
    [XROAD, 'protocolVersion', text] as const,
    [XROAD, 'userId', text] as const,
    [XROAD, 'issue', text] as const,
    [XROAD, 'requestHash', text] as const,
    [XROAD, 'securityServer', serverIn] as const,
    [REPRESENTATION, 'representedParty', partyIn] as const,
    [SECURITY_TOKEN, 'securityToken', tokenIn] as const,
  ].map(([uri, local, read]) => [`${uri} ${local}`, [local, read]]),
)

/**
 * Reads the children of a SOAP header in the order of the document; unknown ones are passed over.
 * Refused with 'duplicate_header_field' or 'invalid_xml' where it is met, then 'missing_header_field' or 'invalid_protocol_version' in the
 * order protocolVersion, client, id, service. Source: X-Road PR-MESS.
 */
export function readFields(header: XmlElement): Outcome<ReadFields> {
  const found: Found = {}
  const elements = new Map<Name, XmlElement>()
  for (const element of childElements(header)) {
    const known = READERS.get(`${element.uri} ${element.local}`)
    if (!known) continue
    const [name, read] = known
    if (elements.has(name)) return refuse('duplicate_header_field', name)
    const value = read(element)
    if (!value.ok) return value
    found[name] = value.value as never
    elements.set(name, element)
  }
  const complete = required(found)
  return complete.ok ? ok({ fields: complete.value, elements }) : complete
}

function required(found: Found): Outcome<SoapFields> {
  const { protocolVersion, client, id, service } = found
  if (protocolVersion === undefined) return refuse('missing_header_field', 'protocolVersion')
  if (!protocolVersion.startsWith('4.')) return refuse('invalid_protocol_version', 'the protocol version must begin with 4.')
  if (client === undefined) return refuse('missing_header_field', 'client')
  if (id === undefined) return refuse('missing_header_field', 'id')
  if (service === undefined) return refuse('missing_header_field', 'service')
  return ok({ ...found, client, service, id, protocolVersion })
}

function partyIn(element: XmlElement): Outcome<RepresentedParty> {
  const classes = childrenNamed(element, REPRESENTATION, 'partyClass')
  const codes = childrenNamed(element, REPRESENTATION, 'partyCode')
  if (classes.length > 1 || codes.length > 1) return refuse('duplicate_header_field', classes.length > 1 ? 'partyClass' : 'partyCode')
  const [code] = codes
  if (!code) return refuse('invalid_xml', 'representedParty without partyCode')
  const [partyClass] = classes
  return ok(partyClass ? { partyClass: textOf(partyClass), partyCode: textOf(code) } : { partyCode: textOf(code) })
}

function tokenIn(element: XmlElement): Outcome<SecurityToken> {
  const tokenType = element.attributes.find(({ local, uri }) => local === 'tokenType' && (uri === '' || uri === SECURITY_TOKEN))?.value
  const token = textOf(element)
  return ok(tokenType === undefined ? { token } : { tokenType, token })
}
