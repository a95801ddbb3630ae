import type { Readable } from 'node:stream'

/** Chunks that are held at most while nobody asks for them. */
const MOST_WAITING = 16

type Step = IteratorResult<Uint8Array, undefined>
const DONE: Step = { done: true, value: undefined }

/**
 * What comes in over a stream, chunk by chunk: as its own iterator gives it, with less work, since every message of every exchange comes in so.
 * Throws what the stream says went wrong, or that it was closed before its end. Whoever leaves early leaves it paused, and whoever opened it ends it.
 */
export function chunksOf(stream: Readable): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => new Chunks(stream) }
}

class Chunks implements AsyncIterator<Uint8Array, undefined> {
  readonly #stream: Readable
  readonly #waiting: Uint8Array[] = []
  #ended = false
  #left = false
  #problem: unknown
  #tell: (() => void) | undefined

  constructor(stream: Readable) {
    this.#stream = stream
    if (stream.destroyed || stream.readableEnded) this.#over(stream.readableEnded, stream.errored)
    else this.#hear(stream)
  }

  #hear(stream: Readable): void {
    stream
      .on('error', (problem) => this.#over(false, problem))
      .on('close', () => this.#over(this.#ended, null))
      .on('end', () => this.#over(true, null))
      .on('data', (chunk: Uint8Array) => this.#take(chunk))
  }

  #take(chunk: Uint8Array): void {
    if (this.#left) return
    this.#waiting.push(chunk)
    if (this.#waiting.length >= MOST_WAITING) this.#stream.pause()
    this.#tell?.()
  }

  #over(ended: boolean, problem: unknown): void {
    this.#ended ||= ended
    if (!this.#ended) this.#problem ??= problem ?? new Error('the stream was closed before its end')
    this.#tell?.()
  }

  async next(): Promise<Step> {
    for (;;) {
      const chunk = this.#waiting.shift()
      if (chunk) {
        if (this.#stream.isPaused()) this.#stream.resume()
        return { done: false, value: chunk }
      }
      if (this.#problem) throw this.#problem
      if (this.#ended) return DONE
      await this.#more()
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#tell = () => {
        this.#tell = undefined
        resolve()
      }
    })
  }

  async return(): Promise<Step> {
    this.#left = true
    this.#waiting.length = 0
    this.#stream.pause()
    return DONE
  }
}
