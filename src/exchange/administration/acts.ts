import { ok } from '../../base/result.ts'
import { type Digest, digestNamed, hash, hex } from '../../protocol/digests.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, formatId, ownerOf, type ServiceId, sameClient } from '../../protocol/identifiers.ts'
import { readCertificate } from '../../trust/certificates.ts'
import type { Work } from '../register/work.ts'
import { type ClientRecord, type LocalGroupRecord, NODE_KEYS, type RightRecord, type ServiceRecord, subjectText } from './records.ts'

/** What an agency does to its own node. Each is refused with 'not_found', 'conflict' or 'bad_request'. */

const METHODS = ['*', 'GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE']
/** What servers answer themselves. Source: X-Road UG-SS. */
const RESERVED = new Set(
  [
    'listMethods',
    'allowedMethods',
    'getWsdl',
    'getOpenAPI',
    'listClients',
    'getSecurityServerMetrics',
    'getSecurityServerOperationalData',
    'getSecurityServerHealthData',
  ].map((code) => code.toLowerCase()),
)

export async function putClient(work: Work, client: ClientRecord): Promise<Outcome<ClientRecord>> {
  work.put(NODE_KEYS.client(client.id), client)
  return ok(client)
}

/** One more certificate that a client's systems may present. */
export async function addCertificate(work: Work, id: ClientId, der: Uint8Array): Promise<Outcome<ClientRecord>> {
  const client = await work.get<ClientRecord>(NODE_KEYS.client(id))
  if (!client) return refuse('not_found', formatId(id))
  const read = readCertificate(der)
  if (!read.ok) return read
  const name = hex(hash(digestNamed('SHA-256') as Digest, der))
  if (client.certificates.includes(name)) return refuse('conflict', 'it is there already')
  return putClient(work, { ...client, certificates: [...client.certificates, name] })
}

export async function removeCertificate(work: Work, id: ClientId, sha256: string): Promise<Outcome<ClientRecord>> {
  const client = await work.get<ClientRecord>(NODE_KEYS.client(id))
  if (!client?.certificates.includes(sha256)) return refuse('not_found', `that certificate of ${formatId(id)}`)
  return putClient(work, { ...client, certificates: client.certificates.filter((each) => each !== sha256) })
}

/** Of a client of this node; its code belongs to no service of the protocol itself. */
export async function putService(work: Work, service: ServiceRecord): Promise<Outcome<ServiceRecord>> {
  const owner = ownerOf(service.id)
  if (!(await work.get(NODE_KEYS.client(owner)))) return refuse('not_found', `${formatId(owner)} is no client of this node`)
  if (RESERVED.has(service.id.serviceCode.toLowerCase()))
    return refuse('conflict', `${service.id.serviceCode} is answered by the node itself`)
  if (!/^https?:\/\/[^\s/]+/.test(service.url) || service.url.length > 255)
    return refuse('bad_request', 'the address must begin with http:// or https://')
  const bad = service.endpoints?.map(checkEndpoint).find((checked) => !checked.ok)
  if (bad && !bad.ok) return bad
  work.put(NODE_KEYS.service(service.id), service)
  return ok(service)
}

/** With every right to it. */
export async function removeService(work: Work, id: ServiceId): Promise<Outcome<true>> {
  if (!(await work.get(NODE_KEYS.service(id)))) return refuse('not_found', formatId(id))
  for (const { key } of await work.list(NODE_KEYS.rightsOf(id))) work.put(key, null)
  work.put(NODE_KEYS.service(id), null)
  return ok(true)
}

export async function putLocalGroup(work: Work, group: LocalGroupRecord): Promise<Outcome<LocalGroupRecord>> {
  if (group.code.trim() === '') return refuse('bad_request', 'a group needs a code')
  if (!(await work.get(NODE_KEYS.client(group.owner)))) return refuse('not_found', `${formatId(group.owner)} is no client of this node`)
  work.put(NODE_KEYS.group(group.owner, group.code), group)
  return ok(group)
}

/** Refused with 'conflict' while a right is given to it. */
export async function removeLocalGroup(work: Work, owner: ClientId, code: string): Promise<Outcome<true>> {
  if (!(await work.get(NODE_KEYS.group(owner, code)))) return refuse('not_found', `local group ${code} of ${formatId(owner)}`)
  const rights = (await work.list<RightRecord>('admin/right/')).map(({ value }) => value)
  const used = rights.find(
    ({ service, subject }) => 'localGroup' in subject && subject.localGroup === code && sameClient(ownerOf(service), owner),
  )
  if (used) return refuse('conflict', `it has a right to ${formatId(used.service)}`)
  work.put(NODE_KEYS.group(owner, code), null)
  return ok(true)
}

/** Gives a right: to a service of this node, to a client of anywhere, or to a group. Giving it again with other words changes the words. */
export async function giveRight(work: Work, right: RightRecord): Promise<Outcome<RightRecord>> {
  const service = await work.get<ServiceRecord>(NODE_KEYS.service(right.service))
  if (!service) return refuse('not_found', formatId(right.service))
  const endpoint = checkEndpoint(right.endpoint)
  if (!endpoint.ok) return endpoint
  const { subject } = right
  if ('localGroup' in subject && !(await work.get(NODE_KEYS.group(ownerOf(right.service), subject.localGroup))))
    return refuse('not_found', `local group ${subject.localGroup} of ${formatId(ownerOf(right.service))}`)
  work.put(NODE_KEYS.right(right), right)
  return ok(right)
}

export async function takeRight(work: Work, right: Omit<RightRecord, 'basis'>): Promise<Outcome<true>> {
  const key = NODE_KEYS.right(right)
  if (!(await work.get(key))) return refuse('not_found', `${subjectText(right.subject)} has no such right to ${formatId(right.service)}`)
  work.put(key, null)
  return ok(true)
}

function checkEndpoint({ method, path }: { readonly method: string; readonly path: string }): Outcome<true> {
  if (!METHODS.includes(method)) return refuse('bad_request', `${method.slice(0, 20)} is none of ${METHODS.join(', ')}`)
  return path === '**' || (path.startsWith('/') && path.length <= 1000)
    ? ok(true)
    : refuse('bad_request', "a path begins with '/', or is '**'")
}
