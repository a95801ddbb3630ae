import { Known } from './xml-known.ts'
import { ASCII_NAME, isNcName } from './xml-names.ts'
import { NotWellFormed, type XmlLimits } from './xml-tree.ts'

export type QName = { readonly name: string; readonly prefix: string; readonly local: string }

/** Names of earlier documents. */
const KNOWN = new Known<QName>()

const [TAB, LF, CR, SPACE] = [0x09, 0x0a, 0x0d, 0x20]
export const isSpace = (code: number): boolean => code === SPACE || code === LF || code === TAB || code === CR

/** Where the reading stands in a text, what it has counted, and the names it has met: each is checked once. */
export class XmlCursor {
  readonly text: string
  readonly limits: XmlLimits
  at: number
  readonly #names = new Map<string, QName>()
  #nodes = 0

  constructor(text: string, at: number, limits: XmlLimits) {
    this.text = text
    this.at = at
    this.limits = limits
  }

  malformed(reason: string): NotWellFormed {
    return new NotWellFormed(reason, this.at)
  }

  countNode(): void {
    if (++this.#nodes > this.limits.nodes) throw this.malformed(`more than ${this.limits.nodes} nodes`)
  }

  skipSpace(): void {
    while (isSpace(this.text.charCodeAt(this.at))) this.at++
  }

  /** The first place from `from` on that is no name character; characters beyond ASCII are checked with the whole name. */
  nameEnd(from: number): number {
    let end = from
    for (let code = this.text.charCodeAt(end); code < 128 ? ASCII_NAME[code] === 1 : code >= 128; code = this.text.charCodeAt(++end));
    return end
  }

  /** The qualified name at `from`; moves behind it. */
  qname(from: number): QName {
    const end = this.nameEnd(from)
    const name = this.text.slice(from, end)
    this.at = end
    return KNOWN.get(name) ?? this.#names.get(name) ?? this.#newName(name)
  }

  #newName(name: string): QName {
    const qname = KNOWN.add(name, (own) => this.#checked(own))
    this.#names.set(name, qname)
    return qname
  }

  #checked(name: string): QName {
    const colon = name.indexOf(':')
    const qname = { name, prefix: colon < 0 ? '' : name.slice(0, colon), local: name.slice(colon + 1) }
    if (!isNcName(qname.local) || (colon >= 0 && !isNcName(qname.prefix))) throw this.malformed('a name that is not well-formed')
    return qname
  }
}
