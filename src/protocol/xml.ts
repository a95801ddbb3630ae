import { ok } from '../base/result.ts'
import { type Outcome, refuse } from './faults.ts'
import { decodeXml, withoutMark, xmlDeclaration } from './xml-decode.ts'
import { FORBIDDEN_CHARACTER } from './xml-names.ts'
import { XmlScanner } from './xml-scanner.ts'
import { NotWellFormed, type XmlDocument, type XmlLimits } from './xml-tree.ts'

export type { XmlAttribute, XmlDocument, XmlElement, XmlInstruction, XmlLimits, XmlNode } from './xml-tree.ts'

/**
 * 16 MiB, as much as a gateway passes on. 128 elements deep: signatures need 11, the deepest clinical documents about 40,
 * and whoever walks the tree may recurse. 256 attributes on one element. 500,000 nodes, near 100 MB of memory: the largest
 * configuration of a national federation has some 100,000.
 */
export const XML_LIMITS: XmlLimits = { bytes: 16 * 1024 * 1024, depth: 128, attributes: 256, nodes: 500_000 }

/**
 * Reads a document: XML 1.0 (5th edition) with namespaces, without document type, without entities but the five.
 *
 * UTF-8, or UTF-16 with a byte order mark, or ISO-8859-1 or US-ASCII as declared. A string is taken as decoded already, whatever it declares.
 * Refuses with 'invalid_xml' what is not well-formed, what breaks a limit, and any document type declaration.
 * The detail names the rule and the character offset, never the content.
 */
export function parseXml(input: Uint8Array | string, limits: Partial<XmlLimits> = {}): Outcome<XmlDocument> {
  try {
    return ok(read(input, { ...XML_LIMITS, ...limits }))
  } catch (problem) {
    if (!(problem instanceof NotWellFormed)) throw problem
    return refuse('invalid_xml', `${problem.reason}, character ${problem.at}`)
  }
}

function read(input: Uint8Array | string, limits: XmlLimits): XmlDocument {
  if (input.length > limits.bytes) throw new NotWellFormed(`larger than ${limits.bytes} bytes`, 0)
  const text = typeof input === 'string' ? withoutMark(input) : decodeXml(input)
  const forbidden = text.search(FORBIDDEN_CHARACTER)
  if (forbidden >= 0) throw new NotWellFormed('a character that XML does not allow', forbidden)
  return new XmlScanner(text, xmlDeclaration(text).end, limits).document()
}
