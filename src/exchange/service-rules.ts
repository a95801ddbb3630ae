import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { formatId, sameService } from '../protocol/identifiers.ts'
import type { RestRequest } from '../protocol/rest-message.ts'
import { mayCall } from '../trust/access.ts'
import type { Trust } from '../trust/trust.ts'
import type { NodeConfiguration, NodeService } from './node-configuration.ts'
import type { HttpCall } from './ports.ts'

/**
 * The service asked for, if it is there, takes REST, may be called by this client in this way, and is switched on.
 * Refused in this order with 'unknown_service', 'service_type', 'access_denied', 'service_disabled', 'service_missing_url'.
 */
export function servable(request: RestRequest, { services, rights }: NodeConfiguration, trust: Trust): Outcome<NodeService> {
  const { client, service: id, method, servicePath: path } = request
  const service = services.find((each) => sameService(each.id, id))
  if (!service) return refuse('unknown_service', formatId(id))
  if (service.type === 'WSDL') return refuse('service_type', `${formatId(id)} is a SOAP service`)
  const allowed = mayCall(rights, { client, service: id, method, path }, trust)
  if (!allowed.ok) return allowed
  if (service.disabled) return refuse('service_disabled', service.disabled.notice)
  return service.url === '' ? refuse('service_missing_url', formatId(id)) : ok(service)
}

/** Stock servers deliver a body with these methods alone, whatever was signed. */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])

/** The call as the service receives it: path and query as the consumer wrote them, added to the service's own address. */
export function serviceCall({ method, headers, body, servicePath, query }: RestRequest, { url }: NodeService): HttpCall {
  const base = url.endsWith('/') && servicePath.startsWith('/') ? url.slice(0, -1) : url
  const bytes = body?.kind === 'bytes' && WITH_BODY.has(method) ? body.bytes : null
  return { method, url: `${base}${servicePath}${query === null ? '' : `?${query}`}`, headers, body: bytes }
}
