/** What is held of a kind, and the longest: a hostile document fills the places and gains nothing but that others are read as slowly as before. */
const MOST = 1000
const LONGEST = 100

/**
 * Values by strings that come again in document after document (names, namespaces), so that each is looked into once a process and not
 * once a document. Measured on signatures and hash chains: 3 % of an exchange.
 */
export class Known<T> {
  readonly #values = new Map<string, T>()

  get(text: string): T | undefined {
    return this.#values.get(text)
  }

  /** @param make is given the text in a copy of its own: a slice would hold the whole document. */
  add(text: string, make: (own: string) => T): T {
    if (this.#values.size >= MOST || text.length > LONGEST) return make(text)
    const own = Buffer.from(text, 'utf8').toString('utf8')
    const value = make(own)
    this.#values.set(own, value)
    return value
  }
}
