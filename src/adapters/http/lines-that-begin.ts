const LF = 0x0a
const CR = 0x0d

/** Looks through octets, piece by piece, for a line that begins with a text. A line ends in CR, LF or both; the first octet begins one. */
export class LinesThatBegin {
  readonly #start: Buffer
  /** The end of what came before: as much as the text may have begun in, and the octet before that. */
  #tail: Buffer = Buffer.from([LF])
  #found = false

  constructor(start: string) {
    this.#start = Buffer.from(start, 'latin1')
  }

  get found(): boolean {
    return this.#found
  }

  push(piece: Uint8Array): void {
    if (this.#found) return
    const [whole, view] = [this.#start.length, Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)]
    // what lies across the two, then what lies in the new piece alone
    const across = Buffer.concat([this.#tail, view.subarray(0, whole)])
    this.#found = this.#isIn(across) || this.#isIn(view)
    const joined = view.length > whole ? view : Buffer.concat([this.#tail, view])
    this.#tail = Buffer.from(joined.subarray(Math.max(0, joined.length - whole)))
  }

  #isIn(bytes: Buffer): boolean {
    for (let at = bytes.indexOf(this.#start, 1); at >= 0; at = bytes.indexOf(this.#start, at + 1))
      if (bytes[at - 1] === LF || bytes[at - 1] === CR) return true
    return false
  }
}
