import type { ClientId } from '../../protocol/identifiers.ts'
import { formatId, ownerOf } from '../../protocol/identifiers.ts'
import { type Endpoint, endpointsNamed, hasAnyRight, isWholeService, mayCall, mayUse } from '../../trust/access.ts'
import type { Trust } from '../../trust/trust.ts'
import type { NodeConfiguration, NodeService } from '../node-configuration.ts'

/** A REST service and those of its endpoints that the one who asked is shown. */
export type ListedService = { readonly service: NodeService; readonly endpoints: readonly Endpoint[] }

/** Every service of exactly that owner which takes SOAP, switched off or not. */
export const soapMethods = (owner: ClientId, node: NodeConfiguration): readonly NodeService[] =>
  servicesOf(owner, node).filter(({ type }) => type === 'WSDL')

/** Those that the client may call. */
export const allowedSoapMethods = (owner: ClientId, client: ClientId, node: NodeConfiguration, trust: Trust): readonly NodeService[] =>
  soapMethods(owner, node).filter(({ id }) => mayCall(node.rights, { client, service: id, method: null, path: null }, trust).ok)

/** Every service of exactly that owner which takes REST, with all its endpoints but the service as a whole. */
export const restMethods = (owner: ClientId, node: NodeConfiguration): readonly ListedService[] =>
  servicesOf(owner, node)
    .filter(({ type }) => type !== 'WSDL')
    .map((service) => ({ service, endpoints: endpointsOf(service, node) }))

/** Those on which the client has any right, with the endpoints that it may use. */
export const allowedRestMethods = (owner: ClientId, client: ClientId, node: NodeConfiguration, trust: Trust): readonly ListedService[] =>
  restMethods(owner, node)
    .filter(({ service }) => hasAnyRight(node.rights, client, service.id, trust))
    .map(({ service, endpoints }) => ({
      service,
      endpoints: endpoints.filter((endpoint) => mayUse(node.rights, client, service.id, endpoint, trust)),
    }))

function servicesOf(owner: ClientId, { services }: NodeConfiguration): readonly NodeService[] {
  const name = formatId(owner)
  return services.filter(({ id }) => formatId(ownerOf(id)) === name)
}

/** As described, then as rights name them; each once. */
function endpointsOf({ id, endpoints = [] }: NodeService, { rights }: NodeConfiguration): readonly Endpoint[] {
  const all = [...endpoints, ...endpointsNamed(rights, id)].filter((endpoint) => !isWholeService(endpoint))
  const named = all.map(({ method, path }) => ({ method: method.toUpperCase(), path }))
  return [...new Map(named.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint])).values()]
}
