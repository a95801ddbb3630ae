import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, formatId, ownerOf, type ServiceId } from '../../protocol/identifiers.ts'
import type { NodeService } from '../node-configuration.ts'
import type { Reach } from '../reach/reach.ts'
import { judgeServiceUrl } from '../reach/service-url.ts'
import type { OpenApiDescription } from './openapi-description.ts'
import { codeFault } from './service-codes.ts'
import type { WsdlDescription } from './wsdl.ts'

/** A service begins switched off, so that nobody is served before somebody looked at it. Source: X-Road UG-SS, adding a service. */
const OUT_OF_ORDER = { notice: 'Out of order' }
const LONGEST_MS = 20_000

/** The services of a WSDL document that lies at `description`, as they begin: switched off, an https address verified. */
export const wsdlServices = (owner: ClientId, description: string, { services }: WsdlDescription): readonly NodeService[] =>
  services.map(({ code, version, url }) => begin(idOf(owner, code, version), 'WSDL', url, { description }))

/**
 * The service of an OpenAPI document that lies at `description`. Its address is that of the first server, which may be relative to the
 * document (OpenAPI 3.0.3 §4.7.5), unless the operator gives another.
 */
export function openApiService(
  owner: ClientId,
  code: string,
  description: string,
  { url, endpoints }: OpenApiDescription,
  address?: string,
): NodeService {
  const absolute = /^[^/?#]*:\/\//.test(url) ? url : (URL.parse(url, description)?.href ?? url)
  return begin(idOf(owner, code), 'OPENAPI3', address ?? absolute, { description, endpoints })
}

const idOf = (owner: ClientId, serviceCode: string, serviceVersion?: string): ServiceId =>
  serviceVersion === undefined ? { ...owner, serviceCode } : { ...owner, serviceCode, serviceVersion }

function begin(
  id: ServiceId,
  type: NodeService['type'],
  url: string,
  described: Pick<NodeService, 'description' | 'endpoints'>,
): NodeService {
  const tls = /^https:/i.test(url) ? ({ kind: 'verified' } as const) : ({ kind: 'none' } as const)
  return { id, type, url, timeoutMs: LONGEST_MS, tls, disabled: OUT_OF_ORDER, keepBodies: 'full', ...described }
}

/**
 * A node's services and some more. Refused with 'malformed_server_conf': a code that cannot be registered, or a code and version that its
 * owner has already, in any letter case; with 'service_malformed_url': an address that services may not have.
 */
export function withServices(
  services: readonly NodeService[],
  added: readonly NodeService[],
  reach: Reach,
): Outcome<readonly NodeService[]> {
  const taken = new Set(services.map(keyOf))
  for (const service of added) {
    const { serviceCode, serviceVersion } = service.id
    const fault = codeFault(serviceCode) ?? (serviceVersion === undefined ? undefined : codeFault(serviceVersion))
    if (fault !== undefined) return refuse('malformed_server_conf', fault)
    const key = keyOf(service)
    if (taken.has(key)) return refuse('malformed_server_conf', `there is a service ${formatId(service.id)} already`)
    taken.add(key)
    const address = judgeServiceUrl(service.url, reach)
    if (!address.ok) return address
  }
  return ok([...services, ...added])
}

const keyOf = ({ id }: NodeService): string =>
  `${formatId(ownerOf(id))} ${id.serviceCode.toLowerCase()} ${id.serviceVersion?.toLowerCase() ?? ''}`

/** `added` and `removed` want a person's word before they come true: a removed service takes its rights along. */
export type Refreshed = {
  readonly services: readonly NodeService[]
  readonly added: readonly NodeService[]
  readonly removed: readonly NodeService[]
}

/**
 * What becomes of a node's services when the document at `description` now describes these. A service that stays keeps everything but its
 * endpoints: address, time, TLS, and whether it is switched on; a new one is switched on or off as its neighbours of the same document are.
 */
export function refreshed(services: readonly NodeService[], description: string, described: readonly NodeService[]): Refreshed {
  const before = services.filter((service) => service.description === description)
  const now = new Map(described.map((service) => [keyOf(service), service]))
  const known = new Set(before.map(keyOf))
  const added = described.filter((service) => !known.has(keyOf(service))).map((service) => switchedAs(before[0], service))
  const removed = before.filter((service) => !now.has(keyOf(service)))
  const kept = services.filter((service) => !removed.includes(service)).map((service) => redescribed(service, description, now))
  return { services: [...kept, ...added], added, removed }
}

function redescribed(service: NodeService, description: string, now: ReadonlyMap<string, NodeService>): NodeService {
  const endpoints = service.description === description ? now.get(keyOf(service))?.endpoints : undefined
  return endpoints ? { ...service, endpoints } : service
}

function switchedAs(neighbour: NodeService | undefined, { disabled, ...service }: NodeService): NodeService {
  const state = neighbour ? neighbour.disabled : disabled
  return state ? { ...service, disabled: state } : service
}
