import { type Instant, isoInstant } from '../../../base/clock.ts'
import { ok } from '../../../base/result.ts'
import { type Outcome, refuse } from '../../../protocol/faults.ts'
import { formatId } from '../../../protocol/identifiers.ts'
import {
  type Asked,
  KEYS,
  REQUEST_TYPES,
  type RequestRecord,
  type RequestType,
  type ServerRecord,
} from '../../../trust/registry/records.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import { textAt } from '../../contract/json.ts'
import type { Work } from '../../register/work.ts'
import { approve, decline, revoke, submit } from '../requests.ts'
import { removeServer, setAddress } from '../servers.ts'
import { done } from './member-operations.ts'
import { list, type Operation, object, octets, oneOf, READERS, ref, text } from './operation.ts'
import { clientFrom, maybe, serverAt, serverFrom, textIn } from './read-given.ts'

const serverView = ({ clients, ...server }: ServerRecord): Json => ({
  ...server,
  id: formatId(server.id),
  clients: clients.map((client) => ({ ...client, id: formatId(client.id) })),
})
const requestView = ({ server, client, askedAt, decidedAt, ...request }: RequestRecord): Json => ({
  ...request,
  server: formatId(server),
  ...(client ? { client: formatId(client) } : {}),
  askedAt: isoInstant(askedAt as Instant),
  ...(decidedAt === undefined ? {} : { decidedAt: isoInstant(decidedAt as Instant) }),
})
const viewed = (request: Outcome<RequestRecord>): Outcome<Json> => (request.ok ? ok(requestView(request.value)) : request)

/** Which request a path names: a number of at most nine digits. */
const numberIn = ({ requestId = '' }: Readonly<Record<string, string>>): number =>
  /^[1-9]\d{0,8}$/.test(requestId) ? Number(requestId) : 0

function askedIn(body: JsonObject): Outcome<Asked> {
  const server = serverFrom(textIn(body, 'server'))
  if (!server.ok) return server
  const named = textAt(body, 'client')
  const client = named === undefined ? undefined : clientFrom(named)
  if (client && !client.ok) return client
  const { address, name, message, certificate } = {
    ...maybe(body, 'address'),
    ...maybe(body, 'name'),
    ...maybe(body, 'message'),
    ...maybe(body, 'certificate'),
  }
  return ok({
    type: textIn(body, 'type') as RequestType,
    server: server.value,
    ...(client ? { client: client.value } : {}),
    ...(address === undefined ? {} : { address }),
    ...(name === undefined ? {} : { name }),
    ...(message === undefined ? {} : { message }),
    ...(certificate === undefined ? {} : { certificate }),
  })
}

async function requestsOf(work: Work, status: string | undefined): Promise<Outcome<Json>> {
  const all = (await work.list<RequestRecord>('registry/request/')).map(({ value }) => value)
  const wanted = status === undefined ? all : all.filter((request) => request.status === status)
  return ok(wanted.toReversed().slice(0, 1000).map(requestView))
}

/** Servers, and the management requests by which they come and change. */
export const SERVER_OPERATIONS: readonly Operation[] = [
  {
    id: 'listServers',
    method: 'GET',
    path: '/servers',
    es: 'Los servidores (nodos): dirección, certificados, clientes',
    en: 'The servers (nodes): address, certificates, clients',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(ref('Server'), 100_000),
    run: async (work) => ok((await work.list<ServerRecord>('registry/server/')).map(({ value }) => serverView(value))),
  },
  {
    id: 'changeServerAddress',
    method: 'PATCH',
    path: '/servers/{memberClass}/{memberCode}/{serverCode}',
    es: 'Cambia la dirección de un servidor',
    en: "Changes a server's address",
    roles: ['registration'],
    people: 1,
    body: object({ address: text() }),
    status: 200,
    answer: ref('Server'),
    run: async (work, given) => {
      const changed = await setAddress(work, await serverAt(work, given), textIn(given.body, 'address'))
      return changed.ok ? ok(serverView(changed.value)) : changed
    },
  },
  {
    id: 'removeServer',
    method: 'DELETE',
    path: '/servers/{memberClass}/{memberCode}/{serverCode}',
    es: 'Quita un servidor, con sus certificados y clientes',
    en: 'Removes a server, with its certificates and clients',
    roles: ['registration'],
    people: 2,
    status: 200,
    answer: ref('Done'),
    run: async (work, given) => done(await removeServer(work, await serverAt(work, given))),
  },
  {
    id: 'listRequests',
    method: 'GET',
    path: '/requests',
    es: 'Las peticiones de gestión, la última primero; a lo más mil',
    en: 'The management requests, last one first; at most a thousand',
    roles: READERS,
    people: 1,
    query: { status: oneOf('WAITING', 'APPROVED', 'DECLINED', 'REVOKED') },
    status: 200,
    answer: list(ref('Request')),
    run: (work, { query }) => requestsOf(work, query.status),
  },
  {
    id: 'readRequest',
    method: 'GET',
    path: '/requests/{requestId}',
    es: 'Una petición de gestión',
    en: 'One management request',
    roles: READERS,
    people: 1,
    status: 200,
    answer: ref('Request'),
    run: async (work, { parameters }) => {
      const found = await work.get<RequestRecord>(KEYS.request(numberIn(parameters)))
      return found ? ok(requestView(found)) : refuse('not_found', `request ${parameters.requestId}`)
    },
  },
  {
    id: 'addRequest',
    method: 'POST',
    path: '/requests',
    es: 'Hace una petición en nombre del centro: espera la aprobación de otra persona donde la de un nodo esperaría',
    en: "Makes a request in the centre's name: it waits for another person where a node's would wait",
    roles: ['registration'],
    people: 1,
    body: object({
      type: oneOf(...REQUEST_TYPES.filter((type) => !type.endsWith('Deletion'))),
      server: text(1024),
      'client?': text(1024),
      'certificate?': octets,
      'address?': text(),
      'name?': text(),
      'message?': text(),
    }),
    status: 201,
    answer: ref('Request'),
    run: addRequest,
  },
  {
    id: 'addDeletion',
    method: 'POST',
    path: '/deletions',
    es: 'Quita un cliente o un certificado de un servidor',
    en: 'Takes a client or a certificate away from a server',
    roles: ['registration', 'security'],
    people: 2,
    body: object({
      type: oneOf(...REQUEST_TYPES.filter((type) => type.endsWith('Deletion'))),
      server: text(1024),
      'client?': text(1024),
      'certificate?': octets,
    }),
    status: 201,
    answer: ref('Request'),
    run: addRequest,
  },
  {
    id: 'approveRequest',
    method: 'POST',
    path: '/requests/{requestId}/approval',
    es: 'Aprueba una petición que espera; quien la hizo no puede',
    en: 'Approves a waiting request; who made it cannot',
    roles: ['registration'],
    people: 1,
    status: 200,
    answer: ref('Request'),
    run: async (work, { parameters, who, at }) => viewed(await approve(work, numberIn(parameters), who, at)),
  },
  {
    id: 'declineRequest',
    method: 'POST',
    path: '/requests/{requestId}/refusal',
    es: 'Rechaza una petición que espera; la razón se le dice a quien la hizo',
    en: 'Declines a waiting request; whoever made it is told the reason',
    roles: ['registration'],
    people: 1,
    body: object({ reason: text() }),
    status: 200,
    answer: ref('Request'),
    run: async (work, { parameters, body, who, at }) => viewed(await decline(work, numberIn(parameters), who, textIn(body, 'reason'), at)),
  },
  {
    id: 'revokeRequest',
    method: 'POST',
    path: '/requests/{requestId}/revocation',
    es: 'Retira una petición que espera',
    en: 'Takes a waiting request back',
    roles: ['registration'],
    people: 1,
    status: 200,
    answer: ref('Request'),
    run: async (work, { parameters, who, at }) => viewed(await revoke(work, numberIn(parameters), who, at)),
  },
]

async function addRequest(work: Work, { body, who, at }: Parameters<Operation['run']>[1]): Promise<Outcome<Json>> {
  const asked = askedIn(body)
  return asked.ok ? viewed(await submit(work, asked.value, { origin: 'CENTER', askedBy: who, at })) : asked
}
