import { forXmlReader } from '../../protocol/soap-charset.ts'
import type { SoapMessage } from '../../protocol/soap-envelope.ts'
import { IDENTIFIERS, SOAP, XROAD } from '../../protocol/soap-names.ts'
import { parseXml, type XmlDocument, type XmlElement } from '../../protocol/xml.ts'
import { child, childElements } from '../../protocol/xml-lookup.ts'

/**
 * The answer to a call of the node's own, in UTF-8: the envelope and the whole header as the question had them, and in the body an element named
 * after the call, in X-Road's namespace, with `inside`. The prefixes `xroad` and `id` are declared on it.
 */
export const answerWithBody = (request: SoapMessage, inside: string): Uint8Array => answerInNamespace(request, ['xroad', XROAD], inside)

/** The same with the element in another namespace, under a prefix that is declared on it. */
export function answerInNamespace(request: SoapMessage, [own, uri]: readonly [prefix: string, uri: string], inside: string): Uint8Array {
  const { root, text } = documentOf(request)
  const header = child(root, SOAP, 'Header') as XmlElement
  const prefix = root.prefix === '' ? '' : `${root.prefix}:`
  const name = `${own}:${request.service.serviceCode}Response`
  const body = `<${name} xmlns:${own}="${uri}" xmlns:id="${IDENTIFIERS}">${inside}</${name}>`
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n${text.slice(root.start, root.startEnd)}${text.slice(header.start, header.end)}` +
      `<${prefix}Body>${body}</${prefix}Body></${root.name}>`,
    'utf8',
  )
}

/** The one element in the body of a message. */
export function callIn(message: SoapMessage): XmlElement {
  const body = child(documentOf(message).root, SOAP, 'Body') as XmlElement
  return childElements(body)[0] as XmlElement
}

/** Read once more: the message was taken in, so it can be read. */
function documentOf({ bytes, charset }: SoapMessage): XmlDocument {
  const input = forXmlReader(bytes, charset)
  const document = input === undefined ? undefined : parseXml(input)
  if (!document?.ok) throw new Error('a SOAP message that cannot be read a second time')
  return document.value
}
