import { Buffer } from 'node:buffer'
import type { XmlAttribute, XmlDocument, XmlElement, XmlInstruction, XmlNode } from '../protocol/xml.ts'
import { NamespaceBindings } from './canonical-bindings.ts'

export type CanonicalForm = {
  readonly exclusive?: boolean
  readonly comments?: boolean
  /** Exclusive form only: prefixes treated as the inclusive form does; '#default' is the default namespace. */
  readonly inclusivePrefixes?: readonly string[]
}

const XML_URI = 'http://www.w3.org/XML/1998/namespace'

/**
 * The canonical octets of a document, or of one element with all below it, in its document: the namespaces in scope
 * are rendered on it, and for the inclusive form `xml:*` attributes of its ancestors too.
 *
 * Never fails. For a reference by Id give `comments: false` whatever the algorithm says: such a node-set holds none.
 * Source: Canonical XML 1.0 §2; Exclusive XML Canonicalization 1.0 §3.
 */
export const canonicalize = (node: XmlElement | XmlDocument, form: CanonicalForm = {}): Uint8Array =>
  Buffer.from(canonicalText(node, form), 'utf8')

/** The same as characters: who only digests them needs no octets. */
export const canonicalText = (node: XmlElement | XmlDocument, form: CanonicalForm = {}): string =>
  'root' in node ? documentText(node, form) : elementText(node, form)

function documentText({ before, root, after }: XmlDocument, form: CanonicalForm): string {
  const writer = new CanonicalWriter(form)
  const lead = before.map((node) => writer.outside(node)).filter(Boolean)
  const trail = after.map((node) => writer.outside(node)).filter(Boolean)
  return [...lead, elementText(root, form), ...trail].join('\n')
}

function elementText(apex: XmlElement, form: CanonicalForm): string {
  const writer = new CanonicalWriter(form)
  const ancestors = ancestorsOf(apex)
  for (const { namespaces } of ancestors) for (const { prefix, uri } of namespaces) writer.inherit(prefix, uri)
  writer.element(apex, form.exclusive ? apex.attributes : withInherited(apex, ancestors))
  return writer.text
}

/** Outermost first. */
function ancestorsOf(element: XmlElement): XmlElement[] {
  const ancestors: XmlElement[] = []
  for (let up = element.parent; up; up = up.parent) ancestors.push(up)
  return ancestors.reverse()
}

/** The element's attributes and those `xml:*` of its ancestors that nothing nearer overrides. */
function withInherited(apex: XmlElement, ancestors: readonly XmlElement[]): readonly XmlAttribute[] {
  const inherited = new Map<string, XmlAttribute>()
  for (const { attributes } of ancestors) for (const each of attributes) if (each.uri === XML_URI) inherited.set(each.local, each)
  if (inherited.size === 0) return apex.attributes
  for (const each of apex.attributes) if (each.uri === XML_URI) inherited.delete(each.local)
  return [...apex.attributes, ...inherited.values()]
}

class CanonicalWriter {
  text = ''
  readonly #exclusive: boolean
  readonly #comments: boolean
  readonly #listed: ReadonlySet<string>
  readonly #scope = new NamespaceBindings()
  readonly #rendered = new NamespaceBindings()
  #atApex = true

  constructor({ exclusive = false, comments = false, inclusivePrefixes = [] }: CanonicalForm) {
    this.#exclusive = exclusive
    this.#comments = comments
    this.#listed = new Set(inclusivePrefixes.map((prefix) => (prefix === '#default' ? '' : prefix)))
  }

  inherit(prefix: string, uri: string): void {
    this.#scope.bind(prefix, uri)
  }

  element(element: XmlElement, attributes: readonly XmlAttribute[]): void {
    const scopeMark = this.#scope.mark()
    const renderedMark = this.#rendered.mark()
    for (const { prefix, uri } of element.namespaces) this.#scope.bind(prefix, uri)
    this.text += `<${element.name}`
    this.#namespaces(this.#candidates(element))
    this.#atApex = false
    this.#attributes(attributes)
    this.text += '>'
    for (const node of element.children) this.#node(node)
    this.text += `</${element.name}>`
    this.#scope.release(scopeMark)
    this.#rendered.release(renderedMark)
  }

  outside(node: XmlNode): string {
    if (node.kind === 'comment') return this.#comments ? `<!--${escaped(node.value, RETURN)}-->` : ''
    return node.kind === 'instruction' ? instructionText(node) : ''
  }

  #node(node: XmlNode): void {
    if (node.kind === 'text') this.text += escaped(node.value, IN_TEXT)
    else if (node.kind === 'element') this.element(node, node.attributes)
    else this.text += this.outside(node)
  }

  /** The prefixes that may need a declaration here: which of them do, the output ancestors decide. */
  #candidates(element: XmlElement): readonly string[] {
    if (!this.#exclusive) return this.#atApex ? this.#scope.prefixes() : element.namespaces.map(({ prefix }) => prefix)
    const utilized = new Set([element.prefix])
    for (const { prefix } of element.attributes) if (prefix !== '') utilized.add(prefix)
    if (this.#atApex) for (const prefix of this.#listed) utilized.add(prefix)
    else for (const { prefix } of element.namespaces) if (this.#listed.has(prefix)) utilized.add(prefix)
    return [...utilized]
  }

  #namespaces(candidates: readonly string[]): void {
    const missing = candidates.filter((prefix) => prefix !== 'xml' && this.#scope.uriOf(prefix) !== this.#rendered.uriOf(prefix))
    for (const prefix of missing.length > 1 ? missing.sort(byCodePoint) : missing) {
      const uri = this.#scope.uriOf(prefix)
      this.#rendered.bind(prefix, uri)
      this.text += ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${escaped(uri, IN_ATTRIBUTE)}"`
    }
  }

  #attributes(attributes: readonly XmlAttribute[]): void {
    const sorted =
      attributes.length > 1 ? [...attributes].sort((a, b) => byCodePoint(a.uri, b.uri) || byCodePoint(a.local, b.local)) : attributes
    for (const { name, value } of sorted) this.text += ` ${name}="${escaped(value, IN_ATTRIBUTE)}"`
  }
}

function instructionText({ target, value }: XmlInstruction): string {
  return value === '' ? `<?${target}?>` : `<?${target} ${escaped(value, RETURN)}?>`
}

const RETURN = /\r/g
const IN_TEXT = /[&<>\r]/g
const IN_ATTRIBUTE = /[&<"\t\n\r]/g
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}
const escaped = (value: string, what: RegExp): string => value.replace(what, (character) => ESCAPES[character] as string)

/** Character data as the canonical form writes it. */
export const escapeCanonicalText = (value: string): string => escaped(value, IN_TEXT)

/** By code point, as UTF-8 octets sort; UTF-16 units put surrogates before U+E000 to U+FFFF. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let n = 0; n < length; n++) {
    const x = a.charCodeAt(n)
    const y = b.charCodeAt(n)
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1
  }
  return a.length - b.length
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
