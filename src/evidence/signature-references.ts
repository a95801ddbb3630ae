import { Buffer } from 'node:buffer'
import { ok } from '../base/result.ts'
import { type Digest, digestByUri, hash } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { signatureByUri, verifySignature } from '../protocol/signature-algorithms.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import type { XmlElement } from '../protocol/xml.ts'
import { childrenNamed } from '../protocol/xml-lookup.ts'
import type { Certificate } from '../trust/certificates.ts'
import { canonicalText } from './canonical.ts'
import type { PartDigest } from './hash-chain.ts'
import { ATTACHMENT, CHAIN_RESULT, DS, MESSAGE } from './signature-names.ts'
import { type Algorithm, type ParsedSignature, readReference, type SignatureReference } from './signature-read.ts'
import { canonicalFormOf, transformed } from './transforms.ts'

/** What a signature can refer to outside its own document. */
export type Referable = { readonly documents: SignatureDocuments; readonly parts: readonly PartDigest[] }

/**
 * The signature value over the canonical SignedInfo, then every Reference: 'invalid_signature_value' when one does not hold,
 * 'internal_error' when one cannot be resolved or an algorithm is unknown.
 * Source: XML Signature (Second Edition) §3.2; X-Road SignatureVerifier.
 */
export function checkSignatureValue(parsed: ParsedSignature, { publicKey }: Certificate, referable: Referable): Outcome<true> {
  const algorithm = signatureByUri(parsed.method)
  const signed = canonicalElement(parsed.signedInfo, parsed.canonicalization)
  if (!signed.ok) return signed
  if (!algorithm || !verifySignature(algorithm, publicKey, Buffer.from(signed.value, 'utf8'), parsed.value, 'raw'))
    return refuse('invalid_signature_value', 'the signature value is not that of the key')
  return checkReferences(parsed.references, parsed, referable)
}

function checkReferences(references: readonly SignatureReference[], parsed: ParsedSignature, referable: Referable): Outcome<true> {
  for (const reference of references) {
    const computed = digestOf(reference, parsed, referable)
    if (!computed.ok) return computed
    if (!reference.digest || !Buffer.from(computed.value).equals(reference.digest))
      return refuse('invalid_signature_value', `the digest of ${reference.uri} differs`)
  }
  return ok(true)
}

/** Manifests of time stamps as servers of 2012 wrote them: each that the root manifest names must hold. */
export function checkStampManifests(parsed: ParsedSignature, referable: Referable): Outcome<true> {
  const root = parsed.ids.get('ts-root-manifest')
  for (const { uri } of root ? childrenNamed(root, DS, 'Reference').map(readReference) : []) {
    const manifest = parsed.ids.get((uri ?? '').slice(1))
    const held = manifest && checkReferences(childrenNamed(manifest, DS, 'Reference').map(readReference), parsed, referable)
    if (!held?.ok) return refuse('invalid_reference', `the time stamp manifest ${uri} does not hold`)
  }
  return ok(true)
}

function digestOf(reference: SignatureReference, parsed: ParsedSignature, referable: Referable): Outcome<Uint8Array> {
  const digest = digestByUri(reference.digestMethod)
  if (!digest || digest.name === 'MD5') return refuse('internal_error', `no digest ${reference.digestMethod} here`)
  const uri = reference.uri ?? ''
  if (uri.startsWith('#')) return digestOfElement(parsed.ids.get(uri.slice(1)), reference, digest)
  if (uri === CHAIN_RESULT) return digestOfFile(referable.documents.chain?.result, reference, digest)
  const part = referable.parts.find(({ name }) => name === uri)
  if (!part || (uri !== MESSAGE && !uri.startsWith(ATTACHMENT))) return refuse('internal_error', `${uri} cannot be resolved`)
  // Stock servers compare an attachment with the digest they counted, whatever method the Reference names.
  if (uri !== MESSAGE || (digest.name === 'SHA-512' && reference.transforms.length === 0)) return ok(part.sha512)
  return digestOfFile(part.octets, reference, digest)
}

function digestOfElement(element: XmlElement | undefined, { uri, transforms }: SignatureReference, digest: Digest): Outcome<Uint8Array> {
  if (!element) return refuse('internal_error', `${uri} cannot be resolved`)
  const [first, ...rest] = transforms
  const canonical = canonicalElement(element, first)
  if (!canonical.ok) return canonical
  if (rest.length === 0) return ok(hash(digest, canonical.value))
  return digestTransformed(Buffer.from(canonical.value, 'utf8'), rest, digest)
}

const digestOfFile = (octets: Uint8Array | undefined, { uri, transforms }: SignatureReference, digest: Digest): Outcome<Uint8Array> =>
  octets ? digestTransformed(octets, transforms, digest) : refuse('internal_error', `${uri} cannot be resolved`)

function digestTransformed(octets: Uint8Array, transforms: readonly Algorithm[], digest: Digest): Outcome<Uint8Array> {
  const final = transformed(
    octets,
    transforms.map(({ uri }) => uri),
  )
  return final.ok ? ok(hash(digest, final.value)) : final
}

/** An element of the signature document. Stock servers drop comments while reading it, so no form of it has any. */
function canonicalElement(element: XmlElement, algorithm: Algorithm | undefined): Outcome<string> {
  const form = algorithm ? canonicalFormOf(algorithm.uri) : {}
  if (!form) return refuse('internal_error', `no canonical form ${algorithm?.uri}`)
  return ok(canonicalText(element, { ...form, comments: false, inclusivePrefixes: algorithm?.prefixes ?? [] }))
}

/** Whether a chain was signed: only then is it looked at. */
export const refersTo = ({ references }: ParsedSignature, uri: string): boolean => references.some((reference) => reference.uri === uri)

/** Elements of the document that a schema validator of stock servers looks at: the first child node of the root. */
export function schemaSubject({ document }: ParsedSignature): XmlElement | undefined {
  const first = document.root.children.find(({ kind }) => kind !== 'comment')
  return first?.kind === 'element' ? first : undefined
}
