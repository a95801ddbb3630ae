import { type AnswerHead, type BodyEnds, bodyOf, headersIn, keeps, MOST_HEAD } from './answer-head.ts'

export type { AnswerHead } from './answer-head.ts'
/** Who hears of an answer while it comes in: of its head once, then of its body piece by piece. Pieces are views, not copies. */
export type AnswerHears = { readonly head: (head: AnswerHead) => void; readonly body: (octets: Uint8Array) => void }

/** Octets of a line that says how long a chunk is, its extensions with it. */
const MOST_LINE = 4 * 1024
const LF = 0x0a
const CR = 0x0d
const END_OF_HEAD = Buffer.from('\r\n\r\n', 'latin1')
const NOTHING = Buffer.alloc(0)

type State = 'head' | BodyEnds | 'chunk' | 'after chunk' | 'trailer' | 'whole'

/**
 * Reads one answer of HTTP/1.0 or 1.1, in pieces of any size. Provisional answers are passed over.
 * What another reader could take otherwise is refused: lines that do not end in CR LF, folded lines, a length beside a coding or said twice, codings
 * other than 'chunked', a length that is no number. After a refusal nothing more is read.
 * Source: RFC 9112 §2 to §7; RFC 9110 §15.2.
 */
export class AnswerReader {
  readonly #method: string
  readonly #hears: AnswerHears
  #state: State = 'head'
  /** Octets of a head or a line of which more must come. */
  #held: Buffer = NOTHING
  #headOctets = 0
  /** Of a body or a chunk. */
  #left = 0
  #keepsOpen = false
  #more = false
  #wrong: string | undefined

  /** @param method of the request: the answer to a HEAD has no body */
  constructor(method: string, hears: AnswerHears) {
    this.#method = method
    this.#hears = hears
  }

  get isWhole(): boolean {
    return this.#state === 'whole'
  }

  /** Whether the connection may carry another message: the answer is whole, its server keeps it open, and nothing came after it. */
  get keepsOpen(): boolean {
    return this.isWhole && this.#keepsOpen && !this.#more && this.#wrong === undefined
  }

  /** Gives what is wrong with the answer, or undefined. */
  push(octets: Uint8Array): string | undefined {
    this.#wrong ??= this.#take(octets)
    return this.#wrong
  }

  #take(octets: Uint8Array): string | undefined {
    let bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
    if (this.#held.length > 0) bytes = Buffer.concat([this.#held, bytes])
    this.#held = NOTHING
    for (let at = 0; at < bytes.length; ) {
      const next = this.#read(bytes, at)
      if (typeof next === 'string') return next
      if (next === undefined) {
        this.#held = bytes.subarray(at)
        break
      }
      at = next
    }
    return undefined
  }

  /** Its server has ended the connection, which is how some answers end. Gives what is missing, or undefined. */
  end(): string | undefined {
    if (this.#state === 'close') this.#state = 'whole'
    if (this.isWhole) return undefined
    return this.#state === 'head' ? 'the connection was closed before an answer' : 'the connection was closed within the answer'
  }

  /** Where it goes on; undefined: more must come; or what is wrong. */
  #read(bytes: Buffer, at: number): number | undefined | string {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes, at)
      case 'octets':
      case 'chunk':
        return this.#readOctets(bytes, at)
      case 'close':
        this.#hears.body(bytes.subarray(at))
        return bytes.length
      case 'whole':
        this.#more = true
        return bytes.length
      default:
        return this.#readLine(bytes, at)
    }
  }

  #readHead(bytes: Buffer, at: number): number | undefined | string {
    const end = bytes.indexOf(END_OF_HEAD, at)
    const size = (end < 0 ? bytes.length : end) - at
    if (this.#headOctets + size > MOST_HEAD) return `a head of more than ${MOST_HEAD} octets`
    if (end < 0) return undefined
    this.#headOctets += size
    const [first = '', ...lines] = bytes.toString('latin1', at, end).split('\r\n')
    const [, minor, status, reason = ''] = STATUS_LINE.exec(first) ?? []
    if (status === undefined) return 'its first line is no status line of HTTP/1.1'
    const headers = headersIn(lines)
    if (typeof headers === 'string') return headers
    const wrong = status[0] === '1' ? this.#provisional(status) : this.#begin({ status: Number(status), reason, headers }, minor === '1')
    return wrong ?? end + END_OF_HEAD.length
  }

  #provisional(status: string): string | undefined {
    return status === '101' ? 'it changes to a protocol that nobody asked for' : undefined
  }

  #begin(head: AnswerHead, isNew: boolean): string | undefined {
    const body = bodyOf(head, this.#method, isNew)
    if (typeof body === 'string') return body
    this.#left = body.octets ?? 0
    this.#keepsOpen = body.ends !== 'close' && keeps(head, isNew)
    this.#state = body.ends === 'octets' && this.#left === 0 ? 'whole' : body.ends
    this.#hears.head(head)
    return undefined
  }

  #readOctets(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left)
    this.#left -= end - at
    this.#hears.body(bytes.subarray(at, end))
    if (this.#left === 0) this.#state = this.#state === 'chunk' ? 'after chunk' : 'whole'
    return end
  }

  #readLine(bytes: Buffer, at: number): number | undefined | string {
    const end = bytes.indexOf(LF, at)
    if ((end < 0 ? bytes.length : end) - at > MOST_LINE) return `a line of more than ${MOST_LINE} octets between chunks`
    if (end < 0) return undefined
    if (end === at || bytes[end - 1] !== CR) return 'a line between chunks does not end in CR LF'
    return this.#between(bytes.toString('latin1', at, end - 1)) ?? end + 1
  }

  #between(line: string): string | undefined {
    if (this.#state === 'after chunk') {
      this.#state = 'chunk size'
      return line === '' ? undefined : 'a chunk is longer than it says'
    }
    if (this.#state === 'trailer') {
      this.#headOctets += line.length
      if (this.#headOctets > MOST_HEAD) return `a head of more than ${MOST_HEAD} octets`
      if (line === '') {
        this.#state = 'whole'
        return undefined
      }
      const trailer = headersIn([line])
      return typeof trailer === 'string' ? trailer : undefined
    }
    const size = CHUNK_SIZE.exec(line)?.[1]
    if (size === undefined) return 'a chunk does not say how long it is'
    this.#left = Number.parseInt(size, 16)
    this.#state = this.#left > 0 ? 'chunk' : 'trailer'
    return undefined
  }
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/
/** Thirteen hexadecimal digits are as much as a number holds exactly. Extensions are passed over. */
const CHUNK_SIZE = /^0*([0-9A-Fa-f]{1,13})(?:;[\w!#$%&'*+.^`|~-]+(?:=(?:[\w!#$%&'*+.^`|~-]+|"[\t\x20\x21\x23-\x5b\x5d-\x7e]*"))?)*$/
