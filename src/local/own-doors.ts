import { answerCall, bugAnswer, type CallAnswer, faultFor } from '../../functions/consume/handler.ts'
import { bugReply, faultReply, replyTo } from '../../functions/provide/handler.ts'
import { type Room, takeBody } from '../adapters/http/take-in.ts'
import { takeMessage, takePackage } from '../adapters/http/take-message.ts'
import type { Spool } from '../adapters/local/spool.ts'
import { later } from '../base/clock.ts'
import type { MessageLimits, Patience } from '../exchange/limits.ts'
import { type LocalPorts, localService } from '../exchange/local-services/local-services.ts'
import type { CurrentTrust } from '../exchange/ports.ts'
import { speaksRest } from '../exchange/read-outgoing.ts'
import { type Body, type LeftOut, type Piece, piecesOf } from '../protocol/body.ts'
import { refuse } from '../protocol/faults.ts'
import { lastValue } from '../protocol/rest-headers.ts'
import type { NodePorts } from './node-ports.ts'
import type { Arrival, Served } from './own-listener.ts'
import { storedAlong } from './stored-along.ts'

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
    const most = limits.body
    const taken = announced > most ? 'too large' : await taking(target, headers, body, { held: limits.held, most, store: spool })
    if (taken === 'too large') return given(tooLarge(target, headers, most, ports))
    const { note, calls, forget } = storedAlong(ports, spool)
    const call = { method, target, headers, ...note(taken) }
    const caller = { tls: true, certificate }
    const deadline = later(ports.now(), patience.consumeMs)
    const answer = await (async (): Promise<CallAnswer> => {
      const own = await localService(call, caller, ports)
      if (own) return { ...own, body: { kind: 'bytes', bytes: own.body } }
      return answerCall(call, caller, deadline, { ...ports, ...calls, trust: outgoing })
    })().catch((problem: unknown) => {
      ports.log({ level: 'error', event: 'bug', why: describe(problem) })
      return bugAnswer(call)
    })
    return given(answer, forget)
  }

/** What a call or an answer carries: in hand, or where it lies, all of it or the large attachments of a package. */
type Carried = { readonly body: Body | null; readonly leftOut?: readonly LeftOut[] }

async function taking(
  target: string,
  headers: Arrival['headers'],
  chunks: Arrival['body'],
  room: Required<Room>,
): Promise<Carried | 'too large'> {
  if (speaksRest({ target })) {
    const taken = await takeBody(chunks, room)
    return taken === 'too large' ? taken : { body: taken instanceof Uint8Array ? inHand(taken) : taken }
  }
  const taken = await takePackage(lastValue(headers, 'content-type') ?? '', chunks, room)
  return taken === 'too large' ? taken : { ...taken, body: inHand(taken.body) }
}
const inHand = (bytes: Uint8Array): Body | null => (bytes.length > 0 ? { kind: 'bytes', bytes } : null)

function tooLarge(target: string, headers: Arrival['headers'], most: number, ports: NodePorts): CallAnswer {
  const { fault } = refuse('message_too_large', `at most ${most} octets`)
  const requestId = ports.newId()
  ports.log({ level: 'warn', event: 'consume_refused', code: 'client.message_too_large', why: fault.detail, requestId })
  return faultFor({ ...fault, by: 'client' }, { target, headers }, requestId)
}

function given(answer: CallAnswer, over?: () => Promise<void>): Served {
  const { status, headers } = answer
  return { status, headers, body: carried(answer), ...(over && { over }) }
}

function carried({ body, leftOut = [] }: Carried): readonly Piece[] {
  if (!body) return []
  return body.kind === 'bytes' ? piecesOf({ body: body.bytes, leftOut }) : [body]
}

/** A peer's message, streamed. */
export const ownProviderDoor =
  ({ ports, spool, limits, patience }: OwnDoorOptions) =>
  async ({ method, headers, certificate, announced, body }: Arrival): Promise<Served> => {
    const room = { held: limits.held, most: limits.message, store: spool }
    const type = lastValue(headers, 'content-type') ?? ''
    const taken = announced > room.most ? 'too large' : await takeMessage(type, body, room, lastValue(headers, 'x-original-content-type'))
    if (taken === 'too large') return replied(tooLargeReply(headers, ports))
    const { note, calls, forget } = storedAlong(ports, spool)
    const delivery = { method, headers, ...note(taken), peer: certificate, deadline: later(ports.now(), patience.provideMs) }
    const reply = await replyTo(delivery, { ...ports, ...calls }).catch((problem: unknown) => {
      ports.log({ level: 'error', event: 'bug', why: describe(problem) })
      return bugReply()
    })
    return replied(reply, forget)
  }

function tooLargeReply(headers: Arrival['headers'], ports: NodePorts): ReturnType<typeof faultReply> {
  const requestId = lastValue(headers, 'x-road-request-id')?.slice(0, 100) ?? ''
  ports.log({ level: 'warn', event: 'provide_refused', code: 'server.serverproxy.message_too_large', requestId })
  return faultReply({ ...refuse('message_too_large').fault, by: 'server.serverproxy' }, requestId)
}

const replied = ({ headers, ...octets }: ReturnType<typeof bugReply>, over?: () => Promise<void>): Served => ({
  status: 200,
  headers,
  body: piecesOf(octets),
  ...(over && { over }),
})

const describe = (problem: unknown): string => (problem instanceof Error ? (problem.stack ?? problem.message) : String(problem))
