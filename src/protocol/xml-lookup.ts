import type { XmlElement } from './xml-tree.ts'

/** The first child element of that expanded name. */
export function child(element: XmlElement, uri: string, local: string): XmlElement | undefined {
  return element.children.find((node): node is XmlElement => node.kind === 'element' && node.local === local && node.uri === uri)
}

/** All child elements of that expanded name, in order. */
export function childrenNamed(element: XmlElement, uri: string, local: string): XmlElement[] {
  return childElements(element).filter((node) => node.local === local && node.uri === uri)
}

export function childElements(element: XmlElement): XmlElement[] {
  return element.children.filter((node): node is XmlElement => node.kind === 'element')
}

/** The element's own character data, joined across comments and child elements; not trimmed. */
export function textOf(element: XmlElement): string {
  const [only] = element.children
  if (element.children.length === 1) return only?.kind === 'text' ? only.value : ''
  return element.children.map((node) => (node.kind === 'text' ? node.value : '')).join('')
}

/** The value of the attribute written with exactly this name, prefix included. */
export function attribute(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((each) => each.name === name)?.value
}

/** The element itself and all elements below it, in document order. */
export function elementsOf(element: XmlElement, found: XmlElement[] = []): XmlElement[] {
  found.push(element)
  for (const node of element.children) if (node.kind === 'element') elementsOf(node, found)
  return found
}

/** The same one by one, for a reader that may stop early. */
export function* descendants(element: XmlElement): Generator<XmlElement> {
  yield element
  for (const node of element.children) if (node.kind === 'element') yield* descendants(node)
}
