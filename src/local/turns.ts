/**
 * Who begins next. One piece of work begins in a turn of the event loop, and whoever has something to say about work that is under way is heard in
 * between: so what many ask for at once leaves one after the other instead of all together at the end. Where several wait, each in its own line, the
 * lines take turns: who asks twenty times as much waits for itself.
 */
export class Turns {
  /** Those who wait, by whose they are; the line that is next stands first. */
  readonly #lines = new Map<string, (() => void)[]>()
  #taken = false

  /** Resolves when the next of `whose` may begin; at once where nobody else has begun in this turn. */
  take(whose: string): Promise<void> | undefined {
    if (!this.#taken) return this.#begin()
    return new Promise((begin) => {
      const line = this.#lines.get(whose)
      if (line) line.push(begin)
      else this.#lines.set(whose, [begin])
    })
  }

  #begin(): undefined {
    this.#taken = true
    setImmediate(() => this.#next())
    return undefined
  }

  #next(): void {
    const [first] = this.#lines
    if (!first) {
      this.#taken = false
      return
    }
    const [whose, line] = first
    this.#lines.delete(whose)
    const begin = line.shift()
    if (line.length > 0) this.#lines.set(whose, line)
    this.#begin()
    begin?.()
  }
}
