import { ok } from '../../base/result.ts'
import type { Outcome } from '../../protocol/faults.ts'
import { parseXml, type XmlElement } from '../../protocol/xml.ts'
import { descendants } from '../../protocol/xml-lookup.ts'
import { SOAP11, WSDL_LIMITS } from './wsdl.ts'

/** What stands where a service's own address stood: nobody outside calls it there. Source: X-Road PR-META §4.3. */
const NOWHERE = 'http://example.org/xroad-endpoint'
/** Ports of any kind: internal addresses are nobody's business. */
const BINDINGS = new Set([SOAP11, 'http://schemas.xmlsoap.org/wsdl/soap12/', 'http://schemas.xmlsoap.org/wsdl/http/'])

/**
 * A WSDL document as others may see it: the location of every port's address replaced, all other characters as they were, in UTF-8.
 * Refused with 'invalid_xml' when it is not well-formed or has a document type.
 */
export function withoutAddresses(bytes: Uint8Array): Outcome<Uint8Array> {
  const document = parseXml(bytes, WSDL_LIMITS)
  if (!document.ok) return document
  const { root, text } = document.value
  let result = ''
  let at = 0
  for (const { start, end } of [...descendants(root)].flatMap((element) => locationIn(element, text))) {
    result += text.slice(at, start) + NOWHERE
    at = end
  }
  return ok(Buffer.from(inUtf8(result + text.slice(at)), 'utf8'))
}

type Span = { readonly start: number; readonly end: number }
/** One attribute of a well-formed start tag; its value is between the quotes. */
const ATTRIBUTE = /\s+([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y

/** Where in the text the value of an address's `location` stands. */
function locationIn({ local, uri, name, start }: XmlElement, text: string): readonly Span[] {
  if (local !== 'address' || !BINDINGS.has(uri)) return []
  ATTRIBUTE.lastIndex = start + 1 + name.length
  for (let found = ATTRIBUTE.exec(text); found; found = ATTRIBUTE.exec(text)) {
    if (found[1] !== 'location') continue
    const end = ATTRIBUTE.lastIndex - 1
    return [{ start: end - (found[2] ?? found[3] ?? '').length, end }]
  }
  return []
}

/** The text was decoded by its declaration and goes out as UTF-8, so the declaration must say so. */
function inUtf8(text: string): string {
  const declaration = /^<\?xml[^>]*\?>/.exec(text)?.[0] ?? ''
  const encoding = /encoding\s*=\s*["']([^"']*)["']/.exec(declaration)
  if (!encoding || encoding[1]?.toUpperCase() === 'UTF-8') return text
  return declaration.replace(encoding[0], 'encoding="UTF-8"') + text.slice(declaration.length)
}
