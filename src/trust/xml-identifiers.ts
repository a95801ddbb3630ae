import { ok } from '../base/result.ts'
import { type FaultCode, type Outcome, refuse } from '../protocol/faults.ts'
import { type ClientId, componentFault, type ServerId, type ServiceId } from '../protocol/identifiers.ts'
import type { XmlElement } from '../protocol/xml.ts'
import { textOf } from '../protocol/xml-lookup.ts'
import { escapeText } from '../protocol/xml-write.ts'

/** Identifiers as elements: in SOAP headers, global configurations and management requests. Source: X-Road identifiers.xsd, PR-MESS §2.1. */
export const IDENTIFIERS = 'http://x-road.eu/xsd/identifiers'
const KINDS = ['MEMBER', 'SUBSYSTEM', 'SERVER', 'GLOBALGROUP', 'LOCALGROUP', 'SERVICE'] as const
export type IdentifierKind = (typeof KINDS)[number]
export type GlobalGroupId = { readonly instance: string; readonly groupCode: string }
export type LocalGroupId = { readonly groupCode: string }

/** In the order of the schema, which is the order we write. */
const COMPONENTS = [
  'xRoadInstance',
  'memberClass',
  'memberCode',
  'subsystemCode',
  'groupCode',
  'serviceCode',
  'serviceVersion',
  'serverCode',
] as const
const COMPONENT = new Map(COMPONENTS.map((name) => [name as string, name]))
type Components = Partial<Record<(typeof COMPONENTS)[number], string>>

/**
 * A member or a subsystem. With 'agrees' a MEMBER with a subsystem code, or a SUBSYSTEM without one, is refused with
 * 'invalid_client_identifier'. 'derived' lets the components decide, as proxies do with SOAP headers and as old configurations need.
 */
export function readClientElement(element: XmlElement, kinds: 'agrees' | 'derived' = 'agrees'): Outcome<ClientId> {
  const read = readComponents(element, ['MEMBER', 'SUBSYSTEM'], CLIENT, 'invalid_client_identifier')
  if (!read.ok) return read
  const { kind, parts } = read.value
  if (kinds === 'agrees' && (kind === 'MEMBER') !== (parts.subsystemCode === undefined))
    return refuse('invalid_client_identifier', `a ${kind} ${parts.subsystemCode === undefined ? 'without' : 'with'} a subsystem code`)
  return ok(clientOf(parts))
}

/** A service, with or without subsystem and version. Refused with 'invalid_xml'. */
export function readServiceElement(element: XmlElement): Outcome<ServiceId> {
  const read = readComponents(element, ['SERVICE'], SERVICE, 'invalid_xml')
  if (!read.ok) return read
  const { serviceCode = '', serviceVersion } = read.value.parts
  const service = { ...clientOf(read.value.parts), serviceCode }
  return ok(serviceVersion === undefined ? service : { ...service, serviceVersion })
}

/** A security server. Refused with 'invalid_xml'. */
export function readServerElement(element: XmlElement): Outcome<ServerId> {
  const read = readComponents(element, ['SERVER'], SERVER, 'invalid_xml')
  return read.ok ? ok({ ...clientOf(read.value.parts), serverCode: read.value.parts.serverCode as string }) : read
}

export function readGlobalGroupElement(element: XmlElement): Outcome<GlobalGroupId> {
  const read = readComponents(element, ['GLOBALGROUP'], GLOBAL_GROUP, 'invalid_xml')
  if (!read.ok) return read
  return ok({ instance: read.value.parts.xRoadInstance as string, groupCode: read.value.parts.groupCode as string })
}

export function readLocalGroupElement(element: XmlElement): Outcome<LocalGroupId> {
  const read = readComponents(element, ['LOCALGROUP'], LOCAL_GROUP, 'invalid_xml')
  return read.ok ? ok({ groupCode: read.value.parts.groupCode as string }) : read
}

type Shape = { readonly needs: readonly (keyof Components)[]; readonly may: readonly (keyof Components)[] }
const MEMBER_PARTS = ['xRoadInstance', 'memberClass', 'memberCode'] as const
const CLIENT: Shape = { needs: MEMBER_PARTS, may: ['subsystemCode'] }
const SERVICE: Shape = { needs: [...MEMBER_PARTS, 'serviceCode'], may: ['subsystemCode', 'serviceVersion'] }
const SERVER: Shape = { needs: [...MEMBER_PARTS, 'serverCode'], may: [] }
const GLOBAL_GROUP: Shape = { needs: ['xRoadInstance', 'groupCode'], may: [] }
const LOCAL_GROUP: Shape = { needs: ['groupCode'], may: [] }

/** Components in any order; elements we do not know are passed over; one given twice is 'duplicate_header_field'. */
function readComponents(
  element: XmlElement,
  kinds: readonly IdentifierKind[],
  shape: Shape,
  code: FaultCode,
): Outcome<{ kind: IdentifierKind; parts: Components }> {
  const kind = kinds.find((each) => each === objectTypeOf(element))
  if (!kind) return refuse('invalid_xml', `<${element.name}> should be of objectType ${kinds.join(' or ')}`)
  const parts: Components = {}
  for (const each of element.children) {
    if (each.kind !== 'element' || each.uri !== IDENTIFIERS) continue
    const name = COMPONENT.get(each.local)
    if (!name) continue
    if (parts[name] !== undefined) return refuse('duplicate_header_field', `<${each.name}> twice in <${element.name}>`)
    const value = textOf(each)
    const why = componentFault(value)
    if (why) return refuse(code, `<${each.name}>: ${why}`)
    parts[name] = value
  }
  const missing = shape.needs.find((name) => parts[name] === undefined)
  if (missing) return refuse(code, `<${element.name}> has no ${missing}`)
  const beyond = COMPONENTS.find((name) => parts[name] !== undefined && !shape.needs.includes(name) && !shape.may.includes(name))
  return beyond ? refuse(code, `<${element.name}> must not have ${beyond}`) : ok({ kind, parts })
}

const objectTypeOf = (element: XmlElement): string | undefined =>
  element.attributes.find(({ local, uri }) => local === 'objectType' && uri === IDENTIFIERS)?.value

function clientOf(parts: Components): ClientId {
  const { xRoadInstance = '', memberClass = '', memberCode = '', subsystemCode } = parts
  const member = { instance: xRoadInstance, memberClass, memberCode }
  return subsystemCode === undefined ? member : { ...member, subsystemCode }
}

/**
 * An identifier as an element called `name` ('x:client'), on one line, for a document where the prefix `id` is declared.
 * Client, service or server by what it holds.
 */
export function writeIdentifier(name: string, id: ClientId | ServiceId | ServerId): string {
  const { subsystemCode, serviceCode, serviceVersion, serverCode } = id as Partial<ServiceId & ServerId>
  const kind =
    serverCode !== undefined ? 'SERVER' : serviceCode !== undefined ? 'SERVICE' : subsystemCode !== undefined ? 'SUBSYSTEM' : 'MEMBER'
  const { instance: xRoadInstance, memberClass, memberCode } = id
  return writeComponents(name, kind, { xRoadInstance, memberClass, memberCode, subsystemCode, serviceCode, serviceVersion, serverCode })
}

export const writeGlobalGroup = (name: string, { instance, groupCode }: GlobalGroupId): string =>
  writeComponents(name, 'GLOBALGROUP', { xRoadInstance: instance, groupCode })

function writeComponents(name: string, kind: IdentifierKind, parts: { [name in keyof Components]: string | undefined }): string {
  const inside = COMPONENTS.flatMap((each) => (parts[each] === undefined ? [] : `<id:${each}>${escapeText(parts[each])}</id:${each}>`))
  return `<${name} id:objectType="${kind}">${inside.join('')}</${name}>`
}
