import { ok } from '../../../base/result.ts'
import { type Outcome, refuse } from '../../../protocol/faults.ts'
import { KEYS, type ProposalRecord } from '../../../trust/registry/records.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import { Work } from '../../register/work.ts'
import { CENTRE_OPERATIONS, proposalView } from './centre-operations.ts'
import { MEMBER_OPERATIONS } from './member-operations.ts'
import { type Given, type Operation, object, ROLES, type Role, ref, text } from './operation.ts'
import { textIn } from './read-given.ts'
import { SERVER_OPERATIONS } from './server-operations.ts'
import { TRUST_OPERATIONS } from './trust-operations.ts'

/** Whoever may do the act may be its second person; which act it is, is judged when it is known. */
const SECONDS: readonly Role[] = ROLES.filter((role) => role !== 'auditor' && role !== 'break-glass')

const PROPOSAL_OPERATIONS: readonly Operation[] = [
  {
    id: 'approveProposal',
    method: 'POST',
    path: '/proposals/{proposalId}/approval',
    es: 'La segunda persona aprueba un acto, que entonces se hace; quien lo propuso no puede',
    en: 'The second person approves an act, which is then done; who proposed it cannot',
    roles: SECONDS,
    people: 1,
    status: 200,
    answer: ref('Proposal'),
    run: async (work, given) => {
      const proposal = await waiting(work, given)
      if (!proposal.ok) return proposal
      const { operation, parameters, body, askedBy } = proposal.value
      const found = operationNamed(operation)
      if (!found) return refuse('conflict', `there is no act ${operation} any more`)
      if (askedBy === given.who) return refuse('access_denied', 'who proposed it cannot approve it', 'second_person')
      const done = await found.run(work, { ...given, parameters, query: {}, body: body as JsonObject, who: askedBy })
      return done.ok ? settle(work, proposal.value, 'approved', given) : done
    },
  },
  {
    id: 'declineProposal',
    method: 'POST',
    path: '/proposals/{proposalId}/refusal',
    es: 'Rechaza un acto propuesto, con la razón; también quien lo propuso puede retirarlo así',
    en: 'Declines a proposed act, with the reason; who proposed it may take it back so as well',
    roles: SECONDS,
    people: 1,
    body: object({ reason: text() }),
    status: 200,
    answer: ref('Proposal'),
    run: async (work, given) => {
      const proposal = await waiting(work, given)
      return proposal.ok ? settle(work, proposal.value, 'declined', given, textIn(given.body, 'reason')) : proposal
    },
  },
]

async function waiting(work: Work, { parameters, roles, at }: Given): Promise<Outcome<ProposalRecord>> {
  const proposal = await work.get<ProposalRecord>(KEYS.proposal(parameters.proposalId ?? ''))
  if (!proposal) return refuse('not_found', `proposal ${parameters.proposalId}`)
  if (!operationNamed(proposal.operation)?.roles.some((role) => roles.has(role)))
    return refuse('access_denied', `${proposal.operation} is for other roles`, 'not_your_role')
  if (proposal.state !== 'waiting') return refuse('conflict', `it is ${proposal.state} already`)
  return proposal.expires <= at ? refuse('conflict', 'it waited too long: propose it anew') : ok(proposal)
}

function settle(work: Work, proposal: ProposalRecord, state: 'approved' | 'declined', { who }: Given, reason?: string): Outcome<Json> {
  const settled: ProposalRecord = { ...proposal, state, decidedBy: who, ...(reason === undefined ? {} : { reason }) }
  work.put(KEYS.proposal(proposal.id), settled)
  return ok(proposalView(settled))
}

export const OPERATIONS: readonly Operation[] = [
  ...CENTRE_OPERATIONS,
  ...MEMBER_OPERATIONS,
  ...SERVER_OPERATIONS,
  ...TRUST_OPERATIONS,
  ...PROPOSAL_OPERATIONS,
]
export const operationNamed = (id: string): Operation | undefined => OPERATIONS.find((operation) => operation.id === id)

/** The operation of a method and a path (raw, percent-encoded), and what the path names; or which methods there are at that path. */
export function operationAt(
  operations: readonly Operation[],
  method: string,
  path: string,
): { readonly operation: Operation; readonly parameters: Readonly<Record<string, string>> } | { readonly methods: readonly string[] } {
  const fitting = operations.flatMap((operation) => {
    const parameters = parametersOf(operation.path, path)
    return parameters ? [{ operation, parameters }] : []
  })
  return fitting.find(({ operation }) => operation.method === method) ?? { methods: fitting.map(({ operation }) => operation.method) }
}

function parametersOf(template: string, path: string): Readonly<Record<string, string>> | undefined {
  const [wanted, given] = [template.split('/'), path.split('/')]
  if (wanted.length !== given.length) return undefined
  const parameters: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1]
    const text = name === undefined ? given[index] : decoded(given[index] as string)
    if (name === undefined ? text !== segment : !text || text.length > 1024) return undefined
    if (name !== undefined) parameters[name] = text as string
  }
  return parameters
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined // not UTF-8: names nothing
  }
}

/** Would it be done as things stand? Nothing is written. */
export async function rehearse(operation: Operation, given: Given): Promise<Outcome<Json>> {
  return operation.run(new Work(given.ports.store), given)
}
