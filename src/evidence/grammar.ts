import type { XmlAttribute, XmlElement } from '../protocol/xml.ts'
import { attribute, textOf } from '../protocol/xml-lookup.ts'
import { fromBase64Binary } from './base64-binary.ts'

/** The simple types that signatures and hash chains use. Source: XML Schema part 2. */
const SIMPLE = {
  string: () => true,
  // §3.2.17: after white space and characters beyond ASCII are taken for escaped, nearly every text is an anyURI.
  anyURI: () => true,
  base64Binary: (text: string) => fromBase64Binary(text) !== null,
  integer: (text: string) => /^[+-]?[0-9]+$/.test(text.trim()),
  dateTime: (text: string) => /^-?[0-9]{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/.test(text.trim()),
  boolean: (text: string) => /^(?:true|false|1|0)$/.test(text.trim()),
  ID: (text: string) => /^[\p{L}_][\p{L}\p{N}\p{M}._\u00b7-]*$/u.test(text.trim()),
  qualifier: (text: string) => text === 'OIDAsURI' || text === 'OIDAsURN',
} as const satisfies Record<string, (text: string) => boolean>
type SimpleType = keyof typeof SIMPLE

/** One element's rule. `content` is matched against its child elements' names, each followed by a blank. */
export type ElementRule = {
  readonly attributes: ReadonlyMap<string, { readonly type: SimpleType; readonly required: boolean }>
  readonly content: RegExp | SimpleType
  readonly mixed: boolean
}
/** Rules by namespace and local name. Names are written with the grammar's own prefixes, whatever the document uses. */
export type Grammar = ReadonlyMap<string, { readonly prefix: string; readonly rules: ReadonlyMap<string, NamedRule> }>
type NamedRule = { readonly name: string; readonly rule: ElementRule | undefined }

/**
 * Builds a grammar from rows of text.
 *
 * @param prefixes prefix → namespace
 * @param rows element → 'attributes | content'. An attribute is `Name:type`, with `!` when it is required.
 *   Content is one simple type, or a model of names with `? * + ( | )`, `any` standing for one element of any
 *   name and `other` for one outside XML Signature, `mixed` before a model with text.
 */
export function grammarOf(prefixes: Readonly<Record<string, string>>, rows: Readonly<Record<string, string>>): Grammar {
  const rules = rulesBy.get(prefixes) ?? new Map<string, ElementRule>()
  rulesBy.set(prefixes, rules)
  const named = Object.entries(rows).map(([name, row]): readonly [string, string, NamedRule] => {
    const [prefix = '', local = ''] = name.split(':')
    const rule = rules.get(row) ?? ruleOf(row)
    rules.set(row, rule)
    return [prefix, local, { name, rule }]
  })
  return new Map(
    Object.entries(prefixes).map(([prefix, uri]) => {
      const own = named.filter(([each]) => each === prefix).map(([, local, rule]) => [local, rule] as const)
      return [uri, { prefix, rules: new Map(own) }]
    }),
  )
}

/** Grammars over one and the same table of prefixes share the rules of rows that read alike. */
const rulesBy = new WeakMap<object, Map<string, ElementRule>>()

function ruleOf(row: string): ElementRule {
  const split = row.indexOf('|')
  const words = row.slice(0, split).split(' ').filter(Boolean)
  const model = row.slice(split + 1).trim()
  return {
    attributes: new Map(words.map(attributeRule)),
    content: model in SIMPLE ? (model as SimpleType) : contentModel(model.replace(/^mixed/, '')),
    mixed: model.startsWith('mixed'),
  }
}

function attributeRule(word: string): [string, { type: SimpleType; required: boolean }] {
  const [name = '', type = ''] = word.replace('!', '').split(':')
  if (!(type in SIMPLE)) throw new Error(`no simple type ${type}`)
  return [name, { type: type as SimpleType, required: word.endsWith('!') }]
}

function contentModel(model: string): RegExp {
  const parts = model.split(' ').map((word) => word.replaceAll('(', '(?:').replace(NAME, (name) => `(?:${WILDCARDS.get(name) ?? name} )`))
  return new RegExp(`^${parts.join('')}$`)
}
const NAME = /[a-z]+:[A-Za-z0-9]+|\b(?:any|other)\b/g
const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ['any', '\\S+'],
  ['other', '(?!ds:)\\S+'],
])

/**
 * The first thing in which an element, with all below it, breaks the grammar; null when it keeps it. Attributes of type ID are unique.
 * What an element keeps is remembered with it: under a second grammar only the contents for which that one has other rules are looked at.
 *
 * @param outside what an element without a rule may be: 'anything', as a lax wildcard allows, or 'nothing'
 */
export function violation(element: XmlElement, grammar: Grammar, outside: 'anything' | 'nothing'): string | null {
  const kept = keptBy.get(element)
  const violated = elementViolation({ element, ...ruleFor(grammar, element) }, { grammar, outside, kept, ids: new Set() })
  if (violated === null) keptBy.set(element, grammar)
  return violated
}

/** The grammar that an element, with all below it, is known to keep. */
const keptBy = new WeakMap<XmlElement, Grammar>()

type Walk = {
  readonly grammar: Grammar
  readonly outside: 'anything' | 'nothing'
  readonly kept: Grammar | undefined
  readonly ids: Set<string>
}

/** An element with its name as the grammar writes it, and its rule if there is one. */
type Named = NamedRule & { readonly element: XmlElement }

function ruleFor(grammar: Grammar, { uri, local }: XmlElement): NamedRule {
  const namespace = grammar.get(uri)
  return namespace?.rules.get(local) ?? { name: `${namespace?.prefix ?? 'other'}:${local}`, rule: undefined }
}

function elementViolation({ element, name, rule }: Named, walk: Walk): string | null {
  if (!rule && walk.outside === 'nothing') return `${name} has no place here`
  const below = namedChildren(element, walk.grammar)
  const isKept = walk.kept !== undefined && ruleFor(walk.kept, element).rule === rule
  const own = rule && (attributesViolation(element, rule, walk.ids) ?? (isKept ? null : contentViolation(element, below, rule)))
  if (own) return `${name}: ${own}`
  for (const each of below) {
    const violated = elementViolation(each, walk)
    if (violated) return violated
  }
  return null
}

const NO_CHILDREN: readonly Named[] = []

function namedChildren({ children }: XmlElement, grammar: Grammar): readonly Named[] {
  if (children.length === 0 || (children.length === 1 && children[0]?.kind === 'text')) return NO_CHILDREN
  const named: Named[] = []
  for (const node of children) {
    if (node.kind !== 'element') continue
    const { name, rule } = ruleFor(grammar, node)
    named.push({ element: node, name, rule })
  }
  return named
}

const XSI = 'http://www.w3.org/2001/XMLSchema-instance'

function attributesViolation(element: XmlElement, rule: ElementRule, ids: Set<string>): string | null {
  for (const each of element.attributes) {
    if (each.uri === XSI && each.local !== 'type' && each.local !== 'nil') continue
    const known = each.uri === '' ? rule.attributes.get(each.local) : undefined
    if (!known) return `attribute ${each.name} is not allowed`
    if (!isOfType(each, known.type, ids)) return `attribute ${each.name} is no ${known.type}`
  }
  for (const [name, { required }] of rule.attributes)
    if (required && attribute(element, name) === undefined) return `attribute ${name} is missing`
  return null
}

function isOfType({ value }: XmlAttribute, type: SimpleType, ids: Set<string>): boolean {
  if (type === 'ID' && ids.size === ids.add(value.trim()).size) return false
  return SIMPLE[type](value)
}

function contentViolation(element: XmlElement, below: readonly Named[], rule: ElementRule): string | null {
  if (typeof rule.content === 'string') {
    if (below.length > 0) return 'child elements are not allowed'
    return SIMPLE[rule.content](textOf(element)) ? null : `the text is no ${rule.content}`
  }
  if (!rule.mixed && element.children.length > below.length && textOf(element).trim() !== '') return 'text is not allowed'
  let names = ''
  for (const { name } of below) names += `${name} `
  return rule.content.test(names) ? null : `the child elements are not those expected: ${names.slice(0, 200)}`
}
