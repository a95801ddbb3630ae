import type { Readable } from 'node:stream'

/** Chunks that are held at most while nobody asks for them. */
const MOST_WAITING = 16

type Step = IteratorResult<Uint8Array, undefined>
const DONE: Step = { done: true, value: undefined }
/** What chunks come from: it is told to wait while enough of them do. */
type Source = { readonly pause: () => unknown; readonly resume: () => unknown; readonly isPaused: () => boolean }

/**
 * What comes in over a stream, chunk by chunk: as its own iterator gives it, with less work, since every message of every exchange comes in so.
 * Throws what the stream says went wrong, or that it was closed before its end. Whoever leaves early leaves it paused, and whoever opened it ends it.
 */
export const chunksOf = (stream: Readable): AsyncIterable<Uint8Array> => new ChunksOfStream(stream)

/** Nothing is taken from the stream before somebody asks. */
class ChunksOfStream implements AsyncIterable<Uint8Array> {
  readonly #stream: Readable
  constructor(stream: Readable) {
    this.#stream = stream
  }

  [Symbol.asyncIterator](): Chunks {
    const stream = this.#stream
    const chunks = new Chunks(stream)
    if (stream.readableEnded) chunks.end()
    else if (stream.destroyed) chunks.fail(stream.errored)
    else
      stream
        .on('error', (problem) => chunks.fail(problem))
        .on('close', () => chunks.fail())
        .on('end', () => chunks.end())
        .on('data', (chunk: Uint8Array) => chunks.push(chunk))
    return chunks
  }
}

/** Chunks on their way from whoever has them to whoever asks, once. */
export class Chunks implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #source: Source
  readonly #waiting: Uint8Array[] = []
  #ended = false
  #left = false
  #problem: unknown
  #tell: (() => void) | undefined

  constructor(source: Source) {
    this.#source = source
  }

  push(chunk: Uint8Array): void {
    if (this.#left) return
    this.#waiting.push(chunk)
    if (this.#waiting.length >= MOST_WAITING) this.#source.pause()
    this.#tell?.()
  }

  /** There are no more. */
  end(): void {
    this.#ended = true
    this.#tell?.()
  }

  /** No more will come, though there should; nothing where they have ended. */
  fail(problem?: unknown): void {
    if (!this.#ended) this.#problem ??= problem ?? new Error('the stream was closed before its end')
    this.#tell?.()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<Step> {
    for (;;) {
      const chunk = this.#waiting.shift()
      if (chunk) {
        if (this.#source.isPaused()) this.#source.resume()
        return { done: false, value: chunk }
      }
      if (this.#problem) throw this.#problem
      if (this.#ended) return DONE
      await this.#more()
    }
  }

  #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#tell = resolve
    return promise
  }

  async return(): Promise<Step> {
    this.#left = true
    this.#waiting.length = 0
    this.#source.pause()
    return DONE
  }
}
