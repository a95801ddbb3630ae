import type { Agent, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { ok } from '../../base/result.ts'
import type { HttpAnswer } from '../../exchange/ports.ts'
import type { Piece } from '../../protocol/body.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { request } from './node-http.ts'
import { nothingStored, type ReadStored, sizeOfPieces, writePieces } from './octets.ts'

type Headers = HttpAnswer['headers']
export type Message = {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  /** null: none at all. */
  readonly body: readonly Piece[] | null
}
/** What an answer's body becomes while it comes in. */
export type TakeIn<T> = (answer: IncomingMessage) => Promise<T>
export type Answer<T> = Omit<HttpAnswer, 'body'> & { readonly taken: T }

/** RFC 9110 §8.6: these say how long their body is even when it is empty. */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])
const MOST_HEADER_OCTETS = 64 * 1024

/**
 * One request and its whole answer over a connection that stands. Without an agent of its own the connection is closed afterwards.
 * Headers go out as they are, in order; only Connection is added, and Content-Length where there is a body.
 * Refusals: 'network_error' when nothing came back in time, 'io_error' when the answer broke off.
 */
export function send<T>(
  socket: Socket,
  message: Message,
  budgetMs: number,
  takeIn: TakeIn<T>,
  read: ReadStored = nothingStored,
  agent?: Agent,
): Promise<Outcome<Answer<T>>> {
  return new Promise((resolve) => {
    const { body, method } = message
    const length: Headers = body || WITH_BODY.has(method) ? [['content-length', String(sizeOfPieces(body ?? []))]] : []
    const outgoing = request({
      ...(agent ? { agent } : { createConnection: () => socket }),
      method,
      path: message.path,
      headers: [...message.headers, ...length] as unknown as readonly string[],
      maxHeaderSize: MOST_HEADER_OCTETS,
    })
    const settle = (outcome: Outcome<Answer<T>>) => {
      clearTimeout(timer)
      outgoing.on('error', () => {}) // the connection is given up; the reason is told
      if (!outcome.ok) socket.destroy()
      resolve(outcome)
    }
    const timer = setTimeout(() => settle(refuse('network_error', `no whole answer within ${budgetMs} ms`)), budgetMs)
    outgoing.once('error', (error: NodeJS.ErrnoException) => settle(refuse('network_error', error.code ?? error.message)))
    outgoing.once('response', (incoming) => readAnswer(incoming, takeIn).then(settle))
    writePieces(outgoing, body ?? [], read).catch((error: Error) => settle(refuse('io_error', error.message)))
  })
}

async function readAnswer<T>(incoming: IncomingMessage, takeIn: TakeIn<T>): Promise<Outcome<Answer<T>>> {
  try {
    const taken = await takeIn(incoming)
    const { statusCode: status = 0, statusMessage: reason = '' } = incoming
    return ok({ status, reason, headers: pairs(incoming.rawHeaders), taken })
  } catch (problem) {
    const { code, message } = problem as NodeJS.ErrnoException
    return refuse('io_error', code ?? message)
  }
}

function pairs(raw: readonly string[]): Headers {
  const headers: [string, string][] = []
  for (let i = 0; i + 1 < raw.length; i += 2) headers.push([raw[i] as string, raw[i + 1] as string])
  return headers
}
