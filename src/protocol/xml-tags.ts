import type { QName, XmlCursor } from './xml-cursor.ts'
import { Known } from './xml-known.ts'
import { attributeValue } from './xml-references.ts'
import { NamespaceScope } from './xml-scope.ts'
import { NotWellFormed, type XmlAttribute, type XmlElement, type XmlNamespace, type XmlNode } from './xml-tree.ts'

/** An element under construction: what is not known before its tags are read is filled in. */
export type OpenElement = { -readonly [Key in keyof XmlElement]: XmlElement[Key] } & { children: XmlNode[]; parent: OpenElement | null }
type RawAttribute = { readonly qname: QName; readonly value: string }

const [SPACE, QUOTE, AMP, APOSTROPHE, SLASH, LT, EQUALS, GT] = [0x20, 0x22, 0x26, 0x27, 0x2f, 0x3c, 0x3d, 0x3e]
const NO_ATTRIBUTES: readonly XmlAttribute[] = Object.freeze([])
const NO_NAMESPACES: readonly XmlNamespace[] = Object.freeze([])

/** The same namespaces come in document after document. */
const URIS = new Known<string>()
const knownUri = (uri: string): string => URIS.get(uri) ?? URIS.add(uri, (own) => own)

/** Reads start and end tags, and knows which namespaces are in force between them. */
export class TagReader {
  readonly #cursor: XmlCursor
  readonly #scope = new NamespaceScope()
  #depth = 0

  constructor(cursor: XmlCursor) {
    this.#cursor = cursor
  }

  /** Reads a start tag or an empty-element tag; the latter has its `end` set. */
  startTag(parent: OpenElement | null): OpenElement {
    const cursor = this.#cursor
    const start = cursor.at
    cursor.countNode()
    const { name, prefix, local } = cursor.qname(start + 1)
    const attributes: RawAttribute[] = []
    const namespaces: XmlNamespace[] = []
    const empty = this.#attributes(attributes, namespaces)
    const element: OpenElement = {
      kind: 'element',
      name,
      prefix,
      local,
      uri: this.#scope.uriOf(prefix, start),
      attributes: attributes.length === 0 ? NO_ATTRIBUTES : this.#resolved(attributes, start),
      namespaces: namespaces.length === 0 ? NO_NAMESPACES : namespaces,
      children: [],
      parent,
      start,
      startEnd: cursor.at,
      endStart: 0,
      end: 0,
    }
    if (++this.#depth > cursor.limits.depth) throw cursor.malformed(`deeper than ${cursor.limits.depth} elements`)
    if (empty) this.#finish(element, cursor.at)
    return element
  }

  /** Reads the end tag of `element` and gives its parent. */
  endTag(element: OpenElement): OpenElement | null {
    const cursor = this.#cursor
    const at = cursor.at
    if (!cursor.text.startsWith(element.name, at + 2)) throw cursor.malformed('an end tag of another name')
    cursor.at = at + 2 + element.name.length
    cursor.skipSpace()
    if (cursor.text.charCodeAt(cursor.at) !== GT) throw cursor.malformed('an end tag of another name')
    cursor.at++
    return this.#finish(element, at)
  }

  #finish(element: OpenElement, endStart: number): OpenElement | null {
    element.endStart = endStart
    element.end = this.#cursor.at
    this.#depth--
    if (element.namespaces.length > 0) this.#scope.leave(element.namespaces.length)
    return element.parent
  }

  /** Up to and with the '>' of a start tag. true: it was '/>'. */
  #attributes(attributes: RawAttribute[], namespaces: XmlNamespace[]): boolean {
    const cursor = this.#cursor
    for (;;) {
      const before = cursor.at
      cursor.skipSpace()
      const code = cursor.text.charCodeAt(cursor.at)
      const empty = code === SLASH && cursor.text.charCodeAt(cursor.at + 1) === GT
      if (empty || code === GT) {
        cursor.at += empty ? 2 : 1
        if (namespaces.length > 1) this.#checkDeclarations(namespaces)
        return empty
      }
      if (cursor.at === before) throw cursor.malformed('a start tag that is not well-formed')
      this.#attribute(attributes, namespaces)
      cursor.countNode()
      if (attributes.length + namespaces.length > cursor.limits.attributes)
        throw cursor.malformed(`more than ${cursor.limits.attributes} attributes`)
    }
  }

  #checkDeclarations(namespaces: readonly XmlNamespace[]): void {
    const prefixes = new Set(namespaces.map(({ prefix }) => prefix))
    if (prefixes.size < namespaces.length) throw this.#cursor.malformed('a prefix declared twice')
  }

  #attribute(attributes: RawAttribute[], namespaces: XmlNamespace[]): void {
    const cursor = this.#cursor
    const at = cursor.at
    const qname = cursor.qname(at)
    cursor.skipSpace()
    if (cursor.text.charCodeAt(cursor.at) !== EQUALS) throw cursor.malformed('an attribute without a value')
    cursor.at++
    cursor.skipSpace()
    const value = this.#quoted()
    if (qname.name !== 'xmlns' && qname.prefix !== 'xmlns') attributes.push({ qname, value })
    else this.#declare(namespaces, { prefix: qname.prefix === '' ? '' : qname.local, uri: knownUri(value) }, at)
  }

  #declare(namespaces: XmlNamespace[], namespace: XmlNamespace, at: number): void {
    this.#scope.declare(namespace, at)
    namespaces.push(namespace)
  }

  #quoted(): string {
    const cursor = this.#cursor
    const { text } = cursor
    const from = cursor.at + 1
    const quote = text.charCodeAt(cursor.at)
    if (quote !== QUOTE && quote !== APOSTROPHE) throw cursor.malformed('an attribute value without quotes')
    let plain = true
    let end = from
    for (let code = text.charCodeAt(end); code !== quote; code = text.charCodeAt(++end)) {
      if (code === LT || Number.isNaN(code)) throw cursor.malformed('"<" in an attribute value, or no end of it')
      if (code === AMP || code < SPACE) plain = false
    }
    cursor.at = end + 1
    const raw = text.slice(from, end)
    return plain ? raw : attributeValue(raw, from)
  }

  #resolved(raw: readonly RawAttribute[], at: number): XmlAttribute[] {
    const attributes = raw.map(({ qname: { name, prefix, local }, value }) => {
      return { name, prefix, local, uri: prefix === '' ? '' : this.#scope.uriOf(prefix, at), value }
    })
    if (raw.length > 1 && new Set(attributes.map(({ uri, local }) => `${local} ${uri}`)).size < raw.length)
      throw new NotWellFormed('an attribute twice', at)
    return attributes
  }
}
