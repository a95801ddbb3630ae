import type { Socket } from 'node:net'
import type { Piece } from '../../protocol/body.ts'
import type { Outcome } from '../../protocol/faults.ts'
import type { Header } from '../../protocol/rest-headers.ts'
import { type Answer, IncomingAnswer, type Sending, type TakeIn } from './incoming-answer.ts'
import { nothingStored, type ReadStored, sizeOfPieces, writePieces } from './octets.ts'
import { type RequestHead, requestHead } from './request-head.ts'

export type Message = {
  readonly method: string
  readonly path: string
  readonly headers: readonly Header[]
  /** null: none at all. */
  readonly body: readonly Piece[] | null
}

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
  #answer: Pick<IncomingAnswer<unknown>, 'data' | 'ended' | 'gone' | 'unsent'> | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket
      .on('data', (octets: Uint8Array) => (this.#answer ? this.#answer.data(octets) : socket.destroy())) // nobody asked
      .on('error', (problem) => this.#answer?.gone(problem)) // while nobody uses it, there is nobody to be told
      .on('end', () => this.#answer?.ended())
      .on('close', () => this.#answer?.gone())
  }

  /**
   * One request and its whole answer. Headers go out as they are, in order; only Connection is added, and Content-Length where there is a body.
   * Refusals: 'network_error' when nothing came back in time, 'io_error' when the answer broke off or the request could not be read.
   * @param keepsOpen whether another message may follow
   */
  async send<T>(
    { method, path, headers, body }: Message,
    budgetMs: number,
    takeIn: TakeIn<T>,
    read: ReadStored = nothingStored,
    keepsOpen = false,
  ): Promise<Outcome<Answer<T>>> {
    if (this.#answer) throw new Error('a message is under way on this connection')
    const length = body || WITH_BODY.has(method) ? sizeOfPieces(body ?? []) : null
    const head = this.#head({ method, path, headers, length, keepsOpen })
    const sending: Sending = { method, budgetMs, keepsOpen, sent: false }
    const answer = new IncomingAnswer(this.#socket, sending, takeIn, () => {
      this.#answer = undefined
    })
    this.#answer = answer
    if (this.#socket.destroyed) answer.gone()
    else void this.#write(sending, [head, ...(body ?? [])], read)
    return answer.outcome
  }

  #head(head: RequestHead): Buffer {
    try {
      return Buffer.from(requestHead(head), 'latin1')
    } catch (problem) {
      this.#socket.destroy() // nobody else has it
      throw problem
    }
  }

  async #write(sending: Sending, pieces: readonly Piece[], read: ReadStored): Promise<void> {
    const size = sizeOfPieces(pieces)
    if (size <= SMALL && allInHand(pieces)) {
      this.#socket.write(Buffer.concat(pieces))
      sending.sent = true
      return
    }
    try {
      const octets = await writePieces(this.#socket, pieces, read)
      if (octets !== size) throw new Error(`${octets} octets were sent instead of ${size}`)
      sending.sent = true
    } catch (problem) {
      if (!this.#socket.destroyed) this.#answer?.unsent(problem as Error) // else it is told of that
    }
  }
}

const allInHand = (pieces: readonly Piece[]): pieces is readonly Uint8Array[] => pieces.every((piece) => piece instanceof Uint8Array)
