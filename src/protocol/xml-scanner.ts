import { isSpace, XmlCursor } from './xml-cursor.ts'
import { isNcName } from './xml-names.ts'
import { normalizeLineEnds, resolveReferences } from './xml-references.ts'
import { type OpenElement, TagReader } from './xml-tags.ts'
import type { XmlDocument, XmlLimits, XmlNode } from './xml-tree.ts'

const [BANG, SLASH, LT, GT, QUESTION] = [0x21, 0x2f, 0x3c, 0x3e, 0x3f]

/**
 * Reads one document from its characters, front to back, once.
 *
 * Time is linear in the length of the text: every search starts where the last one ended or ends the reading,
 * names are checked once each, attributes of one element are compared through a set.
 */
export class XmlScanner {
  readonly #cursor: XmlCursor
  readonly #tags: TagReader
  // Whether the text holds such a thing at all: most documents do not, and then no value is looked at twice.
  readonly #references: boolean
  readonly #returns: boolean
  readonly #closers: boolean

  /** @param from where the content starts: after the XML declaration. */
  constructor(text: string, from: number, limits: XmlLimits) {
    this.#cursor = new XmlCursor(text, from, limits)
    this.#tags = new TagReader(this.#cursor)
    this.#references = text.includes('&')
    this.#returns = text.includes('\r')
    this.#closers = text.includes(']]>')
  }

  document(): XmlDocument {
    const cursor = this.#cursor
    const { text } = cursor
    const before = this.#aroundRoot()
    if (text.charCodeAt(cursor.at) !== LT) throw cursor.malformed('there is no root element')
    const root = this.#tags.startTag(null)
    if (root.end === 0) this.#content(root)
    const after = this.#aroundRoot()
    if (cursor.at < text.length) throw cursor.malformed('something follows the root element')
    return { root, before, after, text }
  }

  /** Comments, instructions and blanks outside the root element. Stops at anything else. */
  #aroundRoot(): readonly XmlNode[] {
    const { text } = this.#cursor
    const nodes: XmlNode[] = []
    for (;;) {
      this.#cursor.skipSpace()
      const { at } = this.#cursor
      const next = text.charCodeAt(at) === LT ? text.charCodeAt(at + 1) : 0
      if (next === BANG) this.#comment(nodes)
      else if (next === QUESTION) this.#instruction(nodes)
      else return nodes
    }
  }

  #content(root: OpenElement): void {
    const cursor = this.#cursor
    const { text } = cursor
    for (let element: OpenElement | null = root; element !== null; ) {
      const open = text.indexOf('<', cursor.at)
      if (open < 0) throw cursor.malformed('an element does not end')
      if (open > cursor.at) this.#characters(element.children, open)
      const next = text.charCodeAt(open + 1)
      if (next === SLASH) element = this.#tags.endTag(element)
      else if (next === BANG) this.#commentOrCdata(element.children)
      else if (next === QUESTION) this.#instruction(element.children)
      else element = this.#child(element)
    }
  }

  #child(parent: OpenElement): OpenElement {
    const element = this.#tags.startTag(parent)
    parent.children.push(element)
    return element.end === 0 ? element : parent
  }

  #characters(siblings: XmlNode[], end: number): void {
    const cursor = this.#cursor
    let value = cursor.text.slice(cursor.at, end)
    if (this.#closers && value.includes(']]>')) throw cursor.malformed('"]]>" in character data')
    if (this.#returns) value = normalizeLineEnds(value)
    if (this.#references) value = resolveReferences(value, cursor.at)
    this.#addText(siblings, value)
    cursor.at = end
  }

  #addText(siblings: XmlNode[], value: string): void {
    const last = siblings.at(-1)
    if (last?.kind === 'text') siblings[siblings.length - 1] = { kind: 'text', value: last.value + value }
    else if (value !== '') {
      this.#cursor.countNode()
      siblings.push({ kind: 'text', value })
    }
  }

  #commentOrCdata(siblings: XmlNode[]): void {
    if (this.#cursor.text.startsWith('<![CDATA[', this.#cursor.at)) this.#cdata(siblings)
    else this.#comment(siblings)
  }

  #cdata(siblings: XmlNode[]): void {
    const cursor = this.#cursor
    const from = cursor.at + 9
    const end = this.#closers ? cursor.text.indexOf(']]>', from) : -1
    if (end < 0) throw cursor.malformed('a CDATA section does not end')
    this.#addText(siblings, this.#lines(from, end))
    cursor.at = end + 3
  }

  #comment(siblings: XmlNode[]): void {
    const cursor = this.#cursor
    if (!cursor.text.startsWith('<!--', cursor.at)) throw cursor.malformed('a document type or other declaration')
    const from = cursor.at + 4
    const end = cursor.text.indexOf('--', from)
    if (end < 0 || cursor.text.charCodeAt(end + 2) !== GT) throw cursor.malformed('a comment does not end, or holds "--"')
    cursor.countNode()
    siblings.push({ kind: 'comment', value: this.#lines(from, end) })
    cursor.at = end + 3
  }

  #instruction(siblings: XmlNode[]): void {
    const cursor = this.#cursor
    const nameEnd = cursor.nameEnd(cursor.at + 2)
    const target = cursor.text.slice(cursor.at + 2, nameEnd)
    if (!isNcName(target) || /^xml$/i.test(target)) throw cursor.malformed('a processing instruction without a proper target')
    const end = cursor.text.indexOf('?>', nameEnd)
    if (end < 0 || (end > nameEnd && !isSpace(cursor.text.charCodeAt(nameEnd))))
      throw cursor.malformed('a processing instruction does not end')
    cursor.at = nameEnd
    cursor.skipSpace()
    cursor.countNode()
    siblings.push({ kind: 'instruction', target, value: this.#lines(Math.min(cursor.at, end), end) })
    cursor.at = end + 2
  }

  #lines(from: number, end: number): string {
    const raw = this.#cursor.text.slice(from, end)
    return this.#returns ? normalizeLineEnds(raw) : raw
  }
}
