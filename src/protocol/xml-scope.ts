import { NotWellFormed, type XmlNamespace } from './xml-tree.ts'

export const XML_URI = 'http://www.w3.org/XML/1998/namespace'
export const XMLNS_URI = 'http://www.w3.org/2000/xmlns/'

/** The namespace declarations in force while a document is read. Source: Namespaces in XML 1.0 (3rd edition). */
export class NamespaceScope {
  readonly #bound = new Map<string, string>([['xml', XML_URI]])
  /** What each declaration replaced, innermost last. */
  readonly #replaced: (readonly [prefix: string, uri: string | undefined])[] = []

  declare(namespace: XmlNamespace, at: number): void {
    const { prefix, uri } = namespace
    checkDeclaration(prefix, uri, at)
    this.#replaced.push([prefix, this.#bound.get(prefix)])
    this.#bound.set(prefix, uri)
  }

  /** Forgets the last `count` declarations: their element has ended. */
  leave(count: number): void {
    for (let n = 0; n < count; n++) {
      const [prefix, uri] = this.#replaced.pop() as [string, string | undefined]
      if (uri === undefined) this.#bound.delete(prefix)
      else this.#bound.set(prefix, uri)
    }
  }

  /** '' for no prefix without a default namespace; a prefix nobody declared is refused. */
  uriOf(prefix: string, at: number): string {
    const uri = this.#bound.get(prefix)
    if (uri === undefined && prefix !== '') throw new NotWellFormed('a prefix that is not declared', at)
    return uri ?? ''
  }
}

function checkDeclaration(prefix: string, uri: string, at: number): void {
  if (prefix === 'xmlns' || uri === XMLNS_URI) throw new NotWellFormed('xmlns is bound by nature', at)
  if ((prefix === 'xml') !== (uri === XML_URI))
    throw new NotWellFormed('xml is bound to another namespace, or its own to another prefix', at)
  if (uri === '' && prefix !== '') throw new NotWellFormed('a prefix cannot be undeclared', at)
}
