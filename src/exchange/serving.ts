import { ok, refused } from '../base/result.ts'
import { type Outcome, under } from '../protocol/faults.ts'
import { formatId } from '../protocol/identifiers.ts'
import type { Trust } from '../trust/trust.ts'
import type { IncomingRequest, OwnServicePorts } from './incoming.ts'
import { EDGE_LIMITS, EDGE_PATIENCE } from './limits.ts'
import type { MetadataAnswer } from './metadata/rest-metadata.ts'
import type { NodeConfiguration, NodeService } from './node-configuration.ts'
import type { HttpCall, ServiceAnswer } from './ports.ts'
import { servable } from './service-rules.ts'

/** How a call will be answered: by an agency's service, or by the node itself. Nothing is done yet. */
export type Serving = Pick<NodeService, 'timeoutMs' | 'keepBodies'> & { readonly answer: MetadataAnswer }

/**
 * The node's own services first, then the agency's, which the client needs a right to. Refusals are those of `servable`, and those of a
 * message that cannot be handed to a service.
 */
export function servingOf(request: IncomingRequest, node: NodeConfiguration, trust: Trust, ports: OwnServicePorts): Outcome<Serving> {
  const own = request.ownService(node, trust, ports)
  if (own) return ok({ timeoutMs: (node.patience ?? EDGE_PATIENCE).serviceMs, keepBodies: 'full', answer: own })
  const service = servable(request, node, trust)
  if (!service.ok) return service
  const call = request.serviceCall(service.value)
  if (!call.ok) return under('service_failed', call)
  const { timeoutMs, keepBodies } = service.value
  const most = (node.limits ?? EDGE_LIMITS).body
  return ok({ timeoutMs, keepBodies, answer: (budgetMs) => callAgency(request, call.value, service.value, budgetMs, most, ports) })
}

/** What went wrong inside the agency is told to the operator; the peer learns the code alone. */
async function callAgency(
  { requestId, failsUnderService }: IncomingRequest,
  call: HttpCall,
  service: NodeService,
  budgetMs: number,
  mostBytes: number,
  ports: OwnServicePorts,
): Promise<Outcome<ServiceAnswer>> {
  const answer = await ports.callService(call, service.tls, budgetMs, mostBytes)
  if (answer.ok) return answer
  const { path, detail } = answer.fault
  ports.log({ level: 'warn', event: 'service_failed', requestId, code: path.join('.'), why: detail })
  const told = refused({ ...answer.fault, detail: formatId(service.id) })
  return failsUnderService ? under('service_failed', told) : told
}
