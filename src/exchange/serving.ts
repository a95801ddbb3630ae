import { ok, refused } from '../base/result.ts'
import type { Outcome } from '../protocol/faults.ts'
import { formatId } from '../protocol/identifiers.ts'
import type { RestRequest } from '../protocol/rest-message.ts'
import type { Trust } from '../trust/trust.ts'
import { MOST_BODY, SERVICE_MS } from './limits.ts'
import { type MetadataAnswer, restMetadata } from './metadata/rest-metadata.ts'
import type { NodeConfiguration, NodeService } from './node-configuration.ts'
import type { CallService, Log, ServiceAnswer } from './ports.ts'
import { servable, serviceCall } from './service-rules.ts'

/** How a call will be answered: by an agency's service, or by the node itself. Nothing is done yet. */
export type Serving = Pick<NodeService, 'timeoutMs' | 'keepBodies'> & { readonly answer: MetadataAnswer }
export type ServingPorts = { readonly callService: CallService; readonly log: Log }

/** The node's own services first, then the agency's, which the client needs a right to. Refusals are those of `servable`. */
export function servingOf(request: RestRequest, node: NodeConfiguration, trust: Trust, ports: ServingPorts): Outcome<Serving> {
  const own = restMetadata(request, node, trust, ports)
  if (own) return ok({ timeoutMs: SERVICE_MS, keepBodies: 'full', answer: own })
  const service = servable(request, node, trust)
  if (!service.ok) return service
  const { timeoutMs, keepBodies } = service.value
  return ok({ timeoutMs, keepBodies, answer: (budgetMs) => callAgency(request, service.value, budgetMs, ports) })
}

/** What went wrong inside the agency is told to the operator; the peer learns the code alone. */
async function callAgency(
  request: RestRequest,
  service: NodeService,
  budgetMs: number,
  ports: ServingPorts,
): Promise<Outcome<ServiceAnswer>> {
  const answer = await ports.callService(serviceCall(request, service), service.tls, budgetMs, MOST_BODY)
  if (answer.ok) return answer
  const { path, detail } = answer.fault
  ports.log({ level: 'warn', event: 'service_failed', requestId: request.requestId, code: path.join('.'), why: detail })
  return refused({ ...answer.fault, detail: formatId(service.id) })
}
