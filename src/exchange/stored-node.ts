import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { type ClientId, formatId, type ServiceId } from '../protocol/identifiers.ts'
import { type Anchor, readAnchor } from '../trust/anchor.ts'
import { readOpenApi } from './contract/openapi.ts'
import type { NodeClient, NodeConfiguration, NodeService, Policy } from './node-configuration.ts'
import { checkOldestPeer } from './peer-version.ts'
import type { Stored } from './ports.ts'
import { readReach } from './reach/reach.ts'

/** Everything a node is told about itself lies under this prefix: one reading brings it all. */
export const NODE = 'node/'
const SELF = `${NODE}self`

/** A node in a store: its configuration, and the anchor it found its exchange by. */
export type StoredNode = { readonly configuration: NodeConfiguration; readonly anchor: Anchor }
/** What is stored as it was written: the operator's list instead of the networks it means. */
export type NodeToStore = Omit<NodeConfiguration, 'reach'> & { readonly reach?: readonly string[] }
export type RecordToPut = { readonly key: string; readonly value: unknown }

type Self = Omit<NodeToStore, 'clients' | 'services' | 'rights' | 'policies'> & { readonly anchor: Uint8Array }

export const clientKey = (id: ClientId): string => `${NODE}client/${formatId(id)}`
export const serviceKey = (id: ServiceId): string => `${NODE}service/${formatId(id)}`
/** Rights of one service, whatever its version, are one record. */
export const rightsRecords = (rights: NodeConfiguration['rights']): readonly RecordToPut[] =>
  [...Map.groupBy(rights, ({ service }) => formatId({ ...service, serviceVersion: undefined } as typeof service))].map(
    ([service, value]) => ({ key: `${NODE}rights/${service}`, value }),
  )

/** A node as small records: itself, a record a client, a service, the rights of a service, a policy. Octets are written as {"base64": "…"}. */
export function storedNode({ clients, services, rights, policies, ...self }: NodeToStore, anchor: Uint8Array): readonly RecordToPut[] {
  return [
    { key: SELF, value: { ...self, anchor } satisfies Self },
    ...clients.map((client) => ({ key: clientKey(client.id), value: client })),
    ...services.map((service) => ({ key: serviceKey(service.id), value: service })),
    ...rightsRecords(rights),
    ...policies.map((policy) => ({ key: `${NODE}policy/${formatId(policy.service)}`, value: policy })),
  ].map(({ key, value }) => ({ key, value: JSON.parse(JSON.stringify(value, writeOctets)) as unknown }))
}

/** Reads what `storedNode` wrote; a record that was taken away stays as null, and is none. Refused with 'malformed_server_conf' when the node is not set up, or a part cannot be used. */
export function readStoredNode(records: readonly Stored[]): Outcome<StoredNode> {
  const values = <T>(kind: string): readonly T[] =>
    records
      .filter(({ key, value }) => key.startsWith(`${NODE}${kind}`) && value !== null)
      .map(({ value }) => JSON.parse(JSON.stringify(value), readOctets) as T)
  const [self] = values<Self>('self')
  if (!self) return refuse('malformed_server_conf', 'the node is not set up: it has no record of itself')
  const { anchor: anchorBytes, reach: entries, ...rest } = self
  const anchor = readAnchor(anchorBytes)
  if (!anchor.ok) return anchor
  const reach = readReach(entries ?? [])
  if (!reach.ok) return reach
  const oldest = checkOldestPeer(rest.oldestPeer)
  if (!oldest.ok) return oldest
  const policies = values<Policy>('policy/')
  for (const { openapi } of policies) {
    const contract = openapi === undefined ? ok(true) : readOpenApi(openapi)
    if (!contract.ok) return contract
  }
  const configuration: NodeConfiguration = {
    ...rest,
    reach: reach.value,
    clients: values<NodeClient>('client/'),
    services: values<NodeService>('service/'),
    rights: values<NodeConfiguration['rights']>('rights/').flat(),
    policies,
  }
  return ok({ configuration, anchor: anchor.value })
}

/** A Buffer writes itself as JSON before we are asked; what holds the value tells what it was. */
function writeOctets(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key]
  return original instanceof Uint8Array ? { base64: Buffer.from(original).toString('base64') } : value
}

function readOctets(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { base64, ...others } = value as { base64?: unknown }
  return typeof base64 === 'string' && Object.keys(others).length === 0 ? Buffer.from(base64, 'base64') : value
}
