import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, formatId, type MemberId, memberOf, ownerOf, sameMember } from '../../protocol/identifiers.ts'
import type { AccessRight } from '../../trust/access.ts'
import { localGroupOf } from '../../trust/local-groups.ts'
import { Busy } from '../busy.ts'
import type { NodeConfiguration, NodeService } from '../node-configuration.ts'
import type { Store, Stored } from '../ports.ts'
import { act, type ChangeLogPorts } from '../register/change-log.ts'
import { clientKey, NODE, type RecordToPut, rightsRecords, serviceKey } from '../stored-node.ts'
import { type ClientRecord, type LocalGroupRecord, NODE_KEYS, type RightRecord, type ServiceRecord } from './records.ts'

/** A node in a store whose administration lies in the same store: what its doors read, made of what its people said. */

const ADMIN = 'admin/'
const [CLIENT, SERVICE, RIGHTS] = [`${NODE}client/`, `${NODE}service/`, `${NODE}rights/`]
/** As much as one transaction of a store takes. */
const MOST_TOGETHER = 100
const MOST_TRIES = 16

type ClientThere = ClientRecord & { readonly signing: unknown }
type Records = readonly Stored<unknown>[]

/** What is there under a prefix; what was taken away is not. */
const under = <T>(records: Records, prefix: string): readonly T[] =>
  records.filter(({ key, value }) => key.startsWith(prefix) && value !== null).map(({ value }) => value as T)
const valueAt = <T>(records: Records, at: string): T | undefined => (records.find(({ key }) => key === at)?.value as T | null) ?? undefined

/**
 * The first time, what the node has is noted in its log: its owner, which came with the invitation. From then on the log says what the node has.
 * Refused with 'malformed_server_conf' when nobody let it in yet, with 'busy' when others were faster each time.
 */
export async function noteStoredNode(ports: ChangeLogPorts): Promise<Outcome<true>> {
  if ((await ports.store.query(ADMIN)).length > 0) return ok(true)
  const there = await ports.store.query(NODE)
  if (under(there, CLIENT).length === 0) return refuse('malformed_server_conf', 'the node is not enrolled')
  return act(ports, { who: { kind: 'rule', id: 'node' }, what: 'noteNode' }, async (work) => {
    if ((await work.list(ADMIN)).length > 0) return ok(true)
    for (const [key, value] of noted(there)) work.put(key, value)
    return ok(true)
  })
}

function noted(there: Records): ReadonlyMap<string, unknown> {
  const said = new Map<string, unknown>()
  for (const { id, connection, certificates } of under<ClientThere>(there, CLIENT))
    said.set(NODE_KEYS.client(id), { id, connection, certificates } satisfies ClientRecord)
  for (const { tls: _, ...service } of under<NodeService>(there, SERVICE)) said.set(NODE_KEYS.service(service.id), service)
  for (const { service, subject, endpoint } of under<readonly AccessRight[]>(there, RIGHTS).flat()) {
    const owner = ownerOf(service)
    if (subject.kind === 'localGroup') {
      const group: LocalGroupRecord = { owner, code: subject.code, description: '', members: subject.members }
      said.set(NODE_KEYS.group(owner, subject.code), group)
    }
    const right: RightRecord = { service, subject: subjectSaid(subject), endpoint }
    said.set(NODE_KEYS.right(right), right)
  }
  return said
}

function subjectSaid(subject: AccessRight['subject']): RightRecord['subject'] {
  if (subject.kind === 'client') return { client: subject.id }
  return subject.kind === 'globalGroup' ? { globalGroup: subject.code } : { localGroup: subject.code }
}

/** Whether the node holds a signing key of a member: that of a client of it. */
export async function signsFor({ query }: Pick<Store, 'query'>, member: MemberId): Promise<boolean> {
  return signingOf(await query(NODE), member) !== undefined
}

/** A member has one signing key at a node, whichever of its clients speaks. The member's own record comes before its subsystems'. */
const signingOf = (there: Records, member: MemberId): unknown =>
  under<ClientThere>(there, CLIENT).find(({ id }) => sameMember(memberOf(id), member))?.signing

/**
 * Brings what a node's doors read to what its log says: clients, services, rights. The node itself, its keys and its policies stay as they are.
 * Ends when nothing differs any more, so that of two people who act at once the later word holds. Throws Busy when others were faster each time.
 */
export async function publishStoredNode(store: Store): Promise<void> {
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const puts = await differing(store)
    if (puts.length === 0) return
    while (puts.length > 0 && (await store.transact(puts.splice(0, MOST_TOGETHER))));
  }
  throw new Busy('others changed the node at the same moment, again and again')
}

async function differing(store: Store) {
  const there = await store.query(NODE)
  const wanted = new Map((await wantedRecords(store, there)).map(({ key, value }) => [key, JSON.stringify(value)]))
  const gone = there.filter(({ key, value }) => /^node\/(service|rights)\//.test(key) && value !== null && !wanted.has(key))
  const known = new Map(there.map((each) => [each.key, each]))
  const versionOf = (key: string): number => known.get(key)?.version ?? 0
  return [
    ...[...wanted]
      .filter(([key, text]) => text !== JSON.stringify(known.get(key)?.value))
      .map(([key, text]) => ({ key, value: JSON.parse(text) as unknown, ifVersion: versionOf(key) })),
    ...gone.map(({ key, version }) => ({ key, value: null, ifVersion: version })),
  ]
}

async function wantedRecords({ query }: Pick<Store, 'query'>, there: Records): Promise<readonly RecordToPut[]> {
  const said = await query(ADMIN)
  const groups = under<LocalGroupRecord>(said, `${ADMIN}group/`)
  const rights = under<RightRecord>(said, `${ADMIN}right/`).flatMap((right) => accessRight(right, groups))
  return [
    ...under<ClientRecord>(said, `${ADMIN}client/`).map((client) => ({
      key: clientKey(client.id),
      value: { ...valueAt<ClientThere>(there, clientKey(client.id)), ...client, signing: signingFor(client.id, there) },
    })),
    ...under<ServiceRecord>(said, `${ADMIN}service/`).map((service) => {
      const key = serviceKey(service.id)
      return { key, value: { ...service, tls: valueAt<NodeService>(there, key)?.tls ?? { kind: 'none' } } satisfies NodeService }
    }),
    ...rightsRecords(rights),
  ]
}

function signingFor(id: ClientId, there: Records): unknown {
  const signing = signingOf(there, memberOf(id))
  if (signing === undefined) throw new Error(`the node has no signing key of ${formatId(memberOf(id))}`)
  return signing
}

function accessRight({ service, subject, endpoint }: RightRecord, groups: readonly LocalGroupRecord[]): NodeConfiguration['rights'] {
  if ('client' in subject) return [{ service, subject: { kind: 'client', id: subject.client }, endpoint }]
  if ('globalGroup' in subject)
    return [{ service, subject: { kind: 'globalGroup', instance: service.instance, code: subject.globalGroup }, endpoint }]
  const group = localGroupOf(groups, service, subject.localGroup)
  return group.ok ? [{ service, subject: group.value, endpoint }] : []
}
