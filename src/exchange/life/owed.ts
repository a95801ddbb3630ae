import { type Instant, MINUTE } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { codeOf, type Outcome } from '../../protocol/faults.ts'
import { type ClientId, formatId, memberOf, type ServerId } from '../../protocol/identifiers.ts'
import type { SignatureName } from '../../protocol/sign.ts'
import type { Asked } from '../../trust/registry/records.ts'
import { type Speaker, signStatement } from '../../trust/registry/statement.ts'
import { managementMessage } from '../../trust/registry/write-request.ts'
import type { CurrentConfiguration, CurrentTrust, Store, TrustInForce } from '../ports.ts'
import { NODE } from '../stored-node.ts'
import { type CentrePorts, sendJson, sendRequest } from './centre-client.ts'

/**
 * A request to the centre that waits for the owner's signature, where whoever makes it may not sign: only the doors of messages may use that key.
 * It is told as what is wanted, never as octets, so that nobody can have anything else signed by it.
 */
export type Owed = OwedRequest | OwedRenewal
export type OwedRequest = {
  /** The centre's address for nodes. */
  readonly centre: string
  readonly wanted: Asked
  readonly provider: ClientId
  readonly messageId: string
  /** By the key of the certificate that is to be registered, over the same message. */
  readonly possession?: { readonly algorithm: SignatureName; readonly value: string; readonly certificate: string }
}
/** The owner's word that whoever brings the secret of this digest (SHA-256, hex) may order new certificates, once. */
export type OwedRenewal = { readonly centre: string; readonly renewal: string; readonly server: ServerId; readonly messageId: string }
/** What became of it: the centre's number, or its code. */
export type OwedAnswer = { readonly at: Instant; readonly requestId?: number; readonly code?: string }

/** Read together with the node itself. */
export const OWED = `${NODE}owed/`
/** Where a door of messages may write. */
export const owedAnswerKey = (messageId: string): string => `trust/owed/${messageId}`
export const messageOf = ({ wanted, provider, messageId }: Pick<OwedRequest, 'wanted' | 'provider' | 'messageId'>): Uint8Array =>
  managementMessage(wanted, provider, messageId)

export type OwedPorts = Omit<CentrePorts, 'centreUrl'> & {
  readonly store: Pick<Store, 'get' | 'put'>
  readonly owed: () => Promise<readonly Owed[]>
  readonly configuration: CurrentConfiguration
  readonly trust: CurrentTrust
}

/** Refusals that time may end. */
const AGAIN = 5 * MINUTE

/**
 * Signs what is owed and sends it, each once: called beside a message, which does not wait longer for it than for its own answer. Whatever fails is
 * tried again with a later message. Only what is about this very node is signed.
 */
export function owedPayer(ports: OwedPorts): () => Promise<void> {
  const settled = new Set<string>()
  let tried: Instant | undefined
  return async () => {
    const { now, log } = ports
    const open = (await ports.owed()).filter(({ messageId }) => !settled.has(messageId))
    if (open.length === 0 || (tried !== undefined && now() >= tried && now() - tried < AGAIN)) return
    tried = now()
    for (const each of open)
      await payOne(each, ports).then(
        (paid) => paid && settled.add(each.messageId),
        (problem: unknown) => log({ level: 'warn', event: 'owed_not_sent', what: whatOf(each), why: String(problem) }),
      )
  }
}

/** true: nothing more is to be done about it. */
async function payOne(owed: Owed, ports: OwedPorts): Promise<boolean> {
  const { store, now, log } = ports
  const key = owedAnswerKey(owed.messageId)
  if (await store.get<OwedAnswer>(key)) return true
  const { server, clients } = await ports.configuration()
  const today = await ports.trust()
  const owner = clients.find(({ id }) => formatId(memberOf(id)) === formatId(memberOf(server)))?.signing
  const about = 'renewal' in owed ? owed.server : owed.wanted.server
  if (!today.ok || !owner || formatId(about) !== formatId(server)) return false
  const reply = 'renewal' in owed ? await vouch(owed, owner, ports) : await request(owed, owner, today.value, ports)
  const code = reply.ok ? undefined : codeOf(reply.fault)
  log({
    level: reply.ok ? 'info' : 'warn',
    event: 'owed_sent',
    what: whatOf(owed),
    code,
    why: reply.ok ? undefined : reply.fault.detail,
  })
  // Taken in before, and its answer was lost.
  if (code !== undefined && !code.endsWith('replayed_request')) return false
  await store.put(key, { at: now(), ...(reply.ok ? reply.value : { code }) } satisfies OwedAnswer, 0)
  return true
}

const whatOf = (owed: Owed): string => ('renewal' in owed ? 'renewal' : owed.wanted.type)
type Answered = Pick<OwedAnswer, 'requestId'>

async function vouch({ centre, renewal, server }: OwedRenewal, by: Speaker, ports: OwedPorts): Promise<Outcome<Answered>> {
  const statement = await signStatement('renewal', server, { digest: renewal }, ports.now(), by, ports.sign)
  const granted = await sendJson<true>('/node/renewal', statement, { ...ports, centreUrl: centre })
  return granted.ok ? ok({}) : granted
}

async function request(owed: OwedRequest, by: Speaker, today: TrustInForce, ports: OwedPorts): Promise<Outcome<Answered>> {
  const { possession } = owed
  const held = possession && {
    algorithm: possession.algorithm,
    value: Buffer.from(possession.value, 'base64'),
    certificate: Buffer.from(possession.certificate, 'base64'),
  }
  const reply = await sendRequest(messageOf(owed), by, held, today, { ...ports, centreUrl: owed.centre })
  return reply.ok ? ok({ requestId: reply.value.requestId }) : reply
}
