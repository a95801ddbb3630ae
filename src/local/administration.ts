import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { lockedFiles } from '../adapters/local/locked-files.ts'
import { openNodeStore } from '../adapters/local/node-store.ts'
import type { Now } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { groupsIn } from '../exchange/administration/groups-on.ts'
import {
  type ClientRecord,
  type LocalGroupRecord,
  NODE_KEYS,
  type RightRecord,
  type RightSubject,
  type ServiceRecord,
} from '../exchange/administration/records.ts'
import type { ApiPorts } from '../exchange/centre/api/operation.ts'
import type { Log, Store } from '../exchange/ports.ts'
import { act } from '../exchange/register/change-log.ts'
import { formatId, parseClientId, parseServiceId } from '../protocol/identifiers.ts'
import { must, type NodeFile, readNodeFile, writeNodeFile } from './node-file.ts'
import type { RightPlan } from './plan.ts'

export type Administration = { readonly ports: ApiPorts; readonly close: () => Promise<void> }

/** The centre of a world's folder, for people at this machine; whether it runs or not. What is changed is published at its next run or question. */
export function openCentre(home: string, now: Now, log: Log): Administration {
  const folder = join(home, 'centre')
  const { store, close } = openNodeStore(join(folder, 'centre.sqlite'))
  return { ports: { ...common(now, log), store, ...lockedFiles(join(folder, 'published')), publish: async () => {} }, close }
}

/**
 * A node's folder, for the agency's people at this machine; whether it runs or not. What its file says otherwise than the log, because somebody or
 * something else wrote it, is noted first; what is changed goes into the file, which a running node takes up.
 */
export async function openNode(folder: string, now: Now, log: Log): Promise<Administration> {
  const { store, close } = openNodeStore(join(folder, 'node.sqlite'))
  const files = lockedFiles(join(folder, 'archive'))
  const ports = { ...common(now, log), store, ...files, groupsOn: groupsIn(files) }
  await note(ports, readNodeFile(folder))
  return { ports: { ...ports, publish: () => writeInto(folder, store) }, close }
}

/** Notes in a node's log what its file says. Before the node runs. */
export async function noteNodeFile(folder: string, now: Now, log: Log): Promise<void> {
  await (await openNode(folder, now, log)).close()
}

const common = (now: Now, log: Log) => ({ now, log, newId: randomUUID, newSecret: () => randomBytes(32).toString('base64url') })

async function note(ports: Omit<ApiPorts, 'publish'>, file: NodeFile): Promise<void> {
  const said = recordsOf(file)
  must(
    await act(ports, { who: { kind: 'rule', id: 'node.json' }, what: 'noteFile' }, async (work) => {
      for (const { key } of await work.list('admin/')) if (!said.has(key)) work.put(key, null)
      for (const [key, value] of said) {
        const there = await work.get<RightRecord>(key)
        work.put(key, there?.basis === undefined ? value : { ...(value as RightRecord), basis: there.basis })
      }
      return ok(true)
    }),
  )
}

function recordsOf({ clients, services, rights, localGroups = [] }: NodeFile): ReadonlyMap<string, unknown> {
  const ofClients = clients.map(
    ({ id, connection, certificates }): ClientRecord => ({ id: must(parseClientId(id)), connection, certificates }),
  )
  const ofServices = services.map((each): ServiceRecord => ({ ...each, id: must(parseServiceId(each.id)) }))
  const ofGroups = localGroups.map(
    ({ owner, code, description = '', members }): LocalGroupRecord => ({
      owner: must(parseClientId(owner)),
      code,
      description,
      members: members.map((each) => must(parseClientId(each))),
    }),
  )
  const ofRights = rights.map(rightRecord)
  return new Map<string, unknown>([
    ...ofClients.map((each) => [NODE_KEYS.client(each.id), each] as const),
    ...ofServices.map((each) => [NODE_KEYS.service(each.id), each] as const),
    ...ofGroups.map((each) => [NODE_KEYS.group(each.owner, each.code), each] as const),
    ...ofRights.map((each) => [NODE_KEYS.right(each), each] as const),
  ])
}

const rightRecord = ({ service, subject, endpoint = { method: '*', path: '**' } }: RightPlan): RightRecord => ({
  service: must(parseServiceId(service)),
  subject: 'client' in subject ? { client: must(parseClientId(subject.client)) } : subject,
  endpoint,
})

async function writeInto(folder: string, store: Store): Promise<void> {
  const all = async <T>(kind: string): Promise<readonly T[]> =>
    (await store.query<T | null>(`admin/${kind}/`)).flatMap(({ value }) => (value === null ? [] : [value]))
  const [clients, services, groups, rights] = await Promise.all([
    all<ClientRecord>('client'),
    all<ServiceRecord>('service'),
    all<LocalGroupRecord>('group'),
    all<RightRecord>('right'),
  ])
  const subjectOf = (subject: RightSubject) => ('client' in subject ? { client: formatId(subject.client) } : subject)
  writeNodeFile(folder, {
    ...readNodeFile(folder),
    clients: clients.map((each) => ({ ...each, id: formatId(each.id) })),
    services: services.map((each) => ({ ...each, id: formatId(each.id) })),
    localGroups: groups.map((each) => ({ ...each, owner: formatId(each.owner), members: each.members.map(formatId) })),
    rights: rights.map(({ service, subject, endpoint }) => ({ service: formatId(service), subject: subjectOf(subject), endpoint })),
  })
}

export const hasCentre = (home: string): boolean => existsSync(join(home, 'centre', 'centre.sqlite'))
