import { DAY, later } from '../../../base/clock.ts'
import { ok } from '../../../base/result.ts'
import { messageOf } from '../../../protocol/fault-sentence.ts'
import { codeOf, type Fault, type FaultCode, type Outcome, refuse } from '../../../protocol/faults.ts'
import { KEYS, type ProposalRecord } from '../../../trust/registry/records.ts'
import { isObject, type Json, type JsonObject, nestingOf } from '../../contract/json.ts'
import { violationOf } from '../../contract/json-schema.ts'
import { act, type Deed } from '../../register/change-log.ts'
import type { Work } from '../../register/work.ts'
import { proposalView } from './centre-operations.ts'
import type { Api, ApiPorts, Given, Operation, Person } from './operation.ts'
import { operationAt, rehearse } from './operations.ts'

export type ApiCall = {
  readonly method: string
  /** Raw, from the API's own root: '/members/GOB/DIF'. */
  readonly path: string
  readonly query: string
  readonly body: Uint8Array
  /** The number of the last line of the log the caller has seen: somebody's act since then refuses this one. */
  readonly ifMatch?: string | undefined
}
export type ApiAnswer = { readonly status: number; readonly body: Json }

const MOST_BYTES = 1024 * 1024
const DEEPEST = 32
/** How long a proposal waits for its second person. */
const PROPOSAL_LIFE = 7 * DAY

/**
 * One call of the API. Order: is there such an operation, has somebody signed in, may they, is the request as described; then the act itself.
 * Nothing is answered but what the description says; whoever has no role may nothing.
 */
export async function callApi(api: Api, call: ApiCall, person: Person | undefined, ports: ApiPorts): Promise<ApiAnswer> {
  if (call.path === '/openapi.json' && call.method === 'GET') return { status: 200, body: api.document }
  const found = operationAt(api.operations, call.method, call.path)
  if (!person) return problem(refuse('access_denied', 'no proven name', 'not_signed_in').fault, 401)
  if (!('operation' in found)) {
    const isKnown = found.methods.length > 0
    return isKnown
      ? problem(refuse('invalid_http_method', `there: ${found.methods.join(', ')}`).fault, 405)
      : problem(refuse('not_found', call.path.slice(0, 200)).fault)
  }
  const { operation, parameters } = found
  const read = operation.roles.some((role) => person.roles.has(role))
    ? readGiven(operation, call, api.document)
    : refuse('access_denied', `${operation.id} is for: ${operation.roles.join(', ')}`, 'not_your_role')
  if (!read.ok) return problem((await logRefusal(operation, person, read.fault, ports)).fault)
  const { query, body } = read.value
  const given: Omit<Given, 'at'> = { parameters, query, body, who: person.id, roles: person.roles, ports }
  const onlyAfter = call.ifMatch === undefined ? undefined : Number(call.ifMatch.replaceAll('"', ''))
  return operation.people === 2 ? byTwo(operation, given, onlyAfter) : byOne(operation, given, onlyAfter)
}

async function byOne(operation: Operation, given: Omit<Given, 'at'>, onlyAfter: number | undefined): Promise<ApiAnswer> {
  const deed = await deedOf(operation, given)
  const outcome = await act(given.ports, deed, (work, at) => operation.run(work, { ...given, at }), { onlyAfter })
  if (!outcome.ok) return problem(outcome.fault)
  if (operation.method !== 'GET') await given.ports.publish()
  return { status: operation.status, body: outcome.value }
}

/** An approval is logged as the act it completes, by both. */
async function deedOf({ id }: Operation, { parameters, who, ports }: Omit<Given, 'at'>): Promise<Deed> {
  const deed: Deed = { who: { kind: 'person', id: who }, what: id }
  if (id !== 'approveProposal') return deed
  const proposal = (await ports.store.get<ProposalRecord>(KEYS.proposal(parameters.proposalId ?? '')))?.value
  return proposal ? { ...deed, what: proposal.operation, with: { kind: 'person', id: proposal.askedBy } } : deed
}

/** Proposed, unless it could not be done anyway; or done at once by one person who breaks the glass. */
async function byTwo(operation: Operation, given: Omit<Given, 'at'>, onlyAfter: number | undefined): Promise<ApiAnswer> {
  const { ports, who, roles, query } = given
  const deed: Deed = { who: { kind: 'person', id: who }, what: operation.id }
  const why = query.breakGlass
  if (why === undefined) {
    const proposed = await act(ports, { ...deed, what: 'propose' }, (work, at) => propose(operation, { ...given, at }, work), { onlyAfter })
    return proposed.ok ? { status: 202, body: proposed.value } : problem(proposed.fault)
  }
  if (!roles.has('break-glass'))
    return problem(
      (await logRefusal(operation, { id: who }, refuse('access_denied', 'only the role break-glass may', 'not_your_role').fault, ports))
        .fault,
    )
  const broken = { ...deed, breakGlass: why }
  const done = await act(
    ports,
    broken,
    async (work, at) => {
      const outcome = await operation.run(work, { ...given, at })
      const id = ports.newId()
      if (outcome.ok) work.put(KEYS.alarm(id), { id, operation: operation.id, who, why, at })
      return outcome
    },
    { onlyAfter },
  )
  if (!done.ok) return problem(done.fault)
  await ports.publish()
  return { status: operation.status, body: done.value }
}

async function propose(operation: Operation, given: Given, work: Work): Promise<Outcome<Json>> {
  const rehearsed = await rehearse(operation, given)
  if (!rehearsed.ok) return rehearsed
  const { parameters, body, who, at, ports } = given
  const id = ports.newId()
  const expires = later(at, PROPOSAL_LIFE)
  const proposal: ProposalRecord = { id, operation: operation.id, parameters, body, askedBy: who, askedAt: at, expires, state: 'waiting' }
  work.put(KEYS.proposal(id), proposal)
  return ok(proposalView(proposal))
}

async function logRefusal({ id }: Operation, { id: who }: Pick<Person, 'id'>, fault: Fault, ports: ApiPorts): Promise<{ fault: Fault }> {
  await act(ports, { who: { kind: 'person', id: who }, what: id }, async () => ({ ok: false, fault }))
  return { fault }
}

/** Query and body, held against the description. Refused with 'bad_request'. */
function readGiven(
  operation: Operation,
  call: ApiCall,
  document: JsonObject,
): Outcome<{ readonly query: Readonly<Record<string, string>>; readonly body: JsonObject }> {
  const allowed = new Map([
    ...Object.entries(operation.query ?? {}),
    ...(operation.people === 2 ? [['breakGlass', BREAK_GLASS] as const] : []),
  ])
  const query: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(call.query)) {
    const schema = allowed.get(name)
    if (!schema || Object.hasOwn(query, name)) return refuse('bad_request', `${name.slice(0, 40)} in the query: not known, or twice`)
    const violation = violationOf(schema, value, document, name)
    if (violation) return refuse('bad_request', `${violation.where}: ${violation.sentence.en}`)
    query[name] = value
  }
  const body = readBody(operation, call.body, document)
  return body.ok ? ok({ query, body: body.value }) : body
}

const BREAK_GLASS: JsonObject = { type: 'string', minLength: 1, maxLength: 255 }
function readBody({ body: schema }: Operation, bytes: Uint8Array, document: JsonObject): Outcome<JsonObject> {
  if (!schema) return bytes.length === 0 ? ok({}) : refuse('bad_request', 'this operation takes no body')
  if (bytes.length > MOST_BYTES) return refuse('bad_request', `a body of more than ${MOST_BYTES} bytes`)
  const value = jsonIn(bytes)
  if (!isObject(value)) return refuse('bad_request', 'the body is no JSON object')
  const violation = violationOf(schema, value, document, '')
  return violation ? refuse('bad_request', `${violation.where || 'body'}: ${violation.sentence.en}`) : ok(value)
}

function jsonIn(bytes: Uint8Array): Json | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return nestingOf(text) > DEEPEST ? undefined : (JSON.parse(text) as Json)
  } catch {
    return undefined // neither UTF-8 nor JSON: the caller says so
  }
}

const STATUS: Partial<Record<FaultCode, number>> = {
  access_denied: 403,
  not_found: 404,
  conflict: 409,
  busy: 503,
  internal_error: 500,
  invalid_http_method: 405,
  archive_linking_broken: 500,
}

function problem(fault: Fault, status = STATUS[fault.path[0]] ?? 400): ApiAnswer {
  return { status, body: { code: codeOf(fault), message: messageOf(fault), detail: fault.detail } }
}
