import { base64 } from '../protocol/digests.ts'
import { escapeText } from '../protocol/xml-write.ts'

/** `<name>…</name>` around elements that are written already. */
export const element = (name: string, ...inside: readonly string[]): string => `<${name}>${inside.join('')}</${name}>`
export const textElement = (name: string, value: string | number | boolean): string => `<${name}>${escapeText(String(value))}</${name}>`
/** Nothing at all for nothing. */
export const optionalElement = (name: string, value: string | number | boolean | undefined): string =>
  value === undefined ? '' : textElement(name, value)
/** Schema type base64Binary. */
export const octetsElement = (name: string, bytes: Uint8Array): string => `<${name}>${base64(bytes)}</${name}>`

/** A whole document in UTF-8: each child of the root on a line of its own, so that two publications can be compared by eye. */
export function xmlDocument(name: string, namespaces: Readonly<Record<string, string>>, children: readonly string[]): Uint8Array {
  const declarations = Object.entries(namespaces).map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`)
  const lines = children.filter((child) => child !== '').map((child) => `  ${child}\n`)
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<${name}${declarations.join('')}>\n${lines.join('')}</${name}>\n`)
}
