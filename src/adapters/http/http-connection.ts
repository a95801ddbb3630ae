import type { Socket } from 'node:net'
import { ok } from '../../base/result.ts'
import type { HttpAnswer } from '../../exchange/ports.ts'
import type { Piece } from '../../protocol/body.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type AnswerHead, AnswerReader } from './answer-reader.ts'
import { Chunks } from './chunks.ts'
import { nothingStored, type ReadStored, sizeOfPieces, writePieces } from './octets.ts'
import { requestHead } from './request-head.ts'

export type Message = {
  readonly method: string
  readonly path: string
  readonly headers: HttpAnswer['headers']
  /** null: none at all. */
  readonly body: readonly Piece[] | null
}
/** An answer whose body still comes in. */
export type Incoming = AnswerHead & { readonly chunks: AsyncIterable<Uint8Array> }
/** What an answer's body becomes while it comes in. */
export type TakeIn<T> = (incoming: Incoming) => Promise<T>
export type Answer<T> = Omit<HttpAnswer, 'body'> & {
  readonly taken: T
  /** Whether the connection may carry another message; if not, it is ended. */
  readonly again: boolean
}
type Sending = { readonly method: string; readonly budgetMs: number; readonly keepsOpen: boolean }
/** Who hears what happens on a connection while a message is under way. */
type Hears = { readonly data: (octets: Uint8Array) => void; readonly gone: (problem?: Error) => void }

/** RFC 9110 §8.6: these say how long their body is even when it is empty. */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])
/** Up to this many octets a request goes out as one piece. */
const SMALL = 64 * 1024

/**
 * A connection that stands and carries one message at a time. Node's own client does as much and a good deal more, at three times the work:
 * `docs/decisions/0025-own-http-client.md`.
 */
export class HttpConnection {
  readonly #socket: Socket
  #hears: Hears | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket
      .on('data', (octets: Uint8Array) => (this.#hears ? this.#hears.data(octets) : socket.destroy())) // nobody asked
      .on('error', (problem) => this.#hears?.gone(problem)) // while nobody uses it, there is nobody to be told
      .on('end', () => this.#hears?.gone())
      .on('close', () => this.#hears?.gone())
  }

  /**
   * One request and its whole answer. Headers go out as they are, in order; only Connection is added, and Content-Length where there is a body.
   * Refusals: 'network_error' when nothing came back in time, 'io_error' when the answer broke off.
   * @param keepsOpen whether another message may follow
   */
  async send<T>(
    { method, path, headers, body }: Message,
    budgetMs: number,
    takeIn: TakeIn<T>,
    read: ReadStored = nothingStored,
    keepsOpen = false,
  ): Promise<Outcome<Answer<T>>> {
    if (this.#hears) throw new Error('a message is under way on this connection')
    const length = body || WITH_BODY.has(method) ? sizeOfPieces(body ?? []) : null
    const head = Buffer.from(requestHead({ method, path, headers, length, keepsOpen }), 'latin1')
    const answer = this.#answer({ method, budgetMs, keepsOpen }, takeIn)
    if (body?.every((piece) => piece instanceof Uint8Array) && (length ?? 0) <= SMALL) this.#socket.write(Buffer.concat([head, ...body]))
    else writePieces(this.#socket, [head, ...(body ?? [])], read).catch((problem: Error) => this.#socket.destroy(problem))
    return answer
  }

  #answer<T>({ method, budgetMs, keepsOpen }: Sending, takeIn: TakeIn<T>): Promise<Outcome<Answer<T>>> {
    const socket = this.#socket
    return new Promise((resolve) => {
      const chunks = new Chunks(socket)
      let begun = false
      const settle = (outcome: Outcome<Answer<T>>) => {
        if (this.#hears !== hears) return
        clearTimeout(timer)
        this.#hears = undefined
        chunks.fail()
        if (!outcome.ok || !reader.isWhole) socket.destroy()
        else if (!outcome.value.again) socket.destroySoon()
        resolve(outcome)
      }
      const broken = (why: string | Error) => {
        if (begun) chunks.fail(why instanceof Error ? why : new Error(why))
        else settle(brokenOff('network_error', why))
      }
      const reader = new AnswerReader(method, {
        head: (head) => {
          begun = true
          takeIn({ ...head, chunks }).then(
            (taken) => settle(ok({ ...head, taken, again: keepsOpen && reader.keepsOpen })),
            (problem: Error) => settle(brokenOff('io_error', problem)),
          )
        },
        body: (octets) => chunks.push(octets),
      })
      const hears: Hears = {
        data: (octets) => {
          const wrong = reader.push(octets)
          if (wrong !== undefined) broken(wrong)
          else if (reader.isWhole) chunks.end()
        },
        gone: (problem) => {
          const missing = reader.end()
          if (missing !== undefined) broken(problem ?? missing)
          else chunks.end()
        },
      }
      const timer = setTimeout(() => settle(refuse('network_error', `no whole answer within ${budgetMs} ms`)), budgetMs)
      this.#hears = hears
      if (socket.destroyed) hears.gone()
    })
  }
}

function brokenOff(code: 'network_error' | 'io_error', why: string | NodeJS.ErrnoException) {
  return refuse(code, why instanceof Error ? (why.code ?? why.message) : why)
}
