import { ownerOf, sameService } from '../../protocol/identifiers.ts'
import { serverNamed, serversOf } from '../../trust/directory.ts'
import type { Trust } from '../../trust/trust.ts'
import { PROXY_VERSION } from '../between-nodes.ts'
import type { NodeConfiguration } from '../node-configuration.ts'
import type { KeptExchange } from './kept-exchanges.ts'
import type { MessageFacts } from './message-facts.ts'

/** Every field that may be asked for, in the order in which it is given. Source: X-Road PR-OPMON, annex A. */
export const FIELDS = [
  ...(['monitoringDataTs', 'securityServerInternalIp', 'securityServerType'] as const),
  ...(['requestInTs', 'requestOutTs', 'responseInTs', 'responseOutTs'] as const),
  ...(['clientXRoadInstance', 'clientMemberClass', 'clientMemberCode', 'clientSubsystemCode'] as const),
  ...(['serviceXRoadInstance', 'serviceMemberClass', 'serviceMemberCode', 'serviceSubsystemCode', 'serviceCode'] as const),
  ...(['serviceVersion', 'restMethod', 'restPath', 'representedPartyClass', 'representedPartyCode'] as const),
  ...(['messageId', 'messageUserId', 'messageIssue', 'messageProtocolVersion'] as const),
  ...(['clientSecurityServerAddress', 'serviceSecurityServerAddress'] as const),
  ...(['requestSize', 'requestMimeSize', 'requestAttachmentCount'] as const),
  ...(['responseSize', 'responseMimeSize', 'responseAttachmentCount'] as const),
  ...(['succeeded', 'faultCode', 'faultString', 'statusCode', 'serviceType', 'xRequestId', 'xRoadVersion'] as const),
] as const
export type Field = (typeof FIELDS)[number]
/** A field that nobody knows is absent. */
export type OperationalRecord = { readonly [field in Field]?: string | number | boolean | undefined }

const MOST_TEXT = 255

/** Seconds: what records are paged by. Nobody stores them a second time, so it is the second of the last message. */
export const secondOf = ({ at }: Pick<KeptExchange, 'at'>): number => Math.floor(at / 1000)

/** An answer was kept, and it is no REST error. */
export const succeeded = ({ response }: KeptExchange): boolean => response !== undefined && (response.status ?? 200) < 400

/**
 * One end of an exchange with the names of stock servers, from what its evidence tells.
 *
 * Never told, because no record holds it: requestOutTs and responseInTs; restPath; faultCode and faultString (faults are not kept: without an
 * answer the exchange did not succeed, and responseOutTs is not told either). A node has no inner address: the registered one stands for it.
 * The other end's address is told when its party has one server only.
 */
export function operationalRecord(exchange: KeptExchange, node: NodeConfiguration, trust: Trust): OperationalRecord {
  const { side, request, response, requestId } = exchange
  const { client, service, messageId } = (request ?? response) as MessageFacts
  const own = serverNamed(trust, node.server)?.address
  const consumer = side === 'consumer'
  const alone = (servers: ReturnType<typeof serversOf>) => (servers.length === 1 ? servers[0]?.address : undefined)
  const record: OperationalRecord = {
    ...{ monitoringDataTs: secondOf(exchange), securityServerInternalIp: own, securityServerType: consumer ? 'Client' : 'Producer' },
    ...{ requestInTs: request?.at, responseOutTs: response?.at },
    ...{ clientXRoadInstance: client.instance, clientMemberClass: client.memberClass },
    ...{ clientMemberCode: client.memberCode, clientSubsystemCode: client.subsystemCode },
    ...{ serviceXRoadInstance: service.instance, serviceMemberClass: service.memberClass, serviceMemberCode: service.memberCode },
    ...{ serviceSubsystemCode: service.subsystemCode, serviceCode: service.serviceCode, serviceVersion: service.serviceVersion },
    ...(consumer ? {} : { restMethod: request?.method, serviceType: node.services.find(({ id }) => sameService(id, service))?.type }),
    ...{ representedPartyClass: request?.party?.partyClass, representedPartyCode: request?.party?.partyCode },
    ...{ messageId, messageUserId: request?.userId, messageIssue: request?.issue },
    messageProtocolVersion: (request ?? response)?.protocolVersion,
    clientSecurityServerAddress: consumer ? own : alone(serversOf(trust, client)),
    serviceSecurityServerAddress: consumer ? alone(serversOf(trust, ownerOf(service))) : own,
    ...{ requestSize: request?.size, requestMimeSize: request?.mimeSize, requestAttachmentCount: request?.attachments },
    ...{ responseSize: response?.size, responseMimeSize: response?.mimeSize, responseAttachmentCount: response?.attachments },
    ...{ succeeded: succeeded(exchange), statusCode: response?.status, xRequestId: requestId, xRoadVersion: PROXY_VERSION },
  }
  return Object.fromEntries(FIELDS.flatMap((field) => (record[field] === undefined ? [] : [[field, cut(record[field])]])))
}

const cut = (value: string | number | boolean | undefined) => (typeof value === 'string' ? value.slice(0, MOST_TEXT) : value)
