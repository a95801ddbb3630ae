import { type Anchor, readAnchor } from '../../trust/anchor.ts'
import type { Records } from '../../trust/registry/content.ts'
import { type InstanceRecord, KEYS, type TrustedAnchorRecord } from '../../trust/registry/records.ts'
import type { Store } from '../ports.ts'

/** Every record the configuration is made of; undefined before the centre is set up. */
export async function readRecords(store: Store): Promise<Records | undefined> {
  const instance = (await store.get<InstanceRecord | null>(KEYS.instance))?.value
  if (!instance) return undefined
  const all = async <T>(kind: string): Promise<readonly T[]> =>
    (await store.query<T | null>(`registry/${kind}/`)).flatMap(({ value }) => (value === null ? [] : [value]))
  const [memberClasses, members, subsystems, servers, groups, groupMembers, cas, tsas, signingKeys, anchors, heads] = await Promise.all([
    all<Records['memberClasses'][number]>('class'),
    all<Records['members'][number]>('member'),
    all<Records['subsystems'][number]>('subsystem'),
    all<Records['servers'][number]>('server'),
    all<Records['groups'][number]>('group'),
    all<Records['groupMembers'][number]>('groupmember'),
    all<Records['cas'][number]>('ca'),
    all<Records['tsas'][number]>('tsa'),
    all<Records['signingKeys'][number]>('signingkey'),
    all<TrustedAnchorRecord>('anchor'),
    all<Records['heads'][number]>('head'),
  ])
  return {
    instance,
    memberClasses,
    members,
    subsystems,
    servers,
    groups,
    groupMembers,
    cas,
    tsas,
    signingKeys,
    heads,
    anchors: anchors.map(anchorIn),
  }
}

/** It was read when it was taken in. */
export function anchorIn({ instance, anchor }: TrustedAnchorRecord): Anchor {
  const read = readAnchor(Buffer.from(anchor, 'base64'))
  if (!read.ok) throw new Error(`the anchor of ${instance} cannot be read any more: ${read.fault.detail}`)
  return read.value
}
