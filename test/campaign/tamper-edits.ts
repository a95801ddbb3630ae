import { Buffer } from 'node:buffer'
import type { Seeded } from './seeded.ts'

/** One change of an XML document: the new text, or null when this document has nothing of the kind. */
export type XmlEdit = (text: string, random: Seeded, other: string) => string | null

/** Every place where `pattern` matches; one of them is replaced. */
const at =
  (pattern: RegExp, replace: (match: RegExpMatchArray, random: Seeded) => string): XmlEdit =>
  (text, random) => {
    const matches = [...text.matchAll(pattern)]
    if (matches.length === 0) return null
    const match = random.pick(matches)
    return text.slice(0, match.index) + replace(match, random) + text.slice(match.index + match[0].length)
  }

const swapped =
  (pattern: RegExp): XmlEdit =>
  (text, random) => {
    const matches = [...text.matchAll(pattern)]
    if (matches.length < 2) return null
    const first = random.below(matches.length - 1)
    const [a, b] = [matches[first], matches[first + 1 + random.below(matches.length - first - 1)]] as [RegExpExecArray, RegExpExecArray]
    const between = text.slice(a.index + a[0].length, b.index)
    return text.slice(0, a.index) + b[0] + between + a[0] + text.slice(b.index + b[0].length)
  }

const TAG = /<[A-Za-z][^<>]*>/g
const LEAF = /<([A-Za-z][\w:.-]*)(\s[^<>]*)?>([^<]*)<\/\1>/g
const EMPTY = /<([A-Za-z][\w:.-]*)(\s[^<>]*)?\/>|<([A-Za-z][\w:.-]*)(\s[^<>]*)?><\/\3>/g
const ATTRIBUTE = / ([\w:.-]+)="([^"]*)"/g
const BASE64 = />([A-Za-z0-9+/]{16,}={0,2})</g

/** What somebody with an editor, or with a program that "only" writes XML anew, can do to a document. */
export const XML_EDITS: Readonly<Record<string, XmlEdit>> = {
  'a blank inside a tag': at(TAG, ([tag]) => tag.replace(/\s|\/?>$/, (end) => ` ${end}`)),
  'a line feed before a tag': at(TAG, ([tag]) => `\n${tag}`),
  'a comment': at(TAG, ([tag]) => `<!-- -->${tag}`),
  'an instruction': at(TAG, ([tag]) => `<?x?>${tag}`),
  'an empty CDATA section': at(TAG, ([tag]) => `<![CDATA[]]>${tag}`),
  'text in a CDATA section': at(LEAF, ([, name, attributes = '', text = '']) => `<${name}${attributes}><![CDATA[${text}]]></${name}>`),
  'a character as a reference': at(
    />([^<&]{1,})</g,
    ([, text = '']) => `>&#x${text.codePointAt(0)?.toString(16)};${text.slice((text.codePointAt(0) as number) > 0xffff ? 2 : 1)}<`,
  ),
  'an attribute value changed': at(
    ATTRIBUTE,
    ([, name, value = ''], random) => ` ${name}="${value.slice(0, random.below(value.length + 1))}x${value.slice(1)}"`,
  ),
  'an attribute removed': at(ATTRIBUTE, () => ''),
  'an attribute added': at(TAG, ([tag]) => tag.replace(/\/?>$/, (end) => ` x="y"${end}`)),
  'single quotes': at(ATTRIBUTE, ([, name, value]) => ` ${name}='${value}'`),
  'a namespace declared': at(TAG, ([tag]) => tag.replace(/\/?>$/, (end) => ` xmlns:q="urn:q"${end}`)),
  'attributes in another order': at(/( [\w:.-]+="[^"]*")( [\w:.-]+="[^"]*")/g, ([, a, b]) => `${b}${a}`),
  'an empty element written the other way': at(EMPTY, ([all, a, b = '', c, d = '']) =>
    all.endsWith('/>') ? `<${a}${b}></${a}>` : `<${c}${d}/>`,
  ),
  'an element removed': at(LEAF, () => ''),
  'an element twice': at(LEAF, ([element]) => element + element),
  'an element renamed': at(LEAF, ([, name = '', attributes = '', text]) => `<${name}X${attributes}>${text}</${name}X>`),
  'two elements exchanged': swapped(LEAF),
  'base64 with a line break': at(BASE64, ([, text = ''], random) => {
    const cut = 1 + random.below(text.length - 1)
    return `>${text.slice(0, cut)}\n${text.slice(cut)}<`
  }),
  'base64 with a character changed': at(BASE64, ([, text = ''], random) => {
    const cut = random.below(text.length)
    return `>${text.slice(0, cut)}${text[cut] === 'A' ? 'B' : 'A'}${text.slice(cut + 1)}<`
  }),
  'base64 with other spare bits': at(
    />([A-Za-z0-9+/]+)([A-Za-z0-9+/])(={1,2})</g,
    ([, text, last = '', pad]) => `>${text}${nextBase64(last)}${pad}<`,
  ),
  'base64 cut short': at(BASE64, ([, text = '']) => `>${text.slice(0, 4 * Math.floor(text.length / 8))}<`),
  'text changed': at(/>([^<]+)</g, ([, text = ''], random) => {
    const cut = random.below(text.length)
    return `>${text.slice(0, cut)}7${text.slice(cut + 1)}<`
  }),
  'the declaration removed': at(/^<\?xml[^>]*\?>\n?/g, () => ''),
  'the declaration changed': at(/ standalone="(?:yes|no)"/g, () => ''),
  'a byte order mark': (text) => `\ufeff${text}`,
  'a line feed at the end': (text) => `${text}\n`,
  'every element on its own line': (text) => text.replaceAll('><', '>\n<'),
  'line ends as CR LF': (text) => (text.includes('\n') ? text.replaceAll('\n', '\r\n') : null),
  'a prefix renamed throughout': (text) =>
    /xmlns:(\w+)/.exec(text)?.[1] ? renamePrefix(text, /xmlns:(\w+)/.exec(text)?.[1] as string) : null,
  'an element out of another document': (text, random, other) => {
    const foreign = [...other.matchAll(LEAF)]
    if (foreign.length === 0) return null
    const wanted = random.pick(foreign)
    const same = [...text.matchAll(LEAF)].filter(([, name]) => name === wanted[1])
    if (same.length === 0) return null
    const place = random.pick(same)
    return text.slice(0, place.index) + wanted[0] + text.slice(place.index + place[0].length)
  },
}

function nextBase64(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  return alphabet[alphabet.indexOf(character) ^ 1] as string
}

const renamePrefix = (text: string, prefix: string): string =>
  text
    .replaceAll(`xmlns:${prefix}=`, 'xmlns:zz=')
    .replaceAll(`<${prefix}:`, '<zz:')
    .replaceAll(`</${prefix}:`, '</zz:')
    .replaceAll(` ${prefix}:`, ' zz:')

/** One bit, one octet put in, taken out or overwritten, the end cut off. */
export function damageOf(bytes: Uint8Array, random: Seeded): Uint8Array {
  if (bytes.length === 0) return Buffer.from([random.below(256)])
  const place = random.below(bytes.length)
  const copy = Buffer.from(bytes)
  switch (random.below(5)) {
    case 0:
    case 1:
      copy[place] = (copy[place] as number) ^ (1 << random.below(8))
      return copy
    case 2:
      return Buffer.concat([copy.subarray(0, place), Buffer.from([random.below(256)]), copy.subarray(place)])
    case 3:
      return Buffer.concat([copy.subarray(0, place), copy.subarray(place + 1)])
    default:
      return copy.subarray(0, place)
  }
}

export function bitFlipped(bytes: Uint8Array, random: Seeded): Uint8Array {
  const copy = Buffer.from(bytes)
  const place = random.below(Math.max(copy.length, 1))
  if (copy.length > 0) copy[place] = (copy[place] as number) ^ (1 << random.below(8))
  return copy
}
