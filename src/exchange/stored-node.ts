import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { formatId } from '../protocol/identifiers.ts'
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

/** A node as small records: itself, a record a client, a service, the rights of a service, a policy. Octets are written as {"base64": "…"}. */
export function storedNode({ clients, services, rights, policies, ...self }: NodeToStore, anchor: Uint8Array): readonly RecordToPut[] {
  const rightsOf = Map.groupBy(rights, ({ service }) => formatId({ ...service, serviceVersion: undefined } as typeof service))
  return [
    { key: SELF, value: { ...self, anchor } satisfies Self },
    ...clients.map((client) => ({ key: `${NODE}client/${formatId(client.id)}`, value: client })),
    ...services.map((service) => ({ key: `${NODE}service/${formatId(service.id)}`, value: service })),
    ...[...rightsOf].map(([service, value]) => ({ key: `${NODE}rights/${service}`, value })),
    ...policies.map((policy) => ({ key: `${NODE}policy/${formatId(policy.service)}`, value: policy })),
  ].map(({ key, value }) => ({ key, value: JSON.parse(JSON.stringify(value, writeOctets)) as unknown }))
}

/** Reads what `storedNode` wrote. Refused with 'malformed_server_conf' when the node is not set up, or a part cannot be used. */
export function readStoredNode(records: readonly Stored[]): Outcome<StoredNode> {
  const values = <T>(kind: string): readonly T[] =>
    records.filter(({ key }) => key.startsWith(`${NODE}${kind}`)).map(({ value }) => JSON.parse(JSON.stringify(value), readOctets) as T)
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
