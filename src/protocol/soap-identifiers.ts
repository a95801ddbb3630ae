import { ok, type Refused } from '../base/result.ts'
import { type Fault, type Outcome, refuse } from './faults.ts'
import { type ClientId, componentFault, type MemberId, type ServerId, type ServiceId } from './identifiers.ts'
import { IDENTIFIERS } from './soap-names.ts'
import type { XmlElement } from './xml.ts'
import { childElements, textOf } from './xml-lookup.ts'

const inForm = (detail: string): Refused<Fault> => refuse('invalid_xml', detail, 'malformed_identifier')

/** A member or a subsystem, by what it holds: that objectType says the same is not asked, as in stock servers. */
export function clientIn(element: XmlElement): Outcome<ClientId> {
  const parts = components(element, ['MEMBER', 'SUBSYSTEM'])
  return parts.ok ? clientFrom(parts.value) : parts
}

export function serviceIn(element: XmlElement): Outcome<ServiceId> {
  const parts = components(element, ['SERVICE'])
  if (!parts.ok) return parts
  const owner = clientFrom(parts.value)
  if (!owner.ok) return owner
  const { serviceCode, serviceVersion } = parts.value
  if (serviceCode === undefined) return inForm('an identifier without serviceCode')
  return ok(serviceVersion === undefined ? { ...owner.value, serviceCode } : { ...owner.value, serviceCode, serviceVersion })
}

export function serverIn(element: XmlElement): Outcome<ServerId> {
  const parts = components(element, ['SERVER'])
  if (!parts.ok) return parts
  const member = memberFrom(parts.value)
  if (!member.ok) return member
  const { serverCode } = parts.value
  return serverCode === undefined ? inForm('an identifier without serverCode') : ok({ ...member.value, serverCode })
}

function memberFrom({ xRoadInstance: instance, memberClass, memberCode }: Components): Outcome<MemberId> {
  if (instance === undefined || memberClass === undefined || memberCode === undefined)
    return inForm('an identifier without xRoadInstance, memberClass or memberCode')
  return ok({ instance, memberClass, memberCode })
}

function clientFrom(parts: Components): Outcome<ClientId> {
  const member = memberFrom(parts)
  const { subsystemCode } = parts
  return member.ok && subsystemCode !== undefined ? ok({ ...member.value, subsystemCode }) : member
}

const COMPONENTS = ['xRoadInstance', 'memberClass', 'memberCode', 'subsystemCode', 'serviceCode', 'serviceVersion', 'serverCode'] as const
type Components = { [name in (typeof COMPONENTS)[number]]?: string }

/**
 * The components in any order; unknown children are passed over. Refused with 'invalid_xml' for form, 'duplicate_header_field' for one given
 * twice, in the order of the document. Source: the published schema identifiers.xsd.
 */
function components(element: XmlElement, kinds: readonly string[]): Outcome<Components> {
  const kind = element.attributes.find((each) => each.uri === IDENTIFIERS && each.local === 'objectType')?.value
  if (kind === undefined || !kinds.includes(kind)) return inForm(`${element.local} must have the objectType ${kinds.join(' or ')}`)
  const found: Components = {}
  for (const each of childElements(element)) {
    const name = each.uri === IDENTIFIERS ? COMPONENTS.find((known) => known === each.local) : undefined
    if (name === undefined) continue
    if (found[name] !== undefined) return refuse('duplicate_header_field', name)
    const value = textOf(each)
    const fault = componentFault(value)
    if (fault) return inForm(`${name}: ${fault}`)
    found[name] = value
  }
  return ok(found)
}
