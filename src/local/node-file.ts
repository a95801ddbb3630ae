import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readOpenApiFile } from '../adapters/local/openapi-file.ts'
import type { NodeClient, NodeConfiguration, NodeService, SigningKey } from '../exchange/node-configuration.ts'
import { checkOldestPeer } from '../exchange/peer-version.ts'
import type { Policy } from '../exchange/policy.ts'
import { readReach } from '../exchange/reach/reach.ts'
import type { Outcome } from '../protocol/faults.ts'
import {
  type ClientId,
  formatId,
  type MemberId,
  memberOf,
  parseClientId,
  parseServerId,
  parseServiceId,
  type ServiceId,
} from '../protocol/identifiers.ts'
import type { AccessRight } from '../trust/access.ts'
import { checkLocalGroups, type LocalGroup, localGroupOf } from '../trust/local-groups.ts'
import { ALGORITHM } from './authorities.ts'
import { loadCertificate } from './certificate-files.ts'
import type { Edge } from './gateway-events.ts'
import { type NodeSettings, ownTerms } from './node-settings.ts'
import type { LocalGroupPlan, NodePlan, RightPlan } from './plan.ts'
import { writeWhole } from './write-whole.ts'

/** What a node's folder says about it: node.json, written by whoever sets the node up. Identifiers as on the wire. */
export type NodeFile = {
  readonly name: string
  readonly server: string
  /** Where peers reach it; the node keeps itself registered there. Absent: a plan registered it. */
  readonly address?: string
  readonly edge: Edge
  readonly consumerPort: number
  readonly providerPort: number
  readonly archiveSeconds: number
  readonly clients: readonly {
    readonly id: string
    readonly connection: NodeClient['connection'] /** SHA-256 (hex). */
    readonly certificates: readonly string[]
  }[]
  readonly services: readonly ServiceEntry[]
  readonly rights: readonly RightPlan[]
  readonly localGroups?: readonly LocalGroupPlan[]
  readonly policies: NodePlan['policies']
  /** Hosts and networks of the agency's own house where its services may lie: 'padron.interno', '10.20.0.0/16'. Absent: none. */
  readonly reach?: readonly string[]
  readonly settings?: NodeSettings
}
export type ServiceEntry = Pick<NodeService, 'type' | 'url' | 'timeoutMs' | 'keepBodies' | 'disabled' | 'description' | 'endpoints'> & {
  readonly id: string
}

const fileOf = (folder: string) => join(folder, 'node.json')
export const nodeFilePath = fileOf
export const writeNodeFile = (folder: string, file: NodeFile): void => writeWhole(fileOf(folder), `${JSON.stringify(file, null, 2)}\n`)
export const readNodeFile = (folder: string): NodeFile => JSON.parse(readFileSync(fileOf(folder), 'utf8')) as NodeFile

/** Where a node keeps its certificates. */
export const certificatesOf = (folder: string): string => join(folder, 'certificates')
/** The name of a member's signing key and certificate in a node's folder: 'sign-QRO-GOB-DIF'. */
export const signingName = (member: MemberId): string => `sign-${slugOf(member)}`
/** An identifier as a file name: 'QRO-GOB-DIF-APOYOS'. */
export const slugOf = (id: ClientId): string => formatId(id).replace(/[^A-Za-z0-9.]+/g, '-')

/** The node's configuration as the flows take it. Throws when the file names what cannot be: it is the operator's own. */
export async function configurationOf(folder: string, file: NodeFile): Promise<NodeConfiguration> {
  const { instance } = must(parseServerId(file.server))
  const groups = (file.localGroups ?? []).map(groupOf)
  must(checkLocalGroups(groups))
  must(checkOldestPeer(file.settings?.oldestPeer))
  return {
    server: must(parseServerId(file.server)),
    authentication: { certificate: loadCertificate(certificatesOf(folder), 'authentication').der, intermediates: [] },
    clients: file.clients.map(
      (client): NodeClient => ({ ...client, id: must(parseClientId(client.id)), signing: signingOf(folder, client.id, file.settings) }),
    ),
    services: file.services.map((service): NodeService => ({ ...service, id: must(parseServiceId(service.id)), tls: { kind: 'none' } })),
    rights: file.rights.map((right) => rightOf(right, instance, groups)),
    policies: await Promise.all(file.policies.map(policyOf)),
    reach: must(readReach(file.reach ?? [])),
    ...(file.address === undefined ? {} : { address: file.address }),
    ...file.settings,
    ...ownTerms(file.settings ?? {}),
  }
}

function signingOf(folder: string, client: string, { signsInBatches: batch = false }: NodeSettings = {}): SigningKey {
  const name = signingName(memberOf(must(parseClientId(client))))
  return { key: name, algorithm: ALGORITHM, certificate: loadCertificate(certificatesOf(folder), name).der, intermediates: [], batch }
}

function groupOf({ owner, code, description = '', members }: LocalGroupPlan): LocalGroup {
  return { owner: must(parseClientId(owner)), code, description, members: members.map((each) => must(parseClientId(each))) }
}

function rightOf(
  { service, subject, endpoint = { method: '*', path: '**' } }: RightPlan,
  instance: string,
  groups: readonly LocalGroup[],
): AccessRight {
  const id: ServiceId = must(parseServiceId(service))
  if ('client' in subject) return { service: id, subject: { kind: 'client', id: must(parseClientId(subject.client)) }, endpoint }
  if ('globalGroup' in subject) return { service: id, subject: { kind: 'globalGroup', instance, code: subject.globalGroup }, endpoint }
  return { service: id, subject: must(localGroupOf(groups, id, subject.localGroup)), endpoint }
}

async function policyOf({ service, requires, openapi }: NodePlan['policies'][number]): Promise<Policy> {
  const document = openapi === undefined ? {} : { openapi: must(await readOpenApiFile(openapi)) }
  return { service: must(parseServiceId(service)), requires, ...document }
}

/** An identifier or document of our own plan: refusing it would leave nobody to answer. */
export function must<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value
  throw new Error(`${outcome.fault.path.join('.')}: ${outcome.fault.detail}`)
}
