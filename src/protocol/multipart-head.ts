import type { Header } from './rest-headers.ts'

/** Bytes of the whole message, parts, header lines of a part, bytes of one line, bytes of a part's head. */
export type MultipartLimits = {
  readonly message: number
  readonly parts: number
  readonly headers: number
  readonly line: number
  readonly head: number
}
/** A line of 998 bytes and its line end is what stock servers still read. */
export const MULTIPART_LIMITS: MultipartLimits = { message: 64 * 1024 * 1024, parts: 32, headers: 100, line: 998, head: 32 * 1024 }

/** The header lines of one part at a time: names as written, folded lines joined, lines without a colon passed over, as stock servers do. */
export class PartHeadReader {
  readonly #limits: MultipartLimits
  #headers: [name: string, value: string][] = []
  #lines = 0
  #bytes = 0
  /** A folded line continues a header only when the line before it was one. */
  #open = false

  constructor(limits: MultipartLimits) {
    this.#limits = limits
  }

  /** One line without its line end. Gives what is wrong with it, or undefined. */
  line(line: Buffer): string | undefined {
    this.#bytes += line.length
    if (++this.#lines > this.#limits.headers) return `more than ${this.#limits.headers} header lines`
    if (this.#bytes > this.#limits.head) return `more than ${this.#limits.head} bytes of headers`
    const text = line.toString('latin1')
    if (/[\0\r]/.test(text)) return 'a header line holds a NUL or a bare CR'
    if (text[0] === ' ' || text[0] === '\t') return this.#fold(text)
    const colon = text.indexOf(':')
    this.#open = colon > 0
    if (this.#open) this.#headers.push([text.slice(0, colon).trimEnd(), text.slice(colon + 1).trim()])
    return undefined
  }

  #fold(text: string): string | undefined {
    const last = this.#headers.at(-1)
    if (!this.#open || !last) return 'a folded line continues no header'
    last[1] = `${last[1]} ${text.trim()}`
    return undefined
  }

  /** The headers read since the last call. */
  take(): readonly Header[] {
    const headers = this.#headers
    this.#headers = []
    this.#lines = 0
    this.#bytes = 0
    this.#open = false
    return headers
  }
}
