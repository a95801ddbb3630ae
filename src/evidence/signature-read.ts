import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { signatureByUri } from '../protocol/signature-algorithms.ts'
import { parseXml, type XmlDocument, type XmlElement } from '../protocol/xml.ts'
import { attribute, child, childElements, childrenNamed, elementsOf, textOf } from '../protocol/xml-lookup.ts'
import { fromBase64Binary } from './base64-binary.ts'
import { DS, XADES } from './signature-names.ts'

/** An algorithm with the PrefixList of exclusive canonical forms; '' when the document names none. */
export type Algorithm = { readonly uri: string; readonly prefixes: readonly string[] }

export type SignatureReference = {
  readonly id: string | undefined
  readonly uri: string | undefined
  readonly type: string | undefined
  readonly transforms: readonly Algorithm[]
  readonly digestMethod: string
  /** null: not base64. */
  readonly digest: Uint8Array | null
}

/** A signature document taken apart; nothing is verified yet. */
export type ParsedSignature = {
  readonly document: XmlDocument
  readonly signature: XmlElement
  readonly signedInfo: XmlElement
  readonly canonicalization: Algorithm
  readonly method: string
  readonly references: readonly SignatureReference[]
  /** The decoded SignatureValue: what is stamped. */
  readonly value: Uint8Array
  readonly keyInfo: XmlElement | undefined
  readonly object: XmlElement
  /** By attribute `Id`, the first of each in document order, as stock servers look them up. */
  readonly ids: ReadonlyMap<string, XmlElement>
  readonly repeatedIds: readonly string[]
  /** All ds:Signature elements, counter-signatures included. */
  readonly signatures: number
}

/** As many as the library of stock servers takes; more is 'internal_error'. */
const MOST_REFERENCES = 30
const MOST_TRANSFORMS = 5

/**
 * Reads a signature document: finds ds:Signature by that literal name and takes it apart.
 *
 * Refused with 'invalid_xml'; 'malformed_signature' when an element is missing, out of order, or the signature method is unknown;
 * 'internal_error' for an MD5 method, more than 30 references or more than 5 transforms in one, as stock servers answer.
 * Source: XML Signature (Second Edition) §4; X-Road Signature, SignatureVerifier.
 */
export function readSignature(bytes: Uint8Array): Outcome<ParsedSignature> {
  const document = parseXml(bytes)
  if (!document.ok) return document
  const found = survey(document.value.root)
  if (!found.first) return refuse('malformed_signature', 'there is no ds:Signature')
  return takeApart(document.value, found.first, found)
}

type Survey = Pick<ParsedSignature, 'ids' | 'repeatedIds' | 'signatures'> & { readonly first: XmlElement | undefined }

function survey(root: XmlElement): Survey {
  const ids = new Map<string, XmlElement>()
  const repeatedIds: string[] = []
  let first: XmlElement | undefined
  let signatures = 0
  for (const element of elementsOf(root)) {
    const id = element.attributes.length > 0 ? attribute(element, 'Id') : undefined
    if (id !== undefined && ids.has(id)) repeatedIds.push(id)
    else if (id !== undefined) ids.set(id, element)
    if (element.local === 'Signature' && element.uri === DS) signatures++
    if (!first && element.name === 'ds:Signature') first = element
  }
  return { ids, repeatedIds, signatures, first }
}

const isDs = (element: XmlElement | undefined, local: string): element is XmlElement => element?.uri === DS && element.local === local

function takeApart(document: XmlDocument, signature: XmlElement, found: Survey): Outcome<ParsedSignature> {
  const [signedInfo, valueElement, third, ...rest] = childElements(signature)
  const keyInfo = isDs(third, 'KeyInfo') ? third : undefined
  const objects = keyInfo || !third ? rest : [third, ...rest]
  if (!isDs(signature, 'Signature') || !isDs(signedInfo, 'SignedInfo') || !isDs(valueElement, 'SignatureValue'))
    return refuse('malformed_signature', 'SignedInfo and SignatureValue do not come first')
  if (!objects.every((each) => isDs(each, 'Object'))) return refuse('malformed_signature', 'after KeyInfo there may be Objects only')
  const [object] = objects
  if (object?.name !== 'ds:Object') return refuse('malformed_signature', 'there is no ds:Object')
  const value = fromBase64Binary(textOf(valueElement))
  if (!value) return refuse('malformed_signature', 'SignatureValue is no base64')
  const info = readSignedInfo(signedInfo)
  if (!info.ok) return info
  const { ids, repeatedIds, signatures } = found
  return ok({ document, signature, signedInfo, ...info.value, value, keyInfo, object, ids, repeatedIds, signatures })
}

function readSignedInfo(signedInfo: XmlElement): Outcome<Pick<ParsedSignature, 'canonicalization' | 'method' | 'references'>> {
  const [canonicalization, method] = childElements(signedInfo)
  if (!isDs(canonicalization, 'CanonicalizationMethod') || !isDs(method, 'SignatureMethod'))
    return refuse('malformed_signature', 'SignedInfo does not begin with its methods')
  const methodUri = attribute(method, 'Algorithm') ?? ''
  if (/md5/.test(methodUri)) return refuse('internal_error', 'signatures with MD5 are not looked at')
  if (!signatureByUri(methodUri)) return refuse('malformed_signature', 'the signature method is unknown')
  const references = childrenNamed(signedInfo, DS, 'Reference').map(readReference)
  if (references.length === 0) return refuse('malformed_signature', 'there is no Reference')
  if (references.length > MOST_REFERENCES) return refuse('internal_error', `more than ${MOST_REFERENCES} References`)
  if (references.some(({ transforms }) => transforms.length > MOST_TRANSFORMS))
    return refuse('internal_error', `more than ${MOST_TRANSFORMS} transforms in one Reference`)
  return ok({ canonicalization: algorithmOf(canonicalization), method: methodUri, references })
}

export function readReference(element: XmlElement): SignatureReference {
  const transforms = child(element, DS, 'Transforms')
  const method = child(element, DS, 'DigestMethod')
  const digest = child(element, DS, 'DigestValue')
  return {
    id: attribute(element, 'Id'),
    uri: attribute(element, 'URI'),
    type: attribute(element, 'Type'),
    transforms: transforms ? childrenNamed(transforms, DS, 'Transform').map(algorithmOf) : [],
    digestMethod: (method && attribute(method, 'Algorithm')) ?? '',
    digest: digest ? fromBase64Binary(textOf(digest)) : null,
  }
}

function algorithmOf(element: XmlElement): Algorithm {
  const inclusive = childElements(element).find(({ local }) => local === 'InclusiveNamespaces')
  const list = inclusive && attribute(inclusive, 'PrefixList')
  return { uri: attribute(element, 'Algorithm') ?? '', prefixes: list ? list.split(/\s+/).filter(Boolean) : [] }
}

/** A descendant by the local names of a path in the XAdES namespace, the first of each. */
export function xadesPath(from: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((element, local) => element && child(element, XADES, local), from)
}

export const unsignedProperties = ({ object }: ParsedSignature): XmlElement | undefined =>
  xadesPath(object, 'QualifyingProperties', 'UnsignedProperties', 'UnsignedSignatureProperties')

export const signedProperties = ({ object }: ParsedSignature): XmlElement | undefined =>
  xadesPath(object, 'QualifyingProperties', 'SignedProperties')

/** The octets of the elements' base64 texts; null where one is none. */
export const valuesOf = (elements: readonly XmlElement[]): readonly (Uint8Array | null)[] =>
  elements.map((element) => fromBase64Binary(textOf(element)))

export function ocspValues(parsed: ParsedSignature): readonly (Uint8Array | null)[] {
  const values = xadesPath(unsignedProperties(parsed), 'RevocationValues', 'OCSPValues')
  return values ? valuesOf(childrenNamed(values, XADES, 'EncapsulatedOCSPValue')) : []
}

/** The first X509Certificate inside KeyInfo, DER; undefined when there is none or it is no base64. */
export function keyInfoCertificate(parsed: ParsedSignature): Uint8Array | undefined {
  const text = keyInfoCertificateText(parsed)
  return (text === undefined ? undefined : fromBase64Binary(text)) ?? undefined
}

/** The same as it is written, not decoded. */
export function keyInfoCertificateText({ keyInfo }: ParsedSignature): string | undefined {
  const data = keyInfo ? childrenNamed(keyInfo, DS, 'X509Data') : []
  const element = data.flatMap((each) => childrenNamed(each, DS, 'X509Certificate'))[0]
  return element && textOf(element)
}
