import { byteOffset, type Charset, decodeIn } from './soap-charset.ts'
import type { SoapMessage } from './soap-envelope.ts'

/** The raw bytes that a start tag lends: its prefix with the colon (or nothing), and each attribute with the blanks before it. */
export type IdTag = { readonly prefix: Uint8Array; readonly attributes: readonly Uint8Array[] }

const NAME = /^<([^: \t\r\n/>]+:)?/
const ATTRIBUTE = /[ \t\r\n]+([^ \t\r\n=]+)[ \t\r\n]*=[ \t\r\n]*(?:"[^"]*"|'[^']*')/y

/** Takes the start tag of a message's id apart. Namespace declarations are attributes here; an algorithmId is left out: its place is taken. */
export function idTag({ bytes, charset, places: { idTag: place } }: SoapMessage): IdTag {
  const tag = bytes.subarray(...place)
  const text = decodeIn(tag, charset)
  const raw = (from: number, to: number) => tag.subarray(offset(text, from, charset), offset(text, to, charset))
  const prefix = (NAME.exec(text) as RegExpExecArray)[0].length
  const attributes: Uint8Array[] = []
  ATTRIBUTE.lastIndex = text.slice(prefix).search(/[ \t\r\n/>]/) + prefix
  for (let at = ATTRIBUTE.lastIndex, found = ATTRIBUTE.exec(text); found; at = ATTRIBUTE.lastIndex, found = ATTRIBUTE.exec(text))
    if (found[1] !== 'algorithmId') attributes.push(raw(at, ATTRIBUTE.lastIndex))
  return { prefix: raw(1, prefix), attributes }
}

/** Inside the document: no byte order mark comes before. */
const offset = (text: string, at: number, charset: Charset): number => byteOffset(text, at, { ...charset, mark: 0 })
