import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId, ownerOf, printable } from '../../protocol/identifiers.ts'
import type { RestRequest } from '../../protocol/rest-message.ts'
import type { Trust } from '../../trust/trust.ts'
import { withoutAuthorities } from '../descriptions/openapi-servers.ts'
import type { SourceForm } from '../descriptions/openapi-source.ts'
import type { NodeConfiguration, NodeService } from '../node-configuration.ts'
import type { ServiceAnswer } from '../ports.ts'
import { type DescriptionPorts, fetchDescription, unavailable } from './fetch-description.ts'
import { allowedRestMethods, type ListedService, restMethods } from './method-lists.ts'

/** The answer of a call that a node answers by itself, in place of a service's. Asked for only once the caller is proved. */
export type MetadataAnswer = (budgetMs: number) => Promise<Outcome<ServiceAnswer>>

/**
 * How a provider's node answers a REST call of its own: listMethods, allowedMethods and getOpenAPI, by GET, of any client of the node; no right
 * is needed. undefined: it is a call to a service, or to none.
 *
 * getOpenAPI is refused with 'invalid_request' (no serviceCode) or 'internal_error' (no such REST service with an OpenAPI description, or its
 * document cannot be had). Source: X-Road PR-MREST.
 */
export function restMetadata(
  request: RestRequest,
  node: NodeConfiguration,
  trust: Trust,
  ports: DescriptionPorts,
): MetadataAnswer | undefined {
  if (request.method !== 'GET') return undefined
  const { client, service } = request
  const owner = ownerOf(service)
  if (service.serviceCode === 'listMethods') return async () => ok(listOf(restMethods(owner, node)))
  if (service.serviceCode === 'allowedMethods') return async () => ok(listOf(allowedRestMethods(owner, client, node, trust)))
  if (service.serviceCode === 'getOpenAPI') return (budgetMs) => getOpenApi(request, node, budgetMs, ports)
  return undefined
}

const answer = (contentType: string, body: Uint8Array): ServiceAnswer => ({
  status: 200,
  reason: 'OK',
  headers: [['Content-Type', contentType]],
  body,
})

const listOf = (services: readonly ListedService[]): ServiceAnswer =>
  answer('application/json', Buffer.from(JSON.stringify({ service: services.map(listed) }), 'utf8'))

/** Names in the order in which stock servers write them. */
const listed = ({ service: { id, type }, endpoints }: ListedService) => ({
  member_class: id.memberClass,
  member_code: id.memberCode,
  object_type: 'SERVICE',
  service_code: id.serviceCode,
  service_type: type === 'OPENAPI3' ? 'OPENAPI' : 'REST',
  subsystem_code: id.subsystemCode,
  xroad_instance: id.instance,
  endpoint_list: endpoints.map(({ method, path }) => ({ method, path })),
})

async function getOpenApi(
  { service, query }: RestRequest,
  node: NodeConfiguration,
  budgetMs: number,
  ports: DescriptionPorts,
): Promise<Outcome<ServiceAnswer>> {
  const code = parameter(query, 'servicecode')
  if (!code) return refuse('invalid_request', 'serviceCode')
  const described = restMethods(ownerOf(service), node).find((each) => each.service.id.serviceCode === code)?.service
  if (described?.type !== 'OPENAPI3')
    return refuse('internal_error', `${formatId(ownerOf(service))}: ${printable(code)}`, 'no_openapi_service')
  const fetched = await fetchDescription(described, budgetMs, ports)
  if (!fetched.ok) return fetched
  const { bytes, contentType } = fetched.value
  const hidden = await withoutAuthorities(bytes, formOf(described, contentType))
  return hidden.ok ? ok(answer(contentType ?? 'text/plain', hidden.value)) : unavailable(described, hidden.fault.detail, ports)
}

/** Of several, the first. Names in any letter case. */
function parameter(query: string | null, lowerName: string): string | undefined {
  for (const [name, value] of new URLSearchParams(query ?? '')) if (name.toLowerCase() === lowerName) return value
  return undefined
}

/** By what its server calls it, else by the end of its address. */
function formOf({ description = '' }: NodeService, contentType = ''): SourceForm {
  if (/application\/json/i.test(contentType)) return 'json'
  if (contentType === 'application/x-yaml') return 'yaml'
  return /^[^?#]*\.json(?:[?#]|$)/.test(description) ? 'json' : 'yaml'
}
