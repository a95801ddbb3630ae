import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { type ClientId, formatId, ownerOf, type ServiceId, sameClient } from '../protocol/identifiers.ts'
import { isInGroup } from './directory.ts'
import { indexed } from './indexed.ts'
import { matchesPath } from './path-pattern.ts'
import type { Trust } from './trust.ts'

/** Who a right is given to. A local group belongs to the service's owner and is written out here. */
export type Subject =
  | { readonly kind: 'client'; readonly id: ClientId }
  | { readonly kind: 'globalGroup'; readonly instance: string; readonly code: string }
  | { readonly kind: 'localGroup'; readonly code: string; readonly members: readonly ClientId[] }

/** '*' and '**' open the whole service; anything else opens one endpoint of a REST service. */
export type Endpoint = { readonly method: string; readonly path: string }
/** Holds for every version of the service code. */
export type AccessRight = { readonly service: ServiceId; readonly subject: Subject; readonly endpoint: Endpoint }

/** A call as a right sees it. SOAP has no endpoint: only a right on the whole service opens it. */
export type AccessQuestion = {
  readonly client: ClientId
  readonly service: ServiceId
  /** The HTTP method, or null for SOAP. */
  readonly method: string | null
  /** What follows the service code in the address, raw, without the query; '' or '/…'. null for SOAP. */
  readonly path: string | null
}

export const WHOLE_SERVICE: Endpoint = { method: '*', path: '**' }

/**
 * May this client make this call? Refused with 'access_denied', never a word about which rights there are.
 *
 * A right matches by its owner and service code (versions do not count), by its subject, and by its endpoint. A member's right is not
 * inherited by its subsystems. Paths are compared as the service will read them, so these are refused outright: steps of '.' or '..',
 * also encoded, and escapes that are no UTF-8. A path with an encoded slash must match both with the slash and with '%2F' in its place.
 * Source: X-Road access rights; the strict readings of dots and of encoded slashes are ours (stock servers decode '%2F' first).
 */
export function mayCall(rights: readonly AccessRight[], question: AccessQuestion, trust: Trust): Outcome<true> {
  const readings = question.path === null ? [] : readingsOf(question.path)
  if (readings === undefined) return refuse('access_denied', 'the path has steps of dots or escapes that are no UTF-8')
  const allowed = rightsOf(rights, question.client, question.service).some(
    ({ subject, endpoint }) => isSubject(subject, question.client, trust) && opensEndpoint(endpoint, question.method, readings),
  )
  return allowed ? ok(true) : refuse('access_denied', `${formatId(question.client)} has no right to ${formatId(question.service)}`)
}

/** Has this client any right on the service at all, be it on one endpoint only? What a list of allowed methods shows. */
export const hasAnyRight = (rights: readonly AccessRight[], client: ClientId, service: ServiceId, trust: Trust): boolean =>
  rights.some((right) => isOfService(right.service, service) && isSubject(right.subject, client, trust))

/**
 * Is this endpoint, as a description or an operator names it, open to this client? For lists alone: no call is let through by it. An endpoint that
 * a right opens in part is listed.
 */
export const mayUse = (rights: readonly AccessRight[], client: ClientId, service: ServiceId, endpoint: Endpoint, trust: Trust): boolean =>
  rights.some(
    (right) =>
      isOfService(right.service, service) &&
      isSubject(right.subject, client, trust) &&
      methodFits(right.endpoint, endpoint.method) &&
      (right.endpoint.path === endpoint.path || matchesPath(right.endpoint.path, endpoint.path)),
  )

/** The endpoints that rights on a service name, whoever has them. */
export const endpointsNamed = (rights: readonly AccessRight[], service: ServiceId): readonly Endpoint[] =>
  rights.filter((right) => isOfService(right.service, service)).map(({ endpoint }) => endpoint)

export const isWholeService = ({ method, path }: Endpoint): boolean => method === '*' && path === '**'

/** The rights that may be this client's on this service: those given to it by name, and those of groups, which have yet to be asked. */
const rightsOf = (rights: readonly AccessRight[], client: ClientId, service: ServiceId): readonly AccessRight[] => [
  ...byName(rights, nameOf(service, formatId(client))),
  ...byName(rights, nameOf(service, GROUPS)),
]
const GROUPS = ''
const nameOf = (service: ServiceId, subject: string): string => `${formatId({ ...service, serviceVersion: undefined })} ${subject}`
const byName = indexed(({ service, subject }: AccessRight) => nameOf(service, subject.kind === 'client' ? formatId(subject.id) : GROUPS))

const isOfService = (of: ServiceId, service: ServiceId): boolean =>
  of.serviceCode === service.serviceCode && sameClient(ownerOf(of), ownerOf(service))

function isSubject(subject: Subject, client: ClientId, trust: Trust): boolean {
  if (subject.kind === 'client') return sameClient(subject.id, client)
  if (subject.kind === 'globalGroup') return isInGroup(trust, subject.instance, subject.code, client)
  return membersNamed(subject.members, formatId(client)).length > 0
}

const membersNamed = indexed((member: ClientId) => formatId(member))

function opensEndpoint(endpoint: Endpoint, method: string | null, readings: readonly string[]): boolean {
  if (method === null) return isWholeService(endpoint)
  return methodFits(endpoint, method) && readings.every((reading) => matchesPath(endpoint.path, reading))
}

const methodFits = (endpoint: Endpoint, method: string): boolean =>
  endpoint.method === '*' || endpoint.method.toUpperCase() === method.toUpperCase()

/** The decoded path, and a second reading when an encoded slash makes it two-faced. undefined: not to be trusted with any right. */
function readingsOf(path: string): readonly string[] | undefined {
  const decoded = decode(path)
  if (decoded === undefined || hasDotStep(decoded) || hasDotStep(decode(decoded) ?? '')) return undefined
  if (!/%2F/i.test(path)) return [decoded]
  const kept = decode(path.replace(/%2F/gi, '%252F'))
  return kept === undefined ? undefined : [decoded, kept]
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined // an escape that is no UTF-8; the caller refuses
  }
}

const hasDotStep = (path: string): boolean => path.split(/[/\\]/).some((step) => step === '.' || step === '..')
