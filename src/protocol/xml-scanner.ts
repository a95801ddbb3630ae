import { ASCII_NAME, isNcName } from './xml-names.ts'
import { attributeValue, normalizeLineEnds, resolveReferences } from './xml-references.ts'
import { NamespaceScope } from './xml-scope.ts'
import {
  NotWellFormed,
  type XmlAttribute,
  type XmlDocument,
  type XmlElement,
  type XmlLimits,
  type XmlNamespace,
  type XmlNode,
} from './xml-tree.ts'

type QName = { readonly name: string; readonly prefix: string; readonly local: string }
type RawAttribute = { readonly qname: QName; readonly value: string }
/** An element under construction: what is not known before its tags are read is filled in. */
type Open = { -readonly [Key in keyof XmlElement]: XmlElement[Key] } & { children: XmlNode[]; parent: Open | null }

const TAB = 0x09,
  LF = 0x0a,
  CR = 0x0d,
  SPACE = 0x20,
  BANG = 0x21,
  QUOTE = 0x22,
  AMP = 0x26,
  APOSTROPHE = 0x27
const SLASH = 0x2f,
  LT = 0x3c,
  EQUALS = 0x3d,
  GT = 0x3e,
  QUESTION = 0x3f
const NO_ATTRIBUTES: readonly XmlAttribute[] = Object.freeze([])
const NO_NAMESPACES: readonly XmlNamespace[] = Object.freeze([])
const isSpace = (code: number): boolean => code === SPACE || code === LF || code === TAB || code === CR

/**
 * Reads one document from its characters, front to back, once.
 *
 * Time is linear in the length of the text: every search starts where the last one ended or ends the reading,
 * names are checked once each, attributes of one element are compared through a set.
 */
export class XmlScanner {
  readonly #text: string
  readonly #limits: XmlLimits
  readonly #scope = new NamespaceScope()
  readonly #names = new Map<string, QName>()
  // Whether the text holds such a thing at all: most documents do not, and then no value is looked at twice.
  readonly #references: boolean
  readonly #returns: boolean
  readonly #closers: boolean
  #at = 0
  #depth = 0
  #nodes = 0

  constructor(text: string, limits: XmlLimits) {
    this.#text = text
    this.#limits = limits
    this.#references = text.includes('&')
    this.#returns = text.includes('\r')
    this.#closers = text.includes(']]>')
  }

  /** @param from where the content starts: after the XML declaration. */
  document(from: number): XmlDocument {
    this.#at = from
    const before = this.#aroundRoot()
    if (this.#text.charCodeAt(this.#at) !== LT) throw this.#malformed('there is no root element')
    const root = this.#startTag(null)
    if (root.end === 0) this.#content(root)
    const after = this.#aroundRoot()
    if (this.#at < this.#text.length) throw this.#malformed('something follows the root element')
    return { root, before, after, text: this.#text }
  }

  #malformed(reason: string): NotWellFormed {
    return new NotWellFormed(reason, this.#at)
  }

  #countNode(): void {
    if (++this.#nodes > this.#limits.nodes) throw this.#malformed(`more than ${this.#limits.nodes} nodes`)
  }

  /** Comments, instructions and blanks outside the root element. Stops at anything else. */
  #aroundRoot(): readonly XmlNode[] {
    const nodes: XmlNode[] = []
    for (;;) {
      this.#skipSpace()
      const next = this.#text.charCodeAt(this.#at) === LT ? this.#text.charCodeAt(this.#at + 1) : 0
      if (next === BANG) this.#comment(nodes)
      else if (next === QUESTION) this.#instruction(nodes)
      else return nodes
    }
  }

  #content(root: Open): void {
    const text = this.#text
    for (let element: Open | null = root; element !== null; ) {
      const open = text.indexOf('<', this.#at)
      if (open < 0) throw this.#malformed('an element does not end')
      if (open > this.#at) this.#characters(element.children, open)
      const next = text.charCodeAt(open + 1)
      if (next === SLASH) element = this.#endTag(element)
      else if (next === BANG) this.#commentOrCdata(element.children)
      else if (next === QUESTION) this.#instruction(element.children)
      else element = this.#child(element)
    }
  }

  #child(parent: Open): Open {
    const element = this.#startTag(parent)
    parent.children.push(element)
    return element.end === 0 ? element : parent
  }

  #characters(siblings: XmlNode[], end: number): void {
    let value = this.#text.slice(this.#at, end)
    if (this.#closers && value.includes(']]>')) throw this.#malformed('"]]>" in character data')
    if (this.#returns) value = normalizeLineEnds(value)
    if (this.#references) value = resolveReferences(value, this.#at)
    this.#addText(siblings, value)
    this.#at = end
  }

  #addText(siblings: XmlNode[], value: string): void {
    const last = siblings.at(-1)
    if (last?.kind === 'text') siblings[siblings.length - 1] = { kind: 'text', value: last.value + value }
    else if (value !== '') {
      this.#countNode()
      siblings.push({ kind: 'text', value })
    }
  }

  #commentOrCdata(siblings: XmlNode[]): void {
    if (this.#text.startsWith('<![CDATA[', this.#at)) this.#cdata(siblings)
    else this.#comment(siblings)
  }

  #cdata(siblings: XmlNode[]): void {
    const from = this.#at + 9
    const end = this.#closers ? this.#text.indexOf(']]>', from) : -1
    if (end < 0) throw this.#malformed('a CDATA section does not end')
    this.#addText(siblings, this.#lines(from, end))
    this.#at = end + 3
  }

  #comment(siblings: XmlNode[]): void {
    if (!this.#text.startsWith('<!--', this.#at)) throw this.#malformed('a document type or other declaration')
    const from = this.#at + 4
    const end = this.#text.indexOf('--', from)
    if (end < 0 || this.#text.charCodeAt(end + 2) !== GT) throw this.#malformed('a comment does not end, or holds "--"')
    this.#countNode()
    siblings.push({ kind: 'comment', value: this.#lines(from, end) })
    this.#at = end + 3
  }

  #instruction(siblings: XmlNode[]): void {
    const nameEnd = this.#nameEnd(this.#at + 2)
    const target = this.#text.slice(this.#at + 2, nameEnd)
    if (!isNcName(target) || /^xml$/i.test(target)) throw this.#malformed('a processing instruction without a proper target')
    const end = this.#text.indexOf('?>', nameEnd)
    if (end < 0 || (end > nameEnd && !isSpace(this.#text.charCodeAt(nameEnd))))
      throw this.#malformed('a processing instruction does not end')
    this.#at = nameEnd
    this.#skipSpace()
    this.#countNode()
    siblings.push({ kind: 'instruction', target, value: this.#lines(Math.min(this.#at, end), end) })
    this.#at = end + 2
  }

  #lines(from: number, end: number): string {
    const raw = this.#text.slice(from, end)
    return this.#returns ? normalizeLineEnds(raw) : raw
  }

  /** Reads a start tag or an empty-element tag; the latter has its `end` set. */
  #startTag(parent: Open | null): Open {
    const start = this.#at
    this.#countNode()
    const qname = this.#qname(start + 1)
    const attributes: RawAttribute[] = []
    const namespaces: XmlNamespace[] = []
    const empty = this.#attributes(attributes, namespaces)
    if (namespaces.length > 1 && new Set(namespaces.map(({ prefix }) => prefix)).size < namespaces.length)
      throw this.#malformed('a prefix declared twice')
    const element: Open = {
      kind: 'element',
      name: qname.name,
      prefix: qname.prefix,
      local: qname.local,
      uri: this.#scope.uriOf(qname.prefix, start),
      attributes: attributes.length === 0 ? NO_ATTRIBUTES : this.#resolved(attributes, start),
      namespaces: namespaces.length === 0 ? NO_NAMESPACES : namespaces,
      children: [],
      parent,
      start,
      startEnd: this.#at,
      endStart: 0,
      end: 0,
    }
    if (++this.#depth > this.#limits.depth) throw this.#malformed(`deeper than ${this.#limits.depth} elements`)
    if (empty) this.#finish(element, this.#at)
    return element
  }

  #endTag(element: Open): Open | null {
    const at = this.#at
    if (!this.#text.startsWith(element.name, at + 2)) throw this.#malformed('an end tag of another name')
    this.#at = at + 2 + element.name.length
    this.#skipSpace()
    if (this.#text.charCodeAt(this.#at) !== GT) throw this.#malformed('an end tag of another name')
    this.#at++
    return this.#finish(element, at)
  }

  #finish(element: Open, endStart: number): Open | null {
    element.endStart = endStart
    element.end = this.#at
    this.#depth--
    if (element.namespaces.length > 0) this.#scope.leave(element.namespaces.length)
    return element.parent
  }

  /** Up to and with the '>' of a start tag. true: it was '/>'. */
  #attributes(attributes: RawAttribute[], namespaces: XmlNamespace[]): boolean {
    const text = this.#text
    for (;;) {
      const before = this.#at
      this.#skipSpace()
      const code = text.charCodeAt(this.#at)
      if (code === GT) {
        this.#at++
        return false
      }
      if (code === SLASH && text.charCodeAt(this.#at + 1) === GT) {
        this.#at += 2
        return true
      }
      if (this.#at === before) throw this.#malformed('a start tag that is not well-formed')
      this.#attribute(attributes, namespaces)
      this.#countNode()
      if (attributes.length + namespaces.length > this.#limits.attributes)
        throw this.#malformed(`more than ${this.#limits.attributes} attributes`)
    }
  }

  #attribute(attributes: RawAttribute[], namespaces: XmlNamespace[]): void {
    const at = this.#at
    const qname = this.#qname(at)
    this.#skipSpace()
    if (this.#text.charCodeAt(this.#at) !== EQUALS) throw this.#malformed('an attribute without a value')
    this.#at++
    this.#skipSpace()
    const value = this.#quoted()
    if (qname.name !== 'xmlns' && qname.prefix !== 'xmlns') attributes.push({ qname, value })
    else this.#declare(namespaces, { prefix: qname.prefix === '' ? '' : qname.local, uri: value }, at)
  }

  #declare(namespaces: XmlNamespace[], namespace: XmlNamespace, at: number): void {
    this.#scope.declare(namespace, at)
    namespaces.push(namespace)
  }

  #quoted(): string {
    const text = this.#text
    const from = this.#at + 1
    const quote = text.charCodeAt(this.#at)
    if (quote !== QUOTE && quote !== APOSTROPHE) throw this.#malformed('an attribute value without quotes')
    let plain = true
    let end = from
    for (let code = text.charCodeAt(end); code !== quote; code = text.charCodeAt(++end)) {
      if (code === LT || Number.isNaN(code)) throw this.#malformed('"<" in an attribute value, or no end of it')
      if (code === AMP || code < SPACE) plain = false
    }
    this.#at = end + 1
    const raw = text.slice(from, end)
    return plain ? raw : attributeValue(raw, from)
  }

  #resolved(raw: readonly RawAttribute[], at: number): XmlAttribute[] {
    const attributes = raw.map(({ qname, value }) => ({
      name: qname.name,
      prefix: qname.prefix,
      local: qname.local,
      uri: qname.prefix === '' ? '' : this.#scope.uriOf(qname.prefix, at),
      value,
    }))
    if (raw.length > 1 && new Set(attributes.map(({ uri, local }) => `${local} ${uri}`)).size < raw.length)
      throw new NotWellFormed('an attribute twice', at)
    return attributes
  }

  #skipSpace(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++
  }

  #nameEnd(from: number): number {
    let end = from
    for (let code = this.#text.charCodeAt(end); code < 128 ? ASCII_NAME[code] === 1 : code >= 128; code = this.#text.charCodeAt(++end));
    return end
  }

  #qname(from: number): QName {
    const end = this.#nameEnd(from)
    const name = this.#text.slice(from, end)
    this.#at = end
    return this.#names.get(name) ?? this.#newName(name)
  }

  #newName(name: string): QName {
    const colon = name.indexOf(':')
    const qname = { name, prefix: colon < 0 ? '' : name.slice(0, colon), local: name.slice(colon + 1) }
    if (!isNcName(qname.local) || (colon >= 0 && !isNcName(qname.prefix))) throw this.#malformed('a name that is not well-formed')
    this.#names.set(name, qname)
    return qname
  }
}
