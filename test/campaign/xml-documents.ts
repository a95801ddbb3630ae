import type { Seeded } from './seeded.ts'

const NAMES = ['a', 'b', 'item', '_x', 'ñ', 'long-name.with_all1', '文', 'Id']
const PREFIXES = ['p', 'q', 'SOAP-ENV', 'ns2', 'é']
const URIS = ['urn:a', 'urn:b', 'http://example.org/x', 'urn:a:b', 'http://www.w3.org/2000/09/xmldsig#']
const TEXTS = [
  'text',
  ' ',
  '\n  ',
  '<',
  '&',
  '>',
  '"',
  "'",
  'ñandú',
  '\u{1f600}',
  '\u2028\u0085',
  '\r',
  'x'.repeat(90),
  ']]',
  '\ufffd',
  '\t',
]

type Scope = ReadonlyMap<string, string>

/** A well-formed document with namespaces, comments, instructions, CDATA, references, and freedom of form wherever XML gives some. */
export function wellFormed(random: Seeded): string {
  const aside = (): string => (random.chance(0.2) ? random.pick([comment(random), instruction(random), '\n', ' ']) : '')
  const declaration = random.chance(0.5)
    ? random.pick([
        '<?xml version="1.0"?>',
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        "<?xml  version = '1.0' encoding='utf-8' standalone='no' ?>",
      ])
    : ''
  return declaration + aside() + aside() + element(random, new Map(), 1 + random.below(5)) + aside() + aside()
}

function element(random: Seeded, outer: Scope, depth: number): string {
  const scope = new Map(outer)
  const declared = declarations(random, scope)
  const prefix = random.chance(0.4) ? random.pick([...scope.keys(), '']) : ''
  const name = prefix === '' ? random.pick(NAMES) : `${prefix}:${random.pick(NAMES)}`
  const parts = shuffled(random, [...declared, ...attributes(random, scope)])
  const tag = name + parts.map((part) => blanks(random, 1) + part).join('') + blanks(random, 0)
  if (random.chance(0.2)) return `<${tag}/>`
  return `<${tag}>${content(random, scope, depth)}</${name}${blanks(random, 0)}>`
}

function declarations(random: Seeded, scope: Map<string, string>): string[] {
  if (random.chance(0.6)) return []
  const chosen = new Set(Array.from({ length: 1 + random.below(3) }, () => random.pick([...PREFIXES, ''])))
  return [...chosen].map((prefix) => {
    const uri = prefix === '' && random.chance(0.3) ? '' : random.pick(URIS)
    if (prefix === '') return `xmlns="${uri}"`
    scope.set(prefix, uri)
    return `xmlns:${prefix}=${random.chance(0.5) ? `"${uri}"` : `'${uri}'`}`
  })
}

function attributes(random: Seeded, scope: Scope): string[] {
  const used = new Set<string>()
  return Array.from({ length: random.below(4) }, () => {
    const prefix = random.chance(0.4) ? random.pick([...scope.keys(), 'xml']) : ''
    const local = prefix === 'xml' ? random.pick(['lang', 'space', 'base', 'other']) : random.pick(NAMES)
    const expanded = `${local} ${prefix === '' ? '' : (scope.get(prefix) ?? prefix)}`
    if (used.has(expanded)) return ''
    used.add(expanded)
    return `${prefix === '' ? '' : `${prefix}:`}${local}${blanks(random, 0)}=${blanks(random, 0)}${quoted(random)}`
  }).filter(Boolean)
}

function quoted(random: Seeded): string {
  const quote = random.pick(['"', "'"])
  const value = Array.from({ length: random.below(4) }, () => characters(random, `<&${quote}`)).join('')
  return quote + value + quote
}

function content(random: Seeded, scope: Scope, depth: number): string {
  return Array.from({ length: random.below(5) }, () => {
    const kind = random.below(10)
    if (kind < 4 && depth > 0) return element(random, scope, depth - 1)
    if (kind === 4) return comment(random)
    if (kind === 5) return instruction(random)
    if (kind === 6) return `<![CDATA[${random.pick(['<&>', '', 'x', ']]', '\r\n', ' ]] > '])}]]>`
    return characters(random, '<&>')
  }).join('')
}

/** A piece of text in which each character of `never` is written as a reference, and others may be. */
function characters(random: Seeded, never: string): string {
  return [...random.pick(TEXTS)]
    .map((character) => (never.includes(character) || random.chance(0.02) ? reference(random, character) : character))
    .join('')
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['&', '&amp;'],
  ['"', '&quot;'],
  ["'", '&apos;'],
])
function reference(random: Seeded, character: string): string {
  const code = character.codePointAt(0) as number
  return random.pick([
    NAMED.get(character) ?? `&#${code};`,
    `&#${code};`,
    `&#x${code.toString(16)};`,
    `&#x00${code.toString(16).toUpperCase()};`,
  ])
}

const comment = (random: Seeded): string => `<!--${random.pick(['', 'c', ' a - b ', '<&>', '\r\n', 'é'])}-->`
const instruction = (random: Seeded): string =>
  `<?${random.pick(['pi', 'xml-stylesheet', 'ñ'])}${random.pick(['', ' ', ' data', '\n x="1"  ', ' <&> '])}?>`
const blanks = (random: Seeded, least: number): string =>
  ' '.repeat(least) + (random.chance(0.1) ? random.pick([' ', '\n', '\t', '\r\n']) : '')

function shuffled<T>(random: Seeded, list: T[]): T[] {
  for (let n = list.length - 1; n > 0; n--) {
    const other = random.below(n + 1)
    ;[list[n], list[other]] = [list[other] as T, list[n] as T]
  }
  return list
}

const PIECES = [
  '<',
  '>',
  '/',
  '&',
  ';',
  '"',
  "'",
  '=',
  ' ',
  ':',
  '!',
  '?',
  '-',
  '--',
  ']]>',
  '<!--',
  '-->',
  '<?',
  '?>',
  '<![CDATA[',
  'xmlns',
  'xmlns:',
  'xml',
  '&lt;',
  '&#x0;',
  '\u0001',
  '\r',
  '\n',
  '\ufffe',
  '</a>',
  '<a>',
  'p:',
  '<!DOCTYPE a>',
  '1',
  '\ud800',
  '\ufeff',
]

/** A document with one to three edits of a few characters: some stay well-formed. */
export function mutated(random: Seeded): string {
  let text = wellFormed(random)
  for (let edits = 1 + random.below(3); edits > 0; edits--) {
    const at = random.below(text.length + 1)
    const length = random.below(4)
    const piece = random.chance(0.5) ? random.pick(PIECES) : text.slice(random.below(text.length), random.below(text.length))
    text = text.slice(0, at) + (random.chance(0.4) ? '' : piece) + text.slice(at + length)
  }
  return text
}

/** Documents meant to hurt: each with whether it is to be accepted under the limits given. */
export function hostile(random: Seeded): { readonly text: string; readonly accepted: boolean; readonly what: string } {
  const size = random.chance(0.01) ? 20_000 : 1 + random.below(400)
  const many = (make: (n: number) => string): string => Array.from({ length: size }, (_, n) => make(n)).join('')
  const [what, text, accepted] = random.pick<readonly [string, () => string, boolean]>([
    ['depth', () => '<a>'.repeat(size) + '</a>'.repeat(size), size <= 128],
    ['depth, not closed', () => '<a>'.repeat(size), false],
    ['attributes', () => `<a${many((n) => ` a${n}="${n}"`)}/>`, size <= 256],
    ['declarations', () => `<a${many((n) => ` xmlns:a${n}="urn:${n}"`)}/>`, size <= 256],
    ['the same attribute', () => `<a${many(() => ' b="1"')}/>`, size < 2],
    ['siblings', () => `<a>${many(() => '<b/>')}</a>`, true],
    ['comments', () => `<a>${many(() => '<!--x-->')}</a>`, true],
    ['references', () => `<a>${many(() => '&amp;')}</a>`, true],
    ['ampersands', () => `<a>${many(() => '&')}</a>`, false],
    ['CDATA sections', () => `<a>${many(() => '<![CDATA[x]]>')}</a>`, true],
    ['CDATA not closed', () => `<a>${many(() => '<![CDATA[')}</a>`, false],
    ['comments not closed', () => `<a>${many(() => '<!-')}</a>`, false],
    ['a long name', () => `<${'n'.repeat(size)}/>`, true],
    ['a long number', () => `<a>&#${'0'.repeat(size)}65;</a>`, true],
    ['a number too large', () => `<a>&#${'9'.repeat(size + 8)};</a>`, false],
    ['blanks', () => `<a${' '.repeat(size)}/>`, true],
    ['a declaration of blanks', () => `<?xml${' '.repeat(size)}version="1.0"${' '.repeat(size)}?><a/>`, true],
    ['quotes', () => `<a b=${'"'.repeat(size)}/>`, size === 2],
    [
      'an entity bomb',
      () => `<!DOCTYPE a [<!ENTITY x0 "x">${many((n) => `<!ENTITY x${n + 1} "&x${n};&x${n};">`)}]><a>&x${size};</a>`,
      false,
    ],
    ['an external entity', () => `<!DOCTYPE a SYSTEM "file:///etc/passwd"><a>${many(() => 'x')}</a>`, false],
    ['an undeclared entity', () => `<a>${many((n) => `&x${n};`)}</a>`, false],
    ['a default that changes', () => `<a>${many((n) => `<b xmlns="urn:${n}"/>`)}</a>`, true],
  ]) as readonly [string, () => string, boolean]
  return { text: text(), accepted, what }
}
