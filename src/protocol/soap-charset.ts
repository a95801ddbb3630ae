/** How the characters of an XML document stand in its bytes. */
export type Charset = {
  /** In lower case, as WHATWG names it: 'utf-8', 'utf-16le', 'iso-8859-1', 'windows-1252'. */
  readonly name: string
  /** Length of the byte order mark, in bytes. */
  readonly mark: 0 | 2 | 3
}

/** One byte a character, as `TextDecoder` knows them. ISO-8859-1 and US-ASCII are read by the XML reader itself. */
const SINGLE_BYTE = /^(?:iso-8859-(?:[2-8]|1[03-6])|windows-(?:874|125[0-8])|koi8-[ru]|ibm866|macintosh)$/
const READ_BY_XML = new Set(['utf-8', 'us-ascii', 'iso-8859-1'])

/** By the byte order mark, else by the declaration, else UTF-8; what HTTP says does not count. XML 1.0 §4.3.3, appendix F.1. */
export function charsetOf(bytes: Uint8Array): Charset {
  const [b0, b1, b2, b3] = bytes
  if (b0 === 0xef && b1 === 0xbb && b2 === 0xbf) return { name: 'utf-8', mark: 3 }
  if (b0 === 0xff && b1 === 0xfe) return { name: 'utf-16le', mark: 2 }
  if (b0 === 0xfe && b1 === 0xff) return { name: 'utf-16be', mark: 2 }
  if (b0 === 0x3c && b1 === 0 && b3 === 0) return { name: 'utf-16le', mark: 0 }
  if (b0 === 0 && b1 === 0x3c && b2 === 0) return { name: 'utf-16be', mark: 0 }
  const start = viewOf(bytes.subarray(0, 200)).toString('latin1')
  const declared = /^<\?xml[ \t\r\n][^>?]*?encoding[ \t\r\n]*=[ \t\r\n]*["']([A-Za-z0-9._-]+)/.exec(start)?.[1]
  return { name: declared?.toLowerCase() ?? 'utf-8', mark: 0 }
}

/** What the XML reader is given: the bytes where it decodes them itself, else the characters. undefined: not of that charset, or it is unknown. */
export function forXmlReader(bytes: Uint8Array, { name, mark }: Charset): Uint8Array | string | undefined {
  if (mark > 0 || READ_BY_XML.has(name)) return bytes
  if (!SINGLE_BYTE.test(name) && !name.startsWith('utf-16')) return undefined
  try {
    return new TextDecoder(name, { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** The characters of a stretch of a document that was read. */
export function decodeIn(bytes: Uint8Array, { name }: Charset): string {
  return READ_BY_XML.has(name) && name !== 'utf-8'
    ? viewOf(bytes).toString('latin1')
    : new TextDecoder(name, { ignoreBOM: true }).decode(bytes)
}

/** Where the character at `at` (counted in UTF-16 units, without the mark) begins, in bytes. */
export function byteOffset(text: string, at: number, { name, mark }: Charset): number {
  if (name === 'utf-8') return mark + Buffer.byteLength(text.slice(0, at), 'utf8')
  return mark + (name.startsWith('utf-16') ? 2 * at : at)
}

/** ASCII text in that charset. */
export function asciiIn(text: string, { name }: Charset): Uint8Array {
  if (!name.startsWith('utf-16')) return Buffer.from(text, 'latin1')
  const bytes = Buffer.from(text, 'utf16le')
  return name === 'utf-16le' ? bytes : bytes.swap16()
}

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
