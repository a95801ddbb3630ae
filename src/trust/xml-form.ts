import { ok } from '../base/result.ts'
import { type FaultCode, type Outcome, refuse } from '../protocol/faults.ts'
import { parseXml, type XmlElement } from '../protocol/xml.ts'
import { textOf } from '../protocol/xml-lookup.ts'

/** X-Road's own documents: the root is in this namespace, everything below it in none. */
export const XROAD = 'http://x-road.eu/xsd/xroad.xsd'
/** The largest configurations of national federations have some ten thousand members. */
const LIMITS = { bytes: 64 * 1024 * 1024, nodes: 3_000_000, depth: 32 }

/** Thrown inside a form's reader and caught by `readForm`, which answers the form's code. */
class NotOfForm {
  readonly why: string
  constructor(why: string) {
    this.why = why
  }
}
export function notOfForm(why: string): never {
  throw new NotOfForm(why)
}

/** Reads a document with a given root element by `read`, which calls `notOfForm` when something is not as the schema says. */
export function readForm<T>(code: FaultCode, bytes: Uint8Array, root: string, read: (root: XmlElement) => T): Outcome<T> {
  const document = parseXml(bytes, LIMITS)
  if (!document.ok) return refuse(code, document.fault.detail)
  if (document.value.root.local !== root || document.value.root.uri !== XROAD) return refuse(code, `the root element is not ${root}`)
  try {
    return ok(read(document.value.root))
  } catch (problem) {
    if (!(problem instanceof NotOfForm)) throw problem
    return refuse(code, problem.why)
  }
}

type Rule = { readonly name: string; readonly times: '' | '?' | '*' | '+' }
/** The child elements an element may have, in this order: 'name', 'name?', 'name*', 'name+'. */
export type Form = { readonly rules: readonly Rule[]; readonly open: boolean }

/** `open`: after all of them anything may follow, as in the tail that leaves room for later versions. */
export function form(names: readonly string[], open: 'open' | 'closed' = 'closed'): Form {
  const rules = names.map((text) => ({ name: text.replace(/[?*+]$/, ''), times: (/[?*+]$/.exec(text)?.[0] ?? '') as Rule['times'] }))
  return { rules, open: open === 'open' }
}

/** The children of one element, sorted by name. */
export class Parts {
  private readonly found: ReadonlyMap<string, readonly XmlElement[]>
  readonly tail: readonly XmlElement[]
  constructor(found: ReadonlyMap<string, readonly XmlElement[]>, tail: readonly XmlElement[]) {
    this.found = found
    this.tail = tail
  }
  all(name: string): readonly XmlElement[] {
    return this.found.get(name) ?? []
  }
  maybe(name: string): XmlElement | undefined {
    return this.found.get(name)?.[0]
  }
  /** Only for names the form demands. */
  one(name: string): XmlElement {
    return this.maybe(name) as XmlElement
  }
  text(name: string): string {
    return textOf(this.one(name))
  }
  maybeText(name: string): string | undefined {
    const element = this.maybe(name)
    return element && textOf(element)
  }
}

/** Holds an element to a form: order, number and names of its children, and no text between them. */
export function partsOf(element: XmlElement, { rules, open }: Form): Parts {
  const found = new Map<string, XmlElement[]>()
  const tail: XmlElement[] = []
  let at = 0
  for (const node of element.children) {
    if (node.kind === 'text' && /[^ \t\r\n]/.test(node.value)) notOfForm(`text inside <${element.name}>`)
    if (node.kind !== 'element') continue
    const next = tail.length > 0 || node.uri !== '' ? -1 : placeOf(node.local, rules, at, found)
    if (next >= 0) {
      at = next
      const same = found.get(node.local)
      if (same) same.push(node)
      else found.set(node.local, [node])
    } else if (open && isComplete(rules.slice(at), found)) tail.push(node)
    else notOfForm(`<${node.name}> is not expected there in <${element.name}>`)
  }
  const missing = rules.slice(at).find((rule) => !isEnough(rule, found))
  return missing ? notOfForm(`<${element.name}> has no <${missing.name}>`) : new Parts(found, tail)
}

/** Where in the form the next child stands: here again, or further on over what may be left out. -1: nowhere. */
function placeOf(name: string, rules: readonly Rule[], from: number, found: ReadonlyMap<string, unknown>): number {
  for (let at = from; at < rules.length; at++) {
    const rule = rules[at] as Rule
    const more = rule.times === '*' || rule.times === '+' || !found.has(rule.name)
    if (rule.name === name) return more ? at : -1
    if (!isEnough(rule, found)) return -1
  }
  return -1
}

const isEnough = ({ name, times }: Rule, found: ReadonlyMap<string, unknown>): boolean => times === '?' || times === '*' || found.has(name)
const isComplete = (rules: readonly Rule[], found: ReadonlyMap<string, unknown>): boolean => rules.every((rule) => isEnough(rule, found))
