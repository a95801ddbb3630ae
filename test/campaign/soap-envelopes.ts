import type { Seeded } from './seeded.ts'

/** One envelope, and what must be read in it; `expected` is null when a defect was planted. */
export type EnvelopeCase = {
  readonly text: string
  readonly charset: CharsetName
  readonly expected: string | null
  /** The same text with `hash` spliced in as the rules say. Only for envelopes without defect. */
  readonly spliced: (hash: string) => string
}
export type CharsetName = keyof typeof ENCODE

const bare = (text: string): Buffer => Buffer.from(text, 'utf8')
/** Every charset a message may come in, by how its text becomes bytes. The text holds only characters the charset has. */
export const ENCODE = {
  '': bare,
  'UTF-8': bare,
  'UTF-8 with a mark': (text: string) => Buffer.from(`\ufeff${text}`, 'utf8'),
  'ISO-8859-1': (text: string) => Buffer.from(text, 'latin1'),
  'us-ascii': (text: string) => Buffer.from(text, 'latin1'),
  'windows-1252': (text: string) => Buffer.from(text, 'latin1'),
  'UTF-16': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16 big': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  'UTF-16LE': (text: string) => Buffer.from(text, 'utf16le'),
  'UTF-16BE': (text: string) => Buffer.from(text, 'utf16le').swap16(),
} as const
const CHARSETS = Object.keys(ENCODE) as readonly CharsetName[]

type Style = {
  readonly random: Seeded
  readonly soap: string
  readonly x: string
  readonly i: string
  readonly letters: readonly string[]
}
const ASCII = ['a', 'B', '0', '9', '-', '.', '_', ':', '/', ' ', '(', '&', '<', '"', '>']
const LATIN = ['ñ', 'Á', 'ü', '\u00a0', '\u00ad']
const WIDE = ['中', '\u{1f600}', '\ufeff', '\u2028', 'Ж']

function styleFor(random: Seeded, charset: CharsetName): Style {
  const letters = charset === 'us-ascii' ? ASCII : /8859|1252/.test(charset) ? [...ASCII, ...LATIN] : [...ASCII, ...LATIN, ...WIDE]
  const prefixes = charset === 'us-ascii' ? ['p', 'q2', 'X-Y'] : ['p', 'ñ', 'SOAP-ENV']
  return {
    random,
    letters,
    soap: random.pick(['soap', 'S', 'env']),
    x: random.pick([...prefixes, '']),
    i: random.pick(['id', 'i', 'é'].slice(0, charset === 'us-ascii' ? 2 : 3)),
  }
}

const value = ({ random, letters }: Style, most = 12): string =>
  Array.from({ length: random.below(most) }, () => random.pick(letters)).join('')
/** Never blank, so it can be a component of an identifier. */
const code = (style: Style): string => `${style.random.pick(['C', 'm', '7'])}${value(style, 6)}`

/** A value as it may stand in a document: escaped, split by comments and CDATA, as references. */
function written({ random }: Style, text: string): string {
  return [...text]
    .map((character) => {
      const way = random.below(20)
      if (way === 0) return `<!--${random.pick(['', 'x', ' <a> '])}-->${escaped(character)}`
      if (way === 1) return `<![CDATA[${character}]]>`
      if (way === 2) return `&#${character.codePointAt(0)};`
      if (way === 3) return `&#x${character.codePointAt(0)?.toString(16)};`
      return escaped(character)
    })
    .join('')
}
const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (found) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[found] as string)

const blanks = ({ random }: Style): string => random.pick(['', '', '\n  ', ' ', '\t', '\r\n'])
const named = (prefix: string, local: string): string => (prefix === '' ? local : `${prefix}:${local}`)

/** An element of the X-Road namespace: with the prefix of the document, or one of its own. */
function field(style: Style, local: string, attributes: string, inside: string): string {
  const own = style.random.chance(0.1)
  const name = named(own ? 'own' : style.x, local)
  const declared = own ? ` xmlns:own="http://x-road.eu/xsd/xroad.xsd"` : ''
  return `<${name}${declared}${attributes}>${inside}</${name}${style.random.pick(['', ' '])}>`
}

type Component = readonly [local: string, text: string]
function identifier(style: Style, local: string, kind: string, parts: readonly Component[]): string {
  const { random, i } = style
  const written_ = parts.map(([name, text]) => `${blanks(style)}<${i}:${name}>${written(style, text)}</${i}:${name}>`)
  const order = random.chance(0.3) ? shuffled(random, written_) : written_
  const unknown = random.chance(0.1) ? `<${i}:other/>` : ''
  return field(style, local, ` ${i}:objectType=${random.pick([`"${kind}"`, `'${kind}'`])}`, order.join('') + unknown + blanks(style))
}

export function shuffled<T>(random: Seeded, list: readonly T[]): T[] {
  const left = [...list]
  return list.map(() => left.splice(random.below(left.length), 1)[0] as T)
}

const member = (style: Style): readonly Component[] => ['xRoadInstance', 'memberClass', 'memberCode'].map((name) => [name, code(style)])
const told = (parts: readonly Component[]): string =>
  parts
    .map(([name, text]) => `${name}=${text}`)
    .sort()
    .join('|')

type Fields = {
  readonly pieces: Record<string, string>
  readonly expected: Record<string, string>
  readonly service: string
  readonly idText: string
  readonly idAttributes: string
  readonly idPrefix: string
}

/** Every field of a header, some of them left out. */
function fieldsFor(style: Style): Fields {
  const { random, x } = style
  const client = random.chance(0.5) ? member(style) : [...member(style), ['subsystemCode', code(style)] as const]
  const service = `s${random.pick(['', 'v', 'w9'])}`
  const called = [
    ...member(style),
    ...(random.chance(0.5) ? [['subsystemCode', code(style)] as const] : []),
    ['serviceCode', service] as const,
    ...(random.chance(0.3) ? [['serviceVersion', code(style)] as const] : []),
  ]
  const server = [...member(style), ['serverCode', code(style)] as const]
  const [id, version, userId, issue, hash, party] = [
    value(style),
    `4.${value(style, 3)}`,
    value(style),
    value(style),
    value(style),
    value(style),
  ]
  const ownId = random.chance(0.1)
  const idAttributes =
    (ownId ? ' xmlns:k="http://x-road.eu/xsd/xroad.xsd"' : '') +
    random.pick(['', '', ' a="1"', "\n b = '\"'", ` ${style.i}:c="&lt;&#233;"`])
  const withAlgorithm = random.chance(0.1) ? ' algorithmId="x"' : ''
  const idName = named(ownId ? 'k' : x, 'id')
  const idText =
    id === '' && random.chance(0.5)
      ? `<${idName}${idAttributes}${withAlgorithm}/>`
      : `<${idName}${idAttributes}${withAlgorithm}>${written(style, id)}</${idName}>`
  const pieces: Record<string, string> = {
    client: identifier(style, 'client', client.length > 3 ? 'SUBSYSTEM' : 'MEMBER', client),
    service: identifier(style, 'service', 'SERVICE', called),
    id: idText,
    protocolVersion: field(style, 'protocolVersion', '', written(style, version)),
  }
  const expected: Record<string, string> = { client: told(client), service: told(called), id, protocolVersion: version }
  const may = (name: string, piece: string, meaning: string): void => {
    if (random.chance(0.6)) return
    pieces[name] = piece
    expected[name] = meaning
  }
  may('userId', field(style, 'userId', '', written(style, userId)), userId)
  may('issue', issue === '' ? `<${named(x, 'issue')}/>` : field(style, 'issue', '', written(style, issue)), issue)
  may('requestHash', field(style, 'requestHash', ' algorithmId="old"', written(style, hash)), hash)
  may('securityServer', identifier(style, 'securityServer', 'SERVER', server), told(server))
  may(
    'representedParty',
    `<r:representedParty xmlns:r="http://x-road.eu/xsd/representation.xsd"><r:partyCode>${written(style, party)}</r:partyCode></r:representedParty>`,
    party,
  )
  may(
    'securityToken',
    `<t:securityToken xmlns:t="http://x-road.eu/xsd/security-token.xsd" tokenType="jwt">${written(style, userId)}</t:securityToken>`,
    userId,
  )
  if (random.chance(0.2)) pieces.unknown = `<${named(x, 'unknown')}><${named(x, 'client')}/></${named(x, 'unknown')}>`
  return { pieces, expected, service, idText, idAttributes, idPrefix: ownId ? 'k' : x }
}

/** An envelope in the freedoms that XML, SOAP and the message protocol give, with up to two defects where `defective`. */
export function envelopeCase(random: Seeded, defective: boolean): EnvelopeCase {
  const charset = random.pick(CHARSETS)
  const style = styleFor(random, charset)
  const { pieces, expected, service, idText, idAttributes, idPrefix } = fieldsFor(style)
  const call = `${service}${random.pick(['', 'Response', 'Request', 'x'])}`
  const parts: Parts = {
    declaration: declarationFor(style, charset),
    style,
    header: shuffled(random, Object.entries(pieces)),
    call,
    before: '',
    body: undefined,
    wrap: (text) => text,
  }
  const planted = defective
    ? Array.from({ length: 1 + random.below(2) }, () => random.pick(DEFECTS)).reduce((made, defect) => defect(made, random), parts)
    : parts
  const text = envelopeText(planted)
  const spliced = (hash: string): string => {
    const name = named(idPrefix, 'requestHash')
    const element = `<${name}${idAttributes} algorithmId="http://www.w3.org/2001/04/xmlenc#sha512">${hash}</${name}>`
    return text.replace(pieces.requestHash ?? '\0', '').replace(idText, () => idText + element)
  }
  return { text, charset, expected: defective ? null : JSON.stringify({ ...sorted(expected), call }), spliced }
}

export const sorted = (fields: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))

function declarationFor({ random }: Style, charset: CharsetName): string {
  const name = charset.replace(/ .*/, '')
  const optional = ['', 'UTF-8', 'UTF-16'].includes(name)
  if (name === '' || (optional && random.chance(0.3))) return random.pick(['', '<?xml version="1.0"?>\n'])
  return `<?xml version="1.0" encoding=${random.pick([`"${name}"`, `'${name.toLowerCase()}'`])}${random.pick(['', ' standalone="yes"'])} ?>${random.pick(['', '\n'])}`
}

type Parts = {
  readonly declaration: string
  readonly before: string
  readonly style: Style
  readonly header: readonly (readonly [string, string])[] | null
  readonly call: string
  readonly body: string | null | undefined
  readonly wrap: (text: string) => string
}

function envelopeText({ declaration, before, style, header, call, body, wrap }: Parts): string {
  const { random, soap, x, i } = style
  const namespaces = shuffled(random, [
    `xmlns:${soap}="http://schemas.xmlsoap.org/soap/envelope/"`,
    `xmlns${x && `:${x}`}="http://x-road.eu/xsd/xroad.xsd"`,
    `xmlns:${i}='http://x-road.eu/xsd/identifiers'`,
  ])
  const head =
    header === null ? '' : `<${soap}:Header>${header.map(([, piece]) => blanks(style) + piece).join('')}<!--end--></${soap}:Header>`
  const inside = body === undefined ? `<${call}>${written(style, value(style))}</${call}>` : body
  const tail = inside === null ? '' : `<${soap}:Body>${blanks(style)}${inside}${blanks(style)}</${soap}:Body>`
  const envelope = `<${soap}:Envelope ${namespaces.join(blanks(style) || ' ')}>${blanks(style)}${head}${blanks(style)}${tail}${blanks(style)}</${soap}:Envelope>`
  return declaration + before + wrap(envelope) + random.pick(['', '\n', '<!-- after -->\n'])
}

type Defect = (parts: Parts, random: Seeded) => Parts
const changed =
  (name: string, change: (piece: string) => string): Defect =>
  (parts) => ({
    ...parts,
    header: parts.header === null ? null : parts.header.map(([each, piece]) => [each, each === name ? change(piece) : piece]),
  })
const without =
  (name: string): Defect =>
  (parts) => ({ ...parts, header: parts.header === null ? null : parts.header.filter(([each]) => each !== name) })
const twice: Defect = (parts, random) => {
  if (!parts.header || parts.header.length === 0) return parts
  const again = random.pick(parts.header)
  const at = random.below(parts.header.length + 1)
  return { ...parts, header: parts.header.toSpliced(at, 0, again) }
}
const body =
  (make: (parts: Parts) => string | null): Defect =>
  (parts) => ({ ...parts, body: make(parts) })
const wrapped =
  (wrap: (text: string, style: Style) => string): Defect =>
  (parts) => ({ ...parts, wrap: (text) => wrap(parts.wrap(text), parts.style) })

const DEFECTS: readonly Defect[] = [
  ...['client', 'service', 'id', 'protocolVersion'].map(without),
  twice,
  twice,
  twice,
  changed('protocolVersion', (piece) => piece.replace(/>[^<]*</, '>3.1<')),
  changed('client', (piece) => piece.replace('objectType', 'type')),
  changed('client', (piece) => piece.replace(/"(?:MEMBER|SUBSYSTEM)"|'(?:MEMBER|SUBSYSTEM)'/, '"SERVICE"')),
  changed('service', (piece) => piece.replaceAll('serviceCode', 'groupCode')),
  changed('service', (piece) => piece.replace(/(<(?:\w|é)+:memberCode>).*?(<\/(?:\w|é)+:memberCode>)/, '$1 $2')),
  changed('client', (piece) => piece.replace(/<((?:\w|é)+):memberClass>.*?<\/\1:memberClass>/, '$&$&')),
  changed('securityServer', (piece) => piece.replaceAll('serverCode', 'code')),
  changed('representedParty', (piece) => piece.replaceAll('partyCode', 'partyClass')),
  (parts) => ({ ...parts, header: null }),
  body(() => null),
  body(() => ''),
  body(({ call }) => `<${call}/><${call}/>`),
  body(({ call }) => `<not-${call}/>`),
  body(({ style: { soap } }) => `<${soap}:Fault><faultcode>c</faultcode></${soap}:Fault>`),
  body(({ style: { soap }, call }) => `<${soap}:Fault/><${call}/>`),
  wrapped((text) => text.replace('schemas.xmlsoap.org/soap/envelope/', 'www.w3.org/2003/05/soap-envelope')),
  wrapped((text, { soap }) => text.replace(`</${soap}:Envelope>`, `<${soap}:Body/></${soap}:Envelope>`)),
  wrapped((text, { soap }) => text.replace(`</${soap}:Envelope>`, `<${soap}:Header/></${soap}:Envelope>`)),
  (parts) => ({ ...parts, before: '<!DOCTYPE a [<!ENTITY e "x">]>' }),
]
