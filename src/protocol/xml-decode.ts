import { isAscii, isUtf8 } from 'node:buffer'
import { NotWellFormed } from './xml-tree.ts'

const BOM = 0xfeff
const S = '[ \\t\\r\\n]'
const quoted = (value: string): string => `(?:"(?:${value})"|'(?:${value})')`
/** XMLDecl, XML 1.0 §2.8; version 1.0 only. */
const DECLARATION = new RegExp(
  `<\\?xml${S}+version${S}*=${S}*${quoted('1\\.0')}(?:${S}+encoding${S}*=${S}*(${quoted('[A-Za-z][A-Za-z0-9._-]*')}))?` +
    `(?:${S}+standalone${S}*=${S}*${quoted('yes|no')})?${S}*\\?>`,
  'y',
)

/** Where the content starts, and the encoding the declaration names (lower case), if there is one. */
export function xmlDeclaration(text: string): { readonly end: number; readonly encoding?: string } {
  if (!/^<\?xml[ \t\r\n]/.test(text)) return { end: 0 }
  DECLARATION.lastIndex = 0
  const found = DECLARATION.exec(text)
  if (!found) throw new NotWellFormed('the XML declaration is not that of XML 1.0', 0)
  return found[1] ? { end: found[0].length, encoding: found[1].slice(1, -1).toLowerCase() } : { end: found[0].length }
}

/**
 * The characters of a document, byte order mark dropped.
 * UTF-8 unless a byte order mark or the declaration says UTF-16, ISO-8859-1 or US-ASCII; one that contradicts the bytes is refused.
 * Source: XML 1.0 §4.3.3, appendix F.1.
 */
export function decodeXml(bytes: Uint8Array): string {
  const [b0, b1, b2] = bytes
  if (b0 === 0xff && b1 === 0xfe) return utf16(bytes, 'utf-16le')
  if (b0 === 0xfe && b1 === 0xff) return utf16(bytes, 'utf-16be')
  if (b0 === 0xef && b1 === 0xbb && b2 === 0xbf) return utf8WithMark(bytes.subarray(3))
  return byDeclaration(bytes)
}

export function withoutMark(text: string): string {
  if (!text.isWellFormed()) throw new NotWellFormed('half a surrogate pair', 0)
  return text.charCodeAt(0) === BOM ? text.slice(1) : text
}

function utf16(bytes: Uint8Array, label: 'utf-16le' | 'utf-16be'): string {
  const text = decodeStrictly(label, bytes)
  if (!['utf-16', label, undefined].includes(xmlDeclaration(text).encoding)) throw otherEncoding()
  return text
}

function utf8WithMark(bytes: Uint8Array): string {
  const text = utf8(bytes)
  if (!['utf-8', undefined].includes(xmlDeclaration(text).encoding)) throw otherEncoding()
  return text
}

function byDeclaration(bytes: Uint8Array): string {
  switch (xmlDeclaration(latin1(bytes.subarray(0, 200))).encoding ?? 'utf-8') {
    case 'utf-8':
      return utf8(bytes)
    case 'us-ascii':
      if (!isAscii(bytes)) throw new NotWellFormed('not US-ASCII as declared', 0)
      return latin1(bytes)
    case 'iso-8859-1':
      return latin1(bytes)
    default:
      throw otherEncoding()
  }
}

const otherEncoding = (): NotWellFormed => new NotWellFormed('the declared encoding is unknown or not that of the bytes', 0)
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const latin1 = (bytes: Uint8Array): string => asBuffer(bytes).toString('latin1')

function utf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new NotWellFormed('not UTF-8', 0)
  return asBuffer(bytes).toString('utf8')
}

function decodeStrictly(label: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes)
  } catch {
    throw new NotWellFormed(`not ${label.toUpperCase()}`, 0)
  }
}
