import { isXmlCharacter } from './xml-names.ts'
import { NotWellFormed } from './xml-tree.ts'

/** CR LF and a lone CR become LF, as XML 1.0 §2.11 says. References are not yet resolved: the CR of `&#13;` stays. */
export const normalizeLineEnds = (raw: string): string => (raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw)

/** An attribute's text as it stands in the file → its value. XML 1.0 §3.3.3, no type but CDATA without a DTD. */
export function attributeValue(raw: string, at: number): string {
  return resolveReferences(raw.replace(/\r\n|[\t\n\r]/g, ' '), at)
}

/** Replaces the five entities and character references; any other reference is refused. `at` is for the message only. */
export function resolveReferences(raw: string, at: number): string {
  let value = ''
  let from = 0
  for (let amp = raw.indexOf('&'); amp >= 0; amp = raw.indexOf('&', from)) {
    const end = raw.indexOf(';', amp)
    if (end < 0) throw new NotWellFormed('"&" begins no reference', at)
    value += raw.slice(from, amp) + referenced(raw.slice(amp + 1, end), at)
    from = end + 1
  }
  return from === 0 ? raw : value + raw.slice(from)
}

function referenced(name: string, at: number): string {
  switch (name) {
    case 'amp':
      return '&'
    case 'lt':
      return '<'
    case 'gt':
      return '>'
    case 'quot':
      return '"'
    case 'apos':
      return "'"
    default:
      return numbered(name, at)
  }
}

function numbered(name: string, at: number): string {
  if (!/^#(?:[0-9]+|x[0-9A-Fa-f]+)$/.test(name)) throw new NotWellFormed('a reference to an entity that is not declared', at)
  const code = Number(name[1] === 'x' ? `0${name.slice(1)}` : name.slice(1))
  if (!isXmlCharacter(code)) throw new NotWellFormed('a reference to a character that XML does not allow', at)
  return String.fromCodePoint(code)
}
