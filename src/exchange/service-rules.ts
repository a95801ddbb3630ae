import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { formatId } from '../protocol/identifiers.ts'
import { mayCall } from '../trust/access.ts'
import { indexed } from '../trust/indexed.ts'
import type { Trust } from '../trust/trust.ts'
import type { IncomingRequest } from './incoming.ts'
import type { NodeConfiguration, NodeService } from './node-configuration.ts'

/**
 * The service asked for, if it is there, takes such requests, may be called by this client in this way, and is switched on.
 * Refused in this order with 'unknown_service', 'service_type', 'access_denied', 'service_disabled', 'service_missing_url'.
 */
export function servable(request: IncomingRequest, { services, rights }: NodeConfiguration, trust: Trust): Outcome<NodeService> {
  const { service: id, access, servedBy } = request
  const [service] = servicesNamed(services, formatId(id))
  if (!service) return refuse('unknown_service', formatId(id))
  if (!servedBy.includes(service.type)) return refuse('service_type', `${formatId(id)} is of type ${service.type}`)
  const allowed = mayCall(rights, access, trust)
  if (!allowed.ok) return allowed
  if (service.disabled) return refuse('service_disabled', service.disabled.notice)
  return service.url === '' ? refuse('service_missing_url', formatId(id)) : ok(service)
}

const servicesNamed = indexed(({ id }: NodeService) => formatId(id))
