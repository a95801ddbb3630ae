import { ok, type Refused } from '../base/result.ts'
import { type Fault, type Outcome, refuse } from './faults.ts'
import { MULTIPART_LIMITS, type MultipartLimits, PartHeadReader } from './multipart-head.ts'
import type { Header } from './rest-headers.ts'

/**
 * What a reader has to tell, in order: the head of a part and at which octet of the message its body begins, its bytes in one or more pieces, its
 * end. Pieces are views, not copies.
 */
export type PartEvent =
  | { readonly kind: 'head'; readonly headers: readonly Header[]; readonly at: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }

const LF = 0x0a
const CR = 0x0d
const DASH = 0x2d
const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x09
/** Blanks a delimiter line may carry after the boundary. */
const MOST_PADDING = 200

type Delimiter = { readonly from: number; readonly to: number; readonly last: boolean }

/**
 * Reads a multipart body chunk by chunk and holds back no more than a line. RFC 2046 §5.1, as tolerant as stock servers:
 * lines may end in LF, a preamble and an epilogue are skipped, blanks may follow a boundary, a line that goes on is no delimiter.
 * Stricter: the closing delimiter must come, and a part's head must end in a blank line.
 *
 * Refusals: 'mime_parsing_failed' for heads and floods, 'io_error' for a cut message, 'message_too_large'. After a refusal every call repeats it.
 */
export class MultipartReader {
  readonly #needle: Buffer
  readonly #limits: MultipartLimits
  #state: 'preamble' | 'head' | 'body' | 'epilogue' = 'preamble'
  #head: PartHeadReader
  #held: Buffer = Buffer.alloc(0)
  /** Whether `#held` begins at the start of a line, where a delimiter needs no line end before it. */
  #lineStart = true
  /** How far the bytes at hand are used up when no step can go on. */
  #consumed = 0
  /** Where in the message the bytes at hand begin. */
  #base = 0
  #parts = 0
  #size = 0
  #refused: Refused<Fault> | undefined

  constructor(boundary: string, limits: Partial<MultipartLimits> = {}) {
    this.#needle = Buffer.from(`--${boundary}`, 'latin1')
    this.#limits = { ...MULTIPART_LIMITS, ...limits }
    this.#head = new PartHeadReader(this.#limits)
  }

  /** The next piece of the message, of any size. */
  push(chunk: Uint8Array): Outcome<readonly PartEvent[]> {
    this.#size += chunk.length
    if (this.#size > this.#limits.message) this.#refused ??= refuse('message_too_large', `more than ${this.#limits.message} bytes`)
    return this.#read(chunk, false)
  }

  /** The message is over. Refused with 'io_error' when its closing delimiter has not come. */
  end(): Outcome<readonly PartEvent[]> {
    const events = this.#read(new Uint8Array(0), true)
    if (!events.ok || this.#state === 'epilogue') return events
    if (this.#state === 'preamble') return events // no delimiter at all: a message without parts
    this.#refused = refuse('io_error', `the message ends inside part ${this.#parts}`)
    return this.#refused
  }

  #read(chunk: Uint8Array, over: boolean): Outcome<readonly PartEvent[]> {
    const events: PartEvent[] = []
    const view = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const bytes = this.#held.length === 0 ? view : Buffer.concat([this.#held, view])
    this.#base = this.#size - bytes.length
    let at = 0
    while (!this.#refused && this.#state !== 'epilogue') {
      const next = this.#state === 'head' ? this.#readHead(bytes, at, events) : this.#readBody(bytes, at, over, events)
      if (next === undefined) break
      at = next
    }
    if (this.#refused) return this.#refused
    this.#held = this.#state === 'epilogue' ? Buffer.alloc(0) : bytes.subarray(this.#consumed)
    this.#consumed = 0
    return ok(events)
  }

  /** Lines up to the blank one. Gives where the body begins, or undefined when more bytes are needed. */
  #readHead(bytes: Buffer, from: number, events: PartEvent[]): number | undefined {
    let at = from
    for (;;) {
      const end = bytes.indexOf(LF, at)
      const line = bytes.subarray(at, end < 0 ? bytes.length : end > at && bytes[end - 1] === CR ? end - 1 : end)
      if (line.length > this.#limits.line + (end < 0 ? 1 : 0))
        return this.#stop(`part ${this.#parts}: a header line of more than ${this.#limits.line} bytes`)
      if (end < 0) return this.#wait(at)
      at = end + 1
      if (line.length === 0) break
      if (line.subarray(0, this.#needle.length).equals(this.#needle))
        return this.#stop(`the head of part ${this.#parts} does not end in a blank line`)
      const why = this.#head.line(line)
      if (why) return this.#stop(`part ${this.#parts}: ${why}`)
    }
    events.push({ kind: 'head', headers: this.#head.take(), at: this.#base + at })
    this.#state = 'body'
    this.#lineStart = true
    return at
  }

  /** A body, or the preamble, which is a body nobody hears of. Gives where the next head begins, or undefined when more bytes are needed. */
  #readBody(bytes: Buffer, from: number, over: boolean, events: PartEvent[]): number | undefined {
    const found = this.#findDelimiter(bytes, from, over)
    if (typeof found === 'number') {
      if (found > from) {
        this.#emit(bytes.subarray(from, found), events)
        this.#lineStart = false
      }
      return this.#wait(found)
    }
    this.#emit(bytes.subarray(from, found.from), events)
    if (this.#state === 'body') events.push({ kind: 'end' })
    this.#state = found.last ? 'epilogue' : 'head'
    if (!found.last && ++this.#parts > this.#limits.parts) return this.#stop(`more than ${this.#limits.parts} parts`)
    return found.to
  }

  #emit(bytes: Buffer, events: PartEvent[]): void {
    if (this.#state === 'body' && bytes.length > 0) events.push({ kind: 'bytes', bytes })
  }

  /** The next delimiter from `from` on, or up to where the bytes cannot be part of one. */
  #findDelimiter(bytes: Buffer, from: number, over: boolean): Delimiter | number {
    let at = bytes.indexOf(this.#needle, from)
    for (; at >= 0; at = bytes.indexOf(this.#needle, at + 1)) {
      if (at === from ? !this.#lineStart : bytes[at - 1] !== LF) continue
      const line = this.#restOfLine(bytes, at + this.#needle.length, over)
      if (line === 'more') return beforeLineEnd(bytes, from, at)
      if (line !== 'none') return { from: beforeLineEnd(bytes, from, at), ...line }
    }
    // no whole boundary: all but CR LF and the most that can be there of one is body
    return over ? bytes.length : Math.max(from, bytes.length - this.#needle.length - 1)
  }

  /** What follows the boundary: [--] blanks, line end. 'none': other characters, so it is no delimiter. */
  #restOfLine(bytes: Buffer, from: number, over: boolean): { to: number; last: boolean } | 'none' | 'more' {
    const last = bytes[from] === DASH && bytes[from + 1] === DASH
    let at = last ? from + 2 : from
    const most = at + MOST_PADDING
    while (isBlank(bytes[at]) && at < most) at++
    const open =
      at >= bytes.length ||
      (bytes[at] === CR && at + 1 >= bytes.length) ||
      (!last && at === from && bytes[at] === DASH && at + 1 >= bytes.length)
    if (open) return over ? (last ? { to: bytes.length, last } : 'none') : 'more'
    if (bytes[at] === CR) at++
    return bytes[at] === LF ? { to: at + 1, last } : 'none'
  }

  #wait(at: number): undefined {
    this.#consumed = at
    return undefined
  }

  #stop(detail: string): undefined {
    this.#refused = refuse('mime_parsing_failed', detail)
    return undefined
  }
}

/** Steps back over the line end that belongs to the delimiter at `at`. */
function beforeLineEnd(bytes: Buffer, from: number, at: number): number {
  if (at === from) return at
  return at - 2 >= from && bytes[at - 2] === CR ? at - 2 : at - 1
}
