import type { Socket } from 'node:net'
import { ok } from '../../base/result.ts'
import type { HttpAnswer } from '../../exchange/ports.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type AnswerHead, AnswerReader } from './answer-reader.ts'
import { Chunks } from './chunks.ts'

/** An answer whose body still comes in. */
export type Incoming = AnswerHead & { readonly chunks: AsyncIterable<Uint8Array> }
/** What an answer's body becomes while it comes in. */
export type TakeIn<T> = (incoming: Incoming) => Promise<T>
export type Answer<T> = Omit<HttpAnswer, 'body'> & {
  readonly taken: T
  /** Whether the connection may carry another message; if not, it is ended. */
  readonly again: boolean
}
/** A message on its way out. `sent`: all of it is written; before that nothing else may follow it. */
export type Sending = { readonly method: string; readonly budgetMs: number; readonly keepsOpen: boolean; sent: boolean }
type Told = string | NodeJS.ErrnoException

/** The answer to one message while it comes in over a connection, which tells it what happens there until it is settled. */
export class IncomingAnswer<T> {
  readonly outcome: Promise<Outcome<Answer<T>>>
  readonly #socket: Socket
  readonly #sending: Sending
  readonly #reader: AnswerReader
  readonly #chunks: Chunks
  readonly #timer: NodeJS.Timeout
  readonly #over: () => void
  readonly #resolve: (outcome: Outcome<Answer<T>>) => void
  #begun = false
  #settled = false

  /** @param over called once, when it is settled */
  constructor(socket: Socket, sending: Sending, takeIn: TakeIn<T>, over: () => void) {
    this.#socket = socket
    this.#sending = sending
    this.#over = over
    this.#chunks = new Chunks(socket)
    this.#reader = new AnswerReader(sending.method, {
      head: (head) => void this.#take(head, takeIn),
      body: (octets) => this.#chunks.push(octets),
    })
    const { promise, resolve } = Promise.withResolvers<Outcome<Answer<T>>>()
    this.outcome = promise
    this.#resolve = resolve
    const { budgetMs } = sending
    this.#timer = setTimeout(() => this.#settle(refuse('network_error', `no whole answer within ${budgetMs} ms`)), budgetMs)
  }

  data(octets: Uint8Array): void {
    const wrong = this.#reader.push(octets)
    if (wrong !== undefined) this.#broken(wrong)
    else if (this.#reader.isWhole) this.#chunks.end()
  }

  /** Its server has ended the connection, in order. */
  ended(): void {
    const missing = this.#reader.end()
    if (missing === undefined) this.#chunks.end()
    else this.#broken(missing)
  }

  /** The connection is no more. */
  gone(problem?: Error): void {
    if (this.#reader.isWhole) this.#chunks.end()
    else this.#broken(problem ?? 'the connection was closed before the end of the answer')
  }

  /** The message could not be written. */
  unsent(problem: Error): void {
    this.#settle(brokenOff('io_error', problem))
  }

  async #take(head: AnswerHead, takeIn: TakeIn<T>): Promise<void> {
    this.#begun = true
    try {
      const taken = await takeIn({ ...head, chunks: this.#chunks })
      this.#settle(ok({ ...head, taken, again: this.#mayBeFollowed() }))
    } catch (problem) {
      this.#settle(brokenOff('io_error', problem as Error))
    }
  }

  /** Whoever left early leaves the connection paused, and something may wait in it. */
  #mayBeFollowed(): boolean {
    return this.#sending.keepsOpen && this.#sending.sent && this.#reader.keepsOpen && !this.#socket.isPaused()
  }

  #broken(why: Told): void {
    if (this.#begun) this.#chunks.fail(why instanceof Error ? why : new Error(why))
    else this.#settle(brokenOff('network_error', why))
  }

  #settle(outcome: Outcome<Answer<T>>): void {
    if (this.#settled) return
    this.#settled = true
    clearTimeout(this.#timer)
    this.#over()
    this.#chunks.fail()
    if (!outcome.ok || !this.#reader.isWhole || !this.#sending.sent) this.#socket.destroy()
    else if (!outcome.value.again) this.#socket.destroySoon()
    this.#resolve(outcome)
  }
}

const brokenOff = (code: 'network_error' | 'io_error', why: Told) => refuse(code, why instanceof Error ? (why.code ?? why.message) : why)
