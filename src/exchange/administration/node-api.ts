import { instant, isoInstant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId, memberOf, parseServiceId, type ServiceId } from '../../protocol/identifiers.ts'
import { type Endpoint, WHOLE_SERVICE } from '../../trust/access.ts'
import { describeApi } from '../centre/api/describe.ts'
import {
  type Api,
  anyText,
  flag,
  list,
  number,
  type Operation,
  object,
  octets,
  oneOf,
  READERS,
  type Role,
  text,
} from '../centre/api/operation.ts'
import { clientFrom, textIn } from '../centre/api/read-given.ts'
import { type Json, type JsonObject, objectAt, textAt } from '../contract/json.ts'
import { type LogLine, readLog } from '../register/change-log.ts'
import {
  addCertificate,
  giveRight,
  putClient,
  putLocalGroup,
  putService,
  removeCertificate,
  removeLocalGroup,
  removeService,
  takeRight,
} from './acts.ts'
import { type ClientRecord, type LocalGroupRecord, NODE_KEYS, type RightRecord, type RightSubject, type ServiceRecord } from './records.ts'
import { rightsOn } from './rights-on.ts'

const id = text(1024)
const endpoint = object({ method: oneOf('*', 'GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE'), path: text(1000) })
const client = object({
  id,
  connection: oneOf('NOSSL', 'SSLNOAUTH', 'SSLAUTH'),
  certificates: list({ type: 'string', pattern: '^[0-9a-f]{64}$' }, 50),
})
const service = object({
  id,
  type: oneOf('REST', 'OPENAPI3', 'WSDL'),
  url: text(),
  timeoutMs: { type: 'integer', minimum: 1, maximum: 20_000 },
  keepBodies: oneOf('full', 'digest'),
  'disabled?': object({ notice: text() }),
  'description?': text(),
  'endpoints?': list(endpoint, 500),
})
const group = object({ owner: id, code: text(), description: anyText, members: list(id, 5000) })
const subject: JsonObject = {
  type: 'object',
  oneOf: [object({ client: id }), object({ globalGroup: text() }), object({ localGroup: text() })],
}
const right = object({ service: id, subject, endpoint, 'basis?': text(1000) })
const done = object({ done: flag })
const act = object({ number, at: anyText, who: anyText, what: anyText })
const CHANGERS: readonly Role[] = ['services']
const REGISTRARS: readonly Role[] = ['registration', 'services']

const serviceFrom = (written: string): Outcome<ServiceId> => {
  const read = parseServiceId(written)
  return read.ok ? read : refuse('bad_request', read.fault.detail)
}
const clientView = (each: ClientRecord): Json => ({ ...each, id: formatId(each.id) })
const serviceView = (each: ServiceRecord): Json => ({ ...each, id: formatId(each.id) })
const groupView = (each: LocalGroupRecord): Json => ({ ...each, owner: formatId(each.owner), members: each.members.map(formatId) })
const subjectView = (each: RightSubject): Json => ('client' in each ? { client: formatId(each.client) } : each)
const rightView = ({ service: of, subject: whom, ...each }: RightRecord): JsonObject => ({
  ...each,
  service: formatId(of),
  subject: subjectView(whom),
})
const actView = ({ number: line, at, who, what }: LogLine): Json => ({
  number: line,
  at: isoInstant(at),
  who: `${who.kind} ${who.id}`,
  what,
})
const viewed = <T>(outcome: Outcome<T>, view: (value: T) => Json): Outcome<Json> => (outcome.ok ? ok(view(outcome.value)) : outcome)
const DONE = (): Json => ({ done: true })

function rightIn(body: JsonObject): Outcome<RightRecord> {
  const of = serviceFrom(textIn(body, 'service'))
  if (!of.ok) return of
  const whom = objectAt(body, 'subject') ?? {}
  const named = textAt(whom, 'client')
  const byClient = named === undefined ? undefined : clientFrom(named)
  if (byClient && !byClient.ok) return byClient
  const to: RightSubject = byClient ? { client: byClient.value } : (whom as { globalGroup: string } | { localGroup: string })
  const basis = textAt(body, 'basis')
  const at = (objectAt(body, 'endpoint') as Endpoint | undefined) ?? WHOLE_SERVICE
  return ok({ service: of.value, subject: to, endpoint: at, ...(basis === undefined ? {} : { basis }) })
}

const OPERATIONS: readonly Operation[] = [
  {
    id: 'listClients',
    method: 'GET',
    path: '/clients',
    es: 'Los clientes de este nodo y los certificados de sus sistemas',
    en: "This node's clients and the certificates of their systems",
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(client, 5000),
    run: async (work) => ok((await work.list<ClientRecord>('admin/client/')).map(({ value }) => clientView(value))),
  },
  {
    id: 'putClient',
    method: 'PUT',
    path: '/clients',
    es: 'Añade un cliente o cambia cómo se conecta',
    en: 'Adds a client, or changes how it connects',
    roles: ['registration'],
    people: 1,
    body: object({ id, connection: oneOf('NOSSL', 'SSLNOAUTH', 'SSLAUTH') }),
    status: 200,
    answer: client,
    run: async (work, { body, ports }) => {
      const who = clientFrom(textIn(body, 'id'))
      if (!who.ok) return who
      const member = memberOf(who.value)
      if (ports.signsFor && !(await ports.signsFor(member)))
        return refuse('conflict', `this node has no signing key of ${formatId(member)}`)
      const there = await work.get<ClientRecord>(NODE_KEYS.client(who.value))
      const connection = textIn(body, 'connection') as ClientRecord['connection']
      return viewed(await putClient(work, { id: who.value, connection, certificates: there?.certificates ?? [] }), clientView)
    },
  },
  {
    id: 'addCertificate',
    method: 'POST',
    path: '/client-certificates',
    es: 'Un certificado más con que los sistemas de un cliente se conectan',
    en: "One more certificate that a client's systems connect with",
    roles: REGISTRARS,
    people: 1,
    body: object({ client: id, certificate: octets }),
    status: 201,
    answer: client,
    run: async (work, { body }) => {
      const who = clientFrom(textIn(body, 'client'))
      return who.ok ? viewed(await addCertificate(work, who.value, Buffer.from(textIn(body, 'certificate'), 'base64')), clientView) : who
    },
  },
  {
    id: 'removeCertificate',
    method: 'POST',
    path: '/client-certificates/removals',
    es: 'Retira un certificado, por su SHA-256',
    en: 'Takes a certificate away, by its SHA-256',
    roles: REGISTRARS,
    people: 1,
    body: object({ client: id, sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' } }),
    status: 200,
    answer: client,
    run: async (work, { body }) => {
      const who = clientFrom(textIn(body, 'client'))
      return who.ok ? viewed(await removeCertificate(work, who.value, textIn(body, 'sha256')), clientView) : who
    },
  },
  {
    id: 'listServices',
    method: 'GET',
    path: '/services',
    es: 'Los servicios que este nodo ofrece',
    en: 'The services this node offers',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(service, 5000),
    run: async (work) => ok((await work.list<ServiceRecord>('admin/service/')).map(({ value }) => serviceView(value))),
  },
  {
    id: 'putService',
    method: 'PUT',
    path: '/services',
    es: 'Añade un servicio o lo cambia: dirección, descripción, endpoints, si atiende',
    en: 'Adds a service, or changes it: address, description, endpoints, whether it serves',
    roles: CHANGERS,
    people: 1,
    body: service,
    status: 200,
    answer: service,
    run: async (work, { body }) => {
      const of = serviceFrom(textIn(body, 'id'))
      return of.ok ? viewed(await putService(work, { ...(body as unknown as ServiceRecord), id: of.value }), serviceView) : of
    },
  },
  {
    id: 'removeService',
    method: 'POST',
    path: '/services/removals',
    es: 'Quita un servicio, con los permisos sobre él',
    en: 'Removes a service, with the rights to it',
    roles: CHANGERS,
    people: 1,
    body: object({ id }),
    status: 200,
    answer: done,
    run: async (work, { body }) => {
      const of = serviceFrom(textIn(body, 'id'))
      return of.ok ? viewed(await removeService(work, of.value), DONE) : of
    },
  },
  {
    id: 'listLocalGroups',
    method: 'GET',
    path: '/local-groups',
    es: 'Los grupos locales',
    en: 'The local groups',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(group, 5000),
    run: async (work) => ok((await work.list<LocalGroupRecord>('admin/group/')).map(({ value }) => groupView(value))),
  },
  {
    id: 'putLocalGroup',
    method: 'PUT',
    path: '/local-groups',
    es: 'Añade un grupo local o cambia quién está en él',
    en: 'Adds a local group, or changes who is in it',
    roles: CHANGERS,
    people: 1,
    body: group,
    status: 200,
    answer: group,
    run: async (work, { body }) => {
      const owner = clientFrom(textIn(body, 'owner'))
      if (!owner.ok) return owner
      const members = (body.members as readonly string[]).map(clientFrom)
      const bad = members.find((each) => !each.ok)
      if (bad && !bad.ok) return bad
      const made = {
        owner: owner.value,
        code: textIn(body, 'code'),
        description: textIn(body, 'description'),
        members: members.flatMap((each) => (each.ok ? [each.value] : [])),
      }
      return viewed(await putLocalGroup(work, made), groupView)
    },
  },
  {
    id: 'removeLocalGroup',
    method: 'POST',
    path: '/local-groups/removals',
    es: 'Quita un grupo local que no tiene permisos',
    en: 'Removes a local group that has no rights',
    roles: CHANGERS,
    people: 1,
    body: object({ owner: id, code: text() }),
    status: 200,
    answer: done,
    run: async (work, { body }) => {
      const owner = clientFrom(textIn(body, 'owner'))
      return owner.ok ? viewed(await removeLocalGroup(work, owner.value, textIn(body, 'code')), DONE) : owner
    },
  },
  {
    id: 'listRights',
    method: 'GET',
    path: '/rights',
    es: 'Los permisos de hoy',
    en: 'The rights of today',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(right, 10_000),
    run: async (work) => ok((await work.list<RightRecord>('admin/right/')).map(({ value }) => rightView(value))),
  },
  {
    id: 'giveRight',
    method: 'POST',
    path: '/rights',
    es: 'Da un permiso, con su fundamento',
    en: 'Gives a right, with what it is based on',
    roles: CHANGERS,
    people: 1,
    body: object({ service: id, subject, 'endpoint?': endpoint, 'basis?': text(1000) }),
    status: 201,
    answer: right,
    run: async (work, { body }) => {
      const read = rightIn(body)
      return read.ok ? viewed(await giveRight(work, read.value), rightView) : read
    },
  },
  {
    id: 'takeRight',
    method: 'POST',
    path: '/rights/removals',
    es: 'Quita un permiso',
    en: 'Takes a right away',
    roles: CHANGERS,
    people: 1,
    body: object({ service: id, subject, 'endpoint?': endpoint }),
    status: 200,
    answer: done,
    run: async (work, { body }) => {
      const read = rightIn(body)
      return read.ok ? viewed(await takeRight(work, read.value), DONE) : read
    },
  },
  {
    id: 'readRightsOn',
    method: 'GET',
    path: '/rights/on',
    es: 'Quién podía llamar qué en un instante, y por qué',
    en: 'Who could call what at an instant, and why',
    roles: READERS,
    people: 1,
    query: { at: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,3})?Z$' }, client: id, service: id },
    status: 200,
    answer: list(
      object({
        right,
        member: {},
        served: flag,
        by: act,
        'through?': act,
        'configuration?': text(128),
        'members?': list(id, 100_000),
      }),
      10_000,
    ),
    run: async (_work, { query, at, ports }) => {
      const when = query.at === undefined ? at : instant(Date.parse(query.at))
      if (Number.isNaN(when)) return refuse('bad_request', 'there is no such instant')
      const [who, of] = [
        query.client === undefined ? undefined : clientFrom(query.client),
        query.service === undefined ? undefined : serviceFrom(query.service),
      ]
      if (who && !who.ok) return who
      if (of && !of.ok) return of
      const lines = await readLog(ports)
      if (!lines.ok) return lines
      const question = { at: when, ...(who ? { client: who.value } : {}), ...(of ? { service: of.value } : {}) }
      const found = rightsOn(lines.value, question, await ports.groupsOn?.(when))
      return ok(
        found.map(({ right: held, by, through, member, members, configuration, served }) => ({
          right: rightView(held),
          member,
          served,
          by: actView(by),
          ...(through ? { through: actView(through) } : {}),
          ...(configuration === undefined ? {} : { configuration }),
          ...(members ? { members: members.map(formatId) } : {}),
        })),
      )
    },
  },
]

/** What an agency's people may do at their own node, by the same rules as at the centre: roles, a log of acts, nothing that is not described. */
export const NODE_API: Api = {
  operations: OPERATIONS,
  document: describeApi('Sacbé: administración de un nodo · administration of a node', OPERATIONS),
}
