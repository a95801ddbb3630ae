import { type Outcome, refuse, under } from '../../protocol/faults.ts'
import { memberOf, ownerOf, sameClient } from '../../protocol/identifiers.ts'
import type { SoapMessage } from '../../protocol/soap-message.ts'
import type { Trust } from '../../trust/trust.ts'
import type { MetadataAnswer } from '../metadata/rest-metadata.ts'
import type { NodeConfiguration } from '../node-configuration.ts'
import type { NewId, Now } from '../ports.ts'
import { healthData } from './health-data.ts'
import type { JournalPorts } from './kept-exchanges.ts'
import { metrics } from './metrics.ts'
import { operationalData } from './operational-data.ts'

/** Without a journal a door cannot see what was kept: operational data are then refused as by a stock server that has lost its monitoring process. */
export type MonitoringPorts = { readonly now: Now; readonly newId: NewId; readonly journal?: JournalPorts }

/**
 * How a node answers a question about itself, put to the member that owns it: operational and health data whatever the version of the service,
 * metrics without one. Any client may ask; what it sees is another matter. undefined: it is a call to a service, or to none.
 * Source: X-Road PR-OPMON, PR-ENVMON.
 */
export function soapMonitoring(
  request: SoapMessage,
  node: NodeConfiguration,
  trust: Trust,
  ports: MonitoringPorts,
): MetadataAnswer | undefined {
  const { service } = request
  if (!sameClient(ownerOf(service), memberOf(node.server))) return undefined
  const { journal } = ports
  if (service.serviceCode === 'getSecurityServerOperationalData')
    return async () => (journal ? operationalData(request, node, trust, { ...ports, journal }) : unreachable())
  if (service.serviceCode === 'getSecurityServerHealthData')
    return async () => (journal ? healthData(request, node, { ...ports, journal }) : unreachable())
  if (service.serviceCode === 'getSecurityServerMetrics' && service.serviceVersion === undefined)
    return async () => metrics(request, node, trust)
  return undefined
}

const unreachable = (): Outcome<never> => under('service_failed', refuse('network_error', 'evidence is not read at this door'))
