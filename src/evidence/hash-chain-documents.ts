import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { parseXml, type XmlElement } from '../protocol/xml.ts'
import { attribute, child, childElements, childrenNamed, textOf } from '../protocol/xml-lookup.ts'
import { fromBase64Binary } from './base64-binary.ts'
import { grammarOf, violation } from './grammar.ts'

/** `algorithm` is the member's own XML-DSig digest URI; without it the chain's default holds. */
export type ChainMember =
  | { readonly kind: 'value'; readonly algorithm?: string; readonly value: Uint8Array }
  | { readonly kind: 'step'; readonly algorithm?: string; readonly uri: string }
  | {
      readonly kind: 'data'
      readonly algorithm?: string
      readonly uri: string
      readonly transforms?: readonly string[]
      readonly value: Uint8Array
    }
export type ChainStep = { readonly id: string; readonly members: readonly ChainMember[] }
export type HashChain = { readonly algorithm?: string; readonly steps: readonly ChainStep[] }
export type HashChainResult = { readonly uri: string; readonly algorithm?: string; readonly value: Uint8Array }

export const HC = 'http://cyber.ee/hashchain'
export const DS = 'http://www.w3.org/2000/09/xmldsig#'

/** The schema of X-Road hash chains, with the parts of XML Signature it uses. */
const GRAMMAR = grammarOf(
  { hc: HC, ds: DS },
  {
    'hc:HashChain': '| hc:DefaultDigestMethod? hc:HashStep*',
    'hc:DefaultDigestMethod': 'Algorithm:anyURI! | mixed other*',
    'hc:HashStep': 'id:ID | (hc:HashValue|hc:StepRef|hc:DataRef)*',
    'hc:HashValue': '| ds:DigestMethod? ds:Transforms? ds:DigestValue',
    'hc:StepRef': 'URI:anyURI! | ds:DigestMethod?',
    'hc:DataRef': 'URI:anyURI! | ds:DigestMethod? ds:Transforms? ds:DigestValue',
    'hc:HashChainResult': 'URI:anyURI! | ds:DigestMethod? ds:DigestValue',
    'ds:DigestMethod': 'Algorithm:anyURI! | mixed other*',
    'ds:DigestValue': '| base64Binary',
    'ds:Transforms': '| ds:Transform+',
    'ds:Transform': 'Algorithm:anyURI! | mixed (ds:XPath|other)*',
  },
)

/** Reads a result document: 'malformed_hash_chain' unless it is one to the letter of the schema. */
export function readChainResult(bytes: Uint8Array): Outcome<HashChainResult> {
  const root = rootOf(bytes, 'HashChainResult')
  if (!root.ok) return root
  const value = digestValue(root.value)
  return ok({ uri: attribute(root.value, 'URI') ?? '', value, ...algorithm(child(root.value, DS, 'DigestMethod')) })
}

/** Reads a chain document: 'malformed_hash_chain' unless it is one to the letter of the schema. */
export function readChain(bytes: Uint8Array): Outcome<HashChain> {
  const root = rootOf(bytes, 'HashChain')
  if (!root.ok) return root
  const steps = childrenNamed(root.value, HC, 'HashStep').map((step) => ({
    id: attribute(step, 'id')?.trim() ?? '',
    members: childElements(step).map(member),
  }))
  return ok({ steps, ...algorithm(child(root.value, HC, 'DefaultDigestMethod')) })
}

function rootOf(bytes: Uint8Array, local: string): Outcome<XmlElement> {
  const document = parseXml(bytes)
  if (!document.ok) return refuse('malformed_hash_chain', document.fault.detail)
  const { root } = document.value
  if (root.uri !== HC || root.local !== local) return refuse('malformed_hash_chain', `the root element is not ${local}`)
  const wrong = violation(root, GRAMMAR, 'anything')
  return wrong === null ? ok(root) : refuse('malformed_hash_chain', wrong)
}

function member(element: XmlElement): ChainMember {
  const own = algorithm(child(element, DS, 'DigestMethod'))
  const uri = attribute(element, 'URI') ?? ''
  switch (element.local) {
    case 'StepRef':
      return { kind: 'step', uri, ...own }
    case 'DataRef':
      return { kind: 'data', uri, value: digestValue(element), ...transforms(element), ...own }
    default:
      return { kind: 'value', value: digestValue(element), ...own }
  }
}

function algorithm(method: XmlElement | undefined): { readonly algorithm?: string } {
  const uri = method && attribute(method, 'Algorithm')
  return uri === undefined ? {} : { algorithm: uri }
}

function transforms(element: XmlElement): { readonly transforms?: readonly string[] } {
  const list = child(element, DS, 'Transforms')
  return list ? { transforms: childElements(list).map((each) => attribute(each, 'Algorithm') ?? '') } : {}
}

/** The grammar has seen to it that there is one and that it is base64. */
function digestValue(element: XmlElement): Uint8Array {
  const value = child(element, DS, 'DigestValue')
  const octets = value && fromBase64Binary(textOf(value))
  if (!octets) throw new Error('a digest value that the grammar let through')
  return octets
}
