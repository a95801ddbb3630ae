import { createHash } from 'node:crypto'
import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { ok } from '../../base/result.ts'
import type { HttpAnswer, ServiceAnswer } from '../../exchange/ports.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'

type Headers = HttpAnswer['headers']
export type Message = { readonly method: string; readonly path: string; readonly headers: Headers; readonly body: Uint8Array | null }

/** RFC 9110 §8.6: these say how long their body is even when it is empty. */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])
const MOST_HEADER_OCTETS = 64 * 1024

/**
 * One request and its whole answer over a connection that stands; the connection is closed afterwards.
 * Headers go out as they are, in order; only Connection is added, and Content-Length where there is a body.
 * Refusals: 'network_error' when nothing came back in time, 'io_error' when the answer broke off.
 * @param mostBytes of a larger body the size and digest are given
 */
export function send(socket: Socket, message: Message, budgetMs: number, mostBytes: number): Promise<Outcome<ServiceAnswer>> {
  return new Promise((resolve) => {
    const length: Headers = message.body || WITH_BODY.has(message.method) ? [['content-length', String(message.body?.length ?? 0)]] : []
    const outgoing = request({
      createConnection: () => socket,
      method: message.method,
      path: message.path,
      headers: [...message.headers, ...length] as unknown as readonly string[],
      maxHeaderSize: MOST_HEADER_OCTETS,
    })
    const settle = (outcome: Outcome<ServiceAnswer>) => {
      clearTimeout(timer)
      outgoing.on('error', () => {}) // the connection is given up; the reason is told
      if (!outcome.ok) socket.destroy()
      resolve(outcome)
    }
    const timer = setTimeout(() => settle(refuse('network_error', `no whole answer within ${budgetMs} ms`)), budgetMs)
    outgoing.once('error', (error: NodeJS.ErrnoException) => settle(refuse('network_error', error.code ?? error.message)))
    outgoing.once('response', (incoming) => readAnswer(incoming, mostBytes).then(settle))
    outgoing.end(message.body ?? undefined)
  })
}

function readAnswer(incoming: IncomingMessage, mostBytes: number): Promise<Outcome<ServiceAnswer>> {
  return new Promise((resolve) => {
    const collected = collector(mostBytes)
    incoming.on('data', collected.add)
    incoming.once('error', (error: NodeJS.ErrnoException) => resolve(refuse('io_error', error.code ?? error.message)))
    incoming.once('end', () => {
      const { statusCode: status = 0, statusMessage: reason = '' } = incoming
      resolve(ok({ status, reason, headers: pairs(incoming.rawHeaders), body: collected.whole() }))
    })
  })
}

/** Holds what fits; of more than that it only counts and digests. */
function collector(most: number) {
  let chunks: Uint8Array[] = []
  let size = 0
  let digest: ReturnType<typeof createHash> | undefined
  return {
    add: (chunk: Uint8Array) => {
      size += chunk.length
      chunks.push(chunk)
      if (size <= most) return
      digest ??= createHash('sha512')
      for (const held of chunks) digest.update(held)
      chunks = []
    },
    whole: (): ServiceAnswer['body'] => (digest ? { size, sha512: digest.digest() } : Buffer.concat(chunks)),
  }
}

function pairs(raw: readonly string[]): Headers {
  const headers: [string, string][] = []
  for (let i = 0; i + 1 < raw.length; i += 2) headers.push([raw[i] as string, raw[i + 1] as string])
  return headers
}

/** The same, for callers who take no larger body: 'message_too_large'. */
export function heldWhole(answer: Outcome<ServiceAnswer>, mostBytes: number): Outcome<HttpAnswer> {
  if (!answer.ok) return answer
  const { body } = answer.value
  if (body instanceof Uint8Array) return ok({ ...answer.value, body })
  return refuse('message_too_large', `the answer has ${body.size} octets; at most ${mostBytes}`)
}
