import { ok, type Result, refused } from '../base/result.ts'
import { type Outcome, refuse } from './faults.ts'

/**
 * Who is who on the exchange, as structured values. Components are decoded text, compared exactly: case counts, nothing is trimmed.
 * Source: X-Road PR-REST §4.2, PR-MESS §2.1.
 */
export type MemberId = { readonly instance: string; readonly memberClass: string; readonly memberCode: string }
/** A member, or one of its subsystems. */
export type ClientId = MemberId & { readonly subsystemCode?: string }
/** REST services have a subsystem and no version; SOAP services may lack the one and have the other. */
export type ServiceId = ClientId & { readonly serviceCode: string; readonly serviceVersion?: string }
/** A security server of a member. */
export type ServerId = MemberId & { readonly serverCode: string }

/**
 * 'EE/GOV/123' or 'EE/GOV/123/sub', each component percent-encoded.
 * Missing or empty is 'invalid_client_identifier'; any other fault of form is 'internal_error', as stock servers answer.
 */
export function parseClientId(text: string | undefined): Outcome<ClientId> {
  if (!text) return refuse('invalid_client_identifier', 'X-Road-Client is missing or empty')
  const parts = decodeComponents(text)
  if (!parts.ok) return parts
  if (parts.value.length < 3 || parts.value.length > 4)
    return wrongCount(text, parts.value, 'instance/class/member or instance/class/member/subsystem')
  return ok(clientOf(parts.value))
}

/**
 * 'EE/GOV/123/sub/svc' as in x-road-service. Also reads the other forms `formatId` writes: 'EE/GOV/123/svc' without a subsystem,
 * 'EE/GOV/123/sub/svc/v1' with a version, and 'EE/GOV/123//svc/v1' with a version and no subsystem.
 */
export function parseServiceId(text: string): Outcome<ServiceId> {
  const versioned = text.split('/')
  const bare = versioned.length === 6 && versioned[3] === ''
  const parts = decodeComponents(bare ? versioned.toSpliced(3, 1).join('/') : text)
  if (!parts.ok) return parts
  const at = bare || parts.value.length === 4 ? 3 : 4
  const [serviceCode, serviceVersion, ...rest] = parts.value.slice(at)
  if (serviceCode === undefined || rest.length > 0) return wrongCount(text, parts.value, 'instance/class/member/subsystem/service')
  const owner = clientOf(parts.value.slice(0, at))
  return ok(serviceVersion === undefined ? { ...owner, serviceCode } : { ...owner, serviceCode, serviceVersion })
}

/** 'EE/GOV/123/server1', each component percent-encoded. */
export function parseServerId(text: string): Outcome<ServerId> {
  const parts = decodeComponents(text)
  if (!parts.ok) return parts
  const [instance, memberClass, memberCode, serverCode, ...rest] = parts.value
  if (serverCode === undefined || rest.length > 0) return wrongCount(text, parts.value, 'instance/class/member/server')
  return ok({ instance: instance as string, memberClass: memberClass as string, memberCode: memberCode as string, serverCode })
}

function clientOf(parts: readonly string[]): ClientId {
  const [instance, memberClass, memberCode, subsystemCode] = parts as [string, string, string, string?]
  const member = { instance, memberClass, memberCode }
  return subsystemCode === undefined ? member : { ...member, subsystemCode }
}

const wrongCount = (text: string, parts: readonly string[], expected: string) =>
  refuse('internal_error', `identifier "${text}" has ${parts.length} components; expected ${expected}`, 'malformed_identifier')

/** RFC 3986 §3.3 pchar, without the escapes. */
const PLAIN = /^[A-Za-z0-9\-._~!$&'()*+,;=:@]+$/
const ESCAPED = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+$/

/**
 * The components of a slash-joined, percent-encoded identifier. '+' is a plus sign.
 * Stricter than stock: an escape that is no UTF-8, a control character and a component of '.' or '..' are refused too.
 */
export function decodeComponents(text: string): Outcome<readonly string[]> {
  const parts: string[] = []
  for (const raw of text.split('/')) {
    const part = decodeComponent(raw)
    if (!part.ok) return refuse('internal_error', `identifier "${printable(text)}": ${part.fault}`, 'malformed_identifier')
    parts.push(part.value)
  }
  return ok(parts)
}

function decodeComponent(raw: string): Result<string, string> {
  if (raw === '') return refused('a component is empty')
  const value = PLAIN.test(raw) ? raw : ESCAPED.test(raw) ? unescapeUtf8(raw) : undefined
  if (value === undefined) return refused(`"${printable(raw)}" is not made of legal characters and percent-encoded UTF-8`)
  const why = componentFault(value)
  return why ? refused(why) : ok(value)
}

/** What is wrong with a decoded component, or nothing. The identifiers of configurations are held to the same. */
export function componentFault(value: string): string | undefined {
  if (value.trim() === '') return 'a component is blank'
  if (/[\u0000-\u001f\u007f-\u009f]/.test(value)) return `"${printable(value)}" holds a control character`
  if (value === '.' || value === '..') return `"${value}" is a step of a path, not a code`
  return undefined
}

function unescapeUtf8(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw)
  } catch {
    return undefined // not UTF-8: the caller says which component
  }
}

/** Text of others inside our own sentences: short, and without control characters. */
export const printable = (text: string): string =>
  (text.length > 200 ? `${text.slice(0, 200)}…` : text).replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')

/**
 * The wire form and our map key: components percent-encoded and joined by '/'. Different identifiers never share it.
 * Encoding as stock servers write it: URL path segment, upper-case hexadecimal.
 */
export function formatId(id: MemberId | ClientId | ServiceId | ServerId): string {
  const member = `${encodeComponent(id.instance)}/${encodeComponent(id.memberClass)}/${encodeComponent(id.memberCode)}`
  if ('serverCode' in id) return `${member}/${encodeComponent(id.serverCode)}`
  const { subsystemCode, serviceCode, serviceVersion } = id as Partial<ServiceId>
  const subsystem = subsystemCode !== undefined ? `/${encodeComponent(subsystemCode)}` : serviceVersion !== undefined ? '/' : ''
  const service = serviceCode !== undefined ? `/${encodeComponent(serviceCode)}` : ''
  return `${member}${subsystem}${service}${serviceVersion !== undefined ? `/${encodeComponent(serviceVersion)}` : ''}`
}

/** One component as a URL path segment. */
export const encodeComponent = (value: string): string =>
  PLAIN.test(value) ? value : encodeURIComponent(value).replace(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent)

export const sameMember = (a: MemberId, b: MemberId): boolean =>
  a.instance === b.instance && a.memberClass === b.memberClass && a.memberCode === b.memberCode
export const sameClient = (a: ClientId, b: ClientId): boolean => sameMember(a, b) && a.subsystemCode === b.subsystemCode
export const sameService = (a: ServiceId, b: ServiceId): boolean =>
  sameClient(a, b) && a.serviceCode === b.serviceCode && a.serviceVersion === b.serviceVersion

/** The member behind a client, a service or a server. */
export const memberOf = ({ instance, memberClass, memberCode }: MemberId): MemberId => ({ instance, memberClass, memberCode })
/** The client that offers a service. */
export const ownerOf = ({ subsystemCode, ...service }: ServiceId): ClientId =>
  subsystemCode === undefined ? memberOf(service) : { ...memberOf(service), subsystemCode }
