import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId } from '../../protocol/identifiers.ts'
import { lastValue } from '../../protocol/rest-headers.ts'
import { MOST_DESCRIPTION } from '../descriptions/openapi-source.ts'
import type { NodeService } from '../node-configuration.ts'
import type { CallService, Log } from '../ports.ts'

export type DescriptionPorts = { readonly callService: CallService; readonly log: Log }
/** `contentType` as its server named it. */
export type FetchedDescription = { readonly bytes: Uint8Array; readonly contentType: string | undefined }

/**
 * Fetches the document that describes a service, by the service's own TLS rules and to the same addresses; a redirect is not followed.
 * Whatever goes wrong is 'internal_error' to the one who asked; the operator's log says what.
 */
export async function fetchDescription(
  service: NodeService,
  budgetMs: number,
  ports: DescriptionPorts,
): Promise<Outcome<FetchedDescription>> {
  if (service.description === undefined) return unavailable(service, 'it has no description', ports)
  const call = { method: 'GET', url: service.description, headers: [], body: null }
  const answer = await ports.callService(call, service.tls, budgetMs, MOST_DESCRIPTION)
  if (!answer.ok) return unavailable(service, `${answer.fault.path.join('.')}: ${answer.fault.detail}`, ports)
  const { status, headers, body } = answer.value
  if (status !== 200) return unavailable(service, `its server answered ${status}`, ports)
  if (!(body instanceof Uint8Array)) return unavailable(service, `it has ${body.size} octets; at most ${MOST_DESCRIPTION}`, ports)
  return ok({ bytes: body, contentType: lastValue(headers, 'content-type') })
}

/** What is wrong with an agency's description is the agency's own business. */
export function unavailable({ id }: NodeService, why: string, { log }: Pick<DescriptionPorts, 'log'>): Outcome<never> {
  log({ level: 'warn', event: 'description_unavailable', service: formatId(id), why })
  return refuse('internal_error', formatId(id), 'description_unavailable')
}
