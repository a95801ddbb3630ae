import { answerCall, bugAnswer, type CallAnswer, faultFor } from '../../functions/consume/handler.ts'
import { bugReply, faultReply, replyTo } from '../../functions/provide/handler.ts'
import { withLeftOut } from '../adapters/http/octets.ts'
import { takeBody } from '../adapters/http/take-in.ts'
import { takeMessage } from '../adapters/http/take-message.ts'
import type { Spool } from '../adapters/local/spool.ts'
import { later } from '../base/clock.ts'
import type { MessageLimits, Patience } from '../exchange/limits.ts'
import { type LocalPorts, localService } from '../exchange/local-services/local-services.ts'
import type { CurrentTrust } from '../exchange/ports.ts'
import { speaksRest } from '../exchange/read-outgoing.ts'
import type { Body, LeftOut, StoredBody } from '../protocol/body.ts'
import { refuse } from '../protocol/faults.ts'
import { lastValue } from '../protocol/rest-headers.ts'
import type { NodePorts } from './node-ports.ts'
import type { Arrival, Served } from './own-listener.ts'

export type OwnDoorOptions = {
  readonly ports: NodePorts & LocalPorts
  readonly spool: Spool
  readonly limits: Required<MessageLimits>
  readonly patience: Patience
}

/** An information system's call, streamed. What is too large is refused as soon as that is known. */
export const ownConsumerDoor =
  ({ ports, spool, limits, patience, outgoing }: OwnDoorOptions & { readonly outgoing: CurrentTrust }) =>
  async ({ method, target, headers, certificate, announced, body }: Arrival): Promise<Served> => {
    const most = speaksRest({ target }) ? limits.body : Math.min(limits.held, limits.body)
    const taken = announced > most ? 'too large' : await takeBody(body, { held: limits.held, most, store: spool })
    if (taken === 'too large') return given(tooLarge(target, headers, most, ports), spool)
    const call = { method, target, headers, body: bodyFrom(taken) }
    const caller = { tls: true, certificate }
    const deadline = later(ports.now(), patience.consumeMs)
    const answer = await (async (): Promise<CallAnswer> => {
      const own = await localService(call, caller, ports)
      return own ? { ...own, body: { kind: 'bytes', bytes: own.body } } : answerCall(call, caller, deadline, { ...ports, trust: outgoing })
    })().catch((problem: unknown) => {
      ports.log({ level: 'error', event: 'bug', why: describe(problem) })
      return bugAnswer(call)
    })
    return given(answer, spool, taken instanceof Uint8Array ? undefined : taken)
  }

const bodyFrom = (taken: Uint8Array | StoredBody): Body | null => {
  if (!(taken instanceof Uint8Array)) return taken
  return taken.length > 0 ? { kind: 'bytes', bytes: taken } : null
}

function tooLarge(target: string, headers: Arrival['headers'], most: number, ports: NodePorts): CallAnswer {
  const { fault } = refuse('message_too_large', `at most ${most} octets`)
  const requestId = ports.newId()
  ports.log({ level: 'warn', event: 'consume_refused', code: 'client.message_too_large', why: fault.detail, requestId })
  return faultFor({ ...fault, by: 'client' }, { target, headers }, requestId)
}

function given({ status, headers, body }: CallAnswer, spool: Spool, asked?: StoredBody): Served {
  const stored = [asked, body?.kind === 'stored' ? body : undefined]
  return { status, headers, body: body ? [body.kind === 'bytes' ? body.bytes : body] : [], over: forgetting(spool, stored) }
}

const forgetting = (spool: Spool, stored: readonly (StoredBody | undefined)[]) => async (): Promise<void> => {
  for (const body of stored) if (body) await spool.forget(body)
}

/** A peer's message, streamed. */
export const ownProviderDoor =
  ({ ports, spool, limits, patience }: OwnDoorOptions) =>
  async ({ method, headers, certificate, announced, body }: Arrival): Promise<Served> => {
    const room = { held: limits.held, most: limits.message, store: spool }
    const type = lastValue(headers, 'content-type') ?? ''
    const taken = announced > room.most ? 'too large' : await takeMessage(type, body, room)
    if (taken === 'too large') return replied(tooLargeReply(headers, ports), spool)
    const delivery = { method, headers, ...taken, peer: certificate, deadline: later(ports.now(), patience.provideMs) }
    const reply = await replyTo(delivery, ports).catch((problem: unknown) => {
      ports.log({ level: 'error', event: 'bug', why: describe(problem) })
      return bugReply()
    })
    return replied(reply, spool, taken.leftOut)
  }

function tooLargeReply(headers: Arrival['headers'], ports: NodePorts): ReturnType<typeof faultReply> {
  const requestId = lastValue(headers, 'x-road-request-id')?.slice(0, 100) ?? ''
  ports.log({ level: 'warn', event: 'provide_refused', code: 'server.serverproxy.message_too_large', requestId })
  return faultReply({ ...refuse('message_too_large').fault, by: 'server.serverproxy' }, requestId)
}

const replied = ({ headers, body, leftOut }: ReturnType<typeof bugReply>, spool: Spool, asked?: LeftOut): Served => ({
  status: 200,
  headers,
  body: withLeftOut(body, leftOut),
  over: forgetting(spool, [asked?.body, leftOut?.body]),
})

const describe = (problem: unknown): string => (problem instanceof Error ? (problem.stack ?? problem.message) : String(problem))
