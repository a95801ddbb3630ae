import { ok } from '../../base/result.ts'
import { base64 } from '../../protocol/digests.ts'
import { codeOf, type Fault, type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId, parseClientId } from '../../protocol/identifiers.ts'
import type { Anchor } from '../../trust/anchor.ts'
import { writeAnchor } from '../../trust/anchor.ts'
import type { CentreFacts, Enrolment } from '../../trust/registry/certificate-order.ts'
import { type ChainHeadRecord, KEYS, type MemberRecord } from '../../trust/registry/records.ts'
import type { SignedStatement } from '../../trust/registry/statement.ts'
import type { Store } from '../ports.ts'
import { type EnrolmentPorts, enrol, grantRenewal, heard, renewCertificates } from './enrolment.ts'
import { answerManagement, type ManagementPorts } from './management.ts'
import { readRecords } from './read-records.ts'

export type NodeDoorPorts = EnrolmentPorts & ManagementPorts & { readonly anchor: () => Promise<Anchor> }
/** A request at the centre's door for nodes: /node/facts, /node/enrol, /node/certificates, /node/renewal, /node/head, /node/management. */
export type NodeCall = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly contentType: string
  readonly body: Uint8Array
}
export type NodeAnswer = { readonly status: number; readonly contentType: string; readonly body: Uint8Array }

/**
 * What nodes and their centre say to each other beside messages. Every statement is signed and stands for itself, so it needs no channel of its own;
 * management requests here are the same, octet for octet, as over the exchange.
 */
export async function answerNode(call: NodeCall, ports: NodeDoorPorts): Promise<NodeAnswer> {
  const { method, path, contentType, body } = call
  if (path === '/node/management' && method === 'POST') return answerManagement({ contentType, body, door: 'exchange' }, ports)
  if (path === '/node/facts' && method === 'GET') return inJson(await facts(call.query.get('member') ?? '', ports))
  const act = method === 'POST' && contentType === 'application/json' ? ACTS[path] : undefined
  if (!act) return inJson(refuse('not_found', 'there is no such door'))
  const asked = jsonIn(body)
  return inJson(asked ? await act(asked, ports) : refuse('bad_request', 'the body is no JSON object'))
}

const ACTS: Readonly<Record<string, (asked: never, ports: NodeDoorPorts) => Promise<Outcome<unknown>>>> = Object.assign(
  Object.create(null),
  {
    '/node/enrol': (asked: Enrolment, ports: NodeDoorPorts) =>
      typeof asked.secret === 'string' && typeof asked.server === 'string' ? enrol(asked, ports) : notWhole(),
    '/node/certificates': (asked: SignedStatement, ports: NodeDoorPorts) =>
      isStatement(asked) ? renewCertificates(asked, ports) : notWhole(),
    '/node/renewal': (asked: SignedStatement, ports: NodeDoorPorts) => (isStatement(asked) ? grantRenewal(asked, ports) : notWhole()),
    '/node/head': (asked: SignedStatement, ports: NodeDoorPorts) => (isStatement(asked) ? takeHead(asked, ports) : notWhole()),
  },
)
const notWhole = async () => refuse('bad_request', 'something is missing')
const isStatement = (asked: SignedStatement): boolean =>
  [asked.text, asked.certificate, asked.algorithm, asked.signature].every((each) => typeof each === 'string')

async function facts(member: string, { store, anchor }: NodeDoorPorts): Promise<Outcome<CentreFacts>> {
  const records = await readRecords(store)
  if (!records) return refuse('not_found', 'the centre is not set up')
  const name = await nameOf(member, store)
  return ok({ anchor: base64(writeAnchor(await anchor())), provider: formatId(records.instance.provider), name })
}

/** Published anyway, to everybody. */
async function nameOf(member: string, store: Store): Promise<string> {
  const id = parseClientId(member)
  return id.ok ? ((await store.get<MemberRecord | null>(KEYS.member(id.value)))?.value?.name ?? '') : ''
}

/** Where a node's chain of evidence stood, to be published: its peers then hold it, and it cannot be rewritten behind their backs. */
async function takeHead(signed: SignedStatement, ports: NodeDoorPorts): Promise<Outcome<true>> {
  type Content = { readonly day: string; readonly position: number; readonly head: string; readonly stamp: string }
  return heard<Content, true>(signed, 'head', ports, async (work, { server, content }) => {
    const { day, position, head, stamp } = content
    const fits =
      /^\d{4}-\d\d-\d\d$/.test(day) && Number.isSafeInteger(position) && [head, stamp].every((each) => /^[0-9a-f]{128}$/.test(each))
    if (!fits) return refuse('bad_request', 'no day, position, head and stamp')
    const before = await work.get<ChainHeadRecord>(KEYS.head(server))
    if (before && (before.position > position || before.day > day)) return refuse('conflict', 'a later head is published already')
    const record: ChainHeadRecord = { server, day, position, head, stamp }
    work.put(KEYS.head(server), record)
    return ok(true)
  })
}

function jsonIn(body: Uint8Array): never | undefined {
  try {
    const read = JSON.parse(Buffer.from(body).toString('utf8')) as unknown
    return read !== null && typeof read === 'object' && !Array.isArray(read) ? (read as never) : undefined
  } catch {
    return undefined // no JSON: the caller refuses it
  }
}

/** Whoever has no good invitation is told no more than that. */
const refusalOf = (fault: Fault) => ({ code: codeOf(fault), detail: fault.path[0] === 'invalid_invitation' ? '' : fault.detail })

function inJson(outcome: Outcome<unknown>): NodeAnswer {
  const told = outcome.ok ? outcome.value : refusalOf(outcome.fault)
  const status = outcome.ok ? 200 : outcome.fault.path[0] === 'not_found' ? 404 : 400
  return { status, contentType: 'application/json', body: Buffer.from(JSON.stringify(told)) }
}
