import { hex, sha512 } from '../../protocol/digests.ts'
import { type ClientId, formatId, type ServiceId } from '../../protocol/identifiers.ts'
import type { Endpoint } from '../../trust/access.ts'
import type { NodeClient, NodeService } from '../node-configuration.ts'

/** What an agency keeps of its own node, one record each. */

export type ClientRecord = Pick<NodeClient, 'id' | 'connection' | 'certificates'>
export type ServiceRecord = Pick<NodeService, 'id' | 'type' | 'url' | 'timeoutMs' | 'keepBodies' | 'disabled' | 'description' | 'endpoints'>
export type LocalGroupRecord = {
  readonly owner: ClientId
  readonly code: string
  readonly description: string
  readonly members: readonly ClientId[]
}
/** Whom a right is given to; a local group by its code, so that it holds for whoever is in it at the time. */
export type RightSubject = { readonly client: ClientId } | { readonly globalGroup: string } | { readonly localGroup: string }
/** With why it was given, in words: an agreement, a decree. */
export type RightRecord = {
  readonly service: ServiceId
  readonly subject: RightSubject
  readonly endpoint: Endpoint
  readonly basis?: string
}

/** 'client QRO/GOB/DIF/APOYOS', 'globalGroup salud', 'localGroup aliados'. */
export function subjectText(subject: RightSubject): string {
  if ('client' in subject) return `client ${formatId(subject.client)}`
  return 'globalGroup' in subject ? `globalGroup ${subject.globalGroup}` : `localGroup ${subject.localGroup}`
}

export const NODE_KEYS = {
  client: (id: ClientId) => `admin/client/${formatId(id)}`,
  service: (id: ServiceId) => `admin/service/${formatId(id)}`,
  groupsOf: (owner: ClientId) => `admin/group/${formatId(owner)}:`,
  group: (owner: ClientId, code: string) => `admin/group/${formatId(owner)}:${encodeURIComponent(code)}`,
  /** Rights of one service lie together. */
  rightsOf: (service: ServiceId) => `admin/right/${formatId(service)}:`,
  right: ({ service, subject, endpoint }: Pick<RightRecord, 'service' | 'subject' | 'endpoint'>) =>
    `admin/right/${formatId(service)}:${hex(sha512(Buffer.from(JSON.stringify([subjectText(subject), endpoint.method, endpoint.path])))).slice(0, 32)}`,
} as const
