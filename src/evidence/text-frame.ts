import { Buffer } from 'node:buffer'

/** A place left open in a text. XML cannot hold this character, so no text of it does. */
export const HOLE = '\0'

/** A text with places left open, as octets: written again and again with little work, and recognised with less. */
export class TextFrame {
  /** What stands before, between and after the open places. */
  readonly #around: readonly Buffer[]
  readonly #octets: number

  /** Throws when `text` has another number of open places. */
  constructor(text: string, holes: number, encoding: 'utf8' | 'latin1' = 'utf8') {
    this.#around = text.split(HOLE).map((part) => Buffer.from(part, encoding))
    if (this.#around.length !== holes + 1) throw new Error(`a text with ${this.#around.length - 1} open places, not ${holes}`)
    this.#octets = this.#around.reduce((sum, { length }) => sum + length, 0)
  }

  /** The text whole. What goes into it is ASCII. */
  fill(...holes: readonly string[]): Buffer {
    const whole = Buffer.allocUnsafe(holes.reduce((sum, { length }) => sum + length, this.#octets))
    let at = 0
    this.#around.forEach((part, n) => {
      if (n > 0) at += whole.write(holes[n - 1] as string, at, 'latin1')
      at += part.copy(whole, at)
    })
    return whole
  }

  /**
   * What stands in the open places of octets that are this text otherwise, a character for each octet; null: they are not.
   * @param lengths of all but the last, which takes what is left
   */
  read(octets: Uint8Array, lengths: readonly number[]): readonly string[] | null {
    const last = octets.length - lengths.reduce((sum, length) => sum + length, this.#octets)
    if (last < 0) return null
    const bytes = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
    const holes: string[] = []
    let at = 0
    for (const [n, part] of this.#around.entries()) {
      if (n > 0) {
        const length = lengths[n - 1] ?? last
        holes.push(bytes.toString('latin1', at, at + length))
        at += length
      }
      if (bytes.compare(part, 0, part.length, at, at + part.length) !== 0) return null
      at += part.length
    }
    return at === bytes.length ? holes : null
  }
}
