import { memberOf, sameClient } from '../../protocol/identifiers.ts'
import type { SoapMessage } from '../../protocol/soap-message.ts'
import type { Trust } from '../../trust/trust.ts'
import type { NodeConfiguration } from '../node-configuration.ts'

/** The owner of the node itself, no subsystem of it, or whom the global configuration names for all servers. Source: X-Road PR-ENVMON. */
export const isOwnerOrMonitor = ({ client }: Pick<SoapMessage, 'client'>, { server }: NodeConfiguration, trust: Trust): boolean =>
  sameClient(client, memberOf(server)) || isMonitor(client, trust)

/** The same for operational data, where stock servers know an owner only by the question that names the server. Source: X-Road PR-OPMON. */
export const seesEverything = (question: SoapMessage, node: NodeConfiguration, trust: Trust): boolean =>
  isMonitor(question.client, trust) || (question.securityServer !== undefined && isOwnerOrMonitor(question, node, trust))

const isMonitor = (client: SoapMessage['client'], { monitoringClient }: Trust): boolean =>
  monitoringClient !== undefined && sameClient(client, monitoringClient)
