import { Buffer } from 'node:buffer'
import { ok } from '../base/result.ts'
import { digestByUri, hash } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { isWeakKey, signatureByUri } from '../protocol/signature-algorithms.ts'
import { attribute, child, textOf } from '../protocol/xml-lookup.ts'
import type { Certificate } from '../trust/certificates.ts'
import { context, integer, sequence } from '../trust/der-write.ts'
import { fromBase64Binary } from './base64-binary.ts'
import { violation } from './grammar.ts'
import { STRICT_GRAMMAR } from './signature-grammar.ts'
import { ASIC, CHAIN_RESULT, DS, SIGNED_PROPERTIES_TYPE, XADES } from './signature-names.ts'
import { type ParsedSignature, type SignatureReference, signedProperties, xadesPath } from './signature-read.ts'
import type { Referable } from './signature-references.ts'
import { canonicalFormOf } from './transforms.ts'

/**
 * What stock servers do not ask of a signature and we do: one signature of known structure, known algorithms, each part of
 * the message covered once, the properties covered once, nothing else referred to, the certificate named inside what is signed.
 * For signatures in which the rules of stock servers hold already.
 *
 * Refused with 'malformed_signature', 'weak_algorithm', 'uncovered_part', 'unaccounted_bytes', 'incorrect_certificate'.
 */
export function checkStrictly(parsed: ParsedSignature, certificate: Certificate, referable: Referable): Outcome<true> {
  for (const check of [checkStructure, checkAlgorithms, checkCoverage, checkSigningCertificate]) {
    const outcome = check(parsed, certificate, referable)
    if (!outcome.ok) return outcome
  }
  return ok(true)
}

const malformed = (detail: string): Outcome<never> => refuse('malformed_signature', detail)

function checkStructure({ document: { root }, signature, signatures, repeatedIds, object }: ParsedSignature): Outcome<true> {
  if (signatures !== 1) return malformed('there is more than one signature')
  if (root !== signature && (root.local !== 'XAdESSignatures' || root.uri !== ASIC))
    return malformed('the root element is not XAdESSignatures')
  if (root !== signature && (root.children.length !== 1 || root.children[0] !== signature))
    return malformed('something stands beside the signature')
  const wrong = violation(signature, STRICT_GRAMMAR, 'nothing')
  if (wrong) return malformed(wrong)
  if (repeatedIds.length > 0) return malformed('an Id occurs twice')
  const properties = child(object, XADES, 'QualifyingProperties')
  const isOwn = properties && attribute(properties, 'Target') === `#${attribute(signature, 'Id')}`
  return isOwn ? ok(true) : malformed('the properties are those of another signature')
}

function checkAlgorithms({ method, canonicalization, references }: ParsedSignature, certificate: Certificate): Outcome<true> {
  const signature = signatureByUri(method)
  if (!signature || signature.weak) return refuse('weak_algorithm', 'the signature method is weak')
  if (isWeakKey(certificate.publicKey)) return refuse('weak_algorithm', 'the key of the signer is too short')
  const weak = references.find(({ digestMethod }) => digestByUri(digestMethod)?.weak !== false)
  if (weak) return refuse('weak_algorithm', `the digest of ${weak.uri} is weak`)
  const transforms = references.flatMap((reference) => reference.transforms)
  const known = [canonicalization, ...transforms].every(({ uri }) => canonicalFormOf(uri))
  return known ? ok(true) : malformed('an unknown transform')
}

/** Exactly: the properties, and either the chain result alone (its chain was walked strictly) or every part of the message. */
function checkCoverage(parsed: ParsedSignature, _certificate: Certificate, { documents, parts }: Referable): Outcome<true> {
  const properties = signedProperties(parsed)
  const propertiesUri = `#${properties && attribute(properties, 'Id')}`
  const ofProperties = parsed.references.filter(({ uri }) => uri === propertiesUri)
  if (!properties || ofProperties.length !== 1 || ofProperties[0]?.type !== SIGNED_PROPERTIES_TYPE)
    return refuse('uncovered_part', 'the signed properties are not referred to exactly once')
  const others = parsed.references.filter(({ uri }) => uri !== propertiesUri)
  const wanted = documents.chain ? [CHAIN_RESULT] : parts.map(({ name }) => name)
  const missing = wanted.find((name) => others.filter(({ uri }) => uri === name).length !== 1)
  if (missing) return refuse(documents.chain ? 'unaccounted_bytes' : 'uncovered_part', `${missing} is not referred to exactly once`)
  if (others.length > wanted.length) return malformed('a reference to something that is no part of the message')
  return others.every(isPlain) ? ok(true) : malformed('a part of the message is transformed, or not digested with SHA-512')
}

const isPlain = ({ transforms, digestMethod, uri }: SignatureReference): boolean =>
  transforms.length === 0 && (!uri?.startsWith('/attachment') || digestByUri(digestMethod)?.name === 'SHA-512')

/** The certificate that verifies the value is the one that is named inside what is signed. Source: XAdES §7.2.2; EN 319 132-1 §5.2.2. */
function checkSigningCertificate(parsed: ParsedSignature, certificate: Certificate): Outcome<true> {
  const signed = xadesPath(signedProperties(parsed), 'SignedSignatureProperties')
  const cert = xadesPath(signed, 'SigningCertificate', 'Cert') ?? xadesPath(signed, 'SigningCertificateV2', 'Cert')
  const pair = xadesPath(cert, 'CertDigest')
  const method = pair && child(pair, DS, 'DigestMethod')
  const value = pair && child(pair, DS, 'DigestValue')
  const digest = digestByUri((method && attribute(method, 'Algorithm')) ?? '')
  if (!cert || !value || !digest || digest.weak) return refuse('weak_algorithm', 'the signing certificate is not digested soundly')
  if (!isSame(fromBase64Binary(textOf(value)), hash(digest, certificate.der)))
    return refuse('incorrect_certificate', 'another certificate was meant to sign')
  const version1 = xadesPath(cert, 'IssuerSerial')
  const version2 = xadesPath(cert, 'IssuerSerialV2')
  const named =
    (!version1 || namesIssuer(version1, certificate)) &&
    (!version2 || isSame(fromBase64Binary(textOf(version2)), issuerSerial(certificate)))
  return named ? ok(true) : refuse('incorrect_certificate', 'the signing certificate is named by another issuer or serial number')
}

const isSame = (a: Uint8Array | null, b: Uint8Array): boolean => a !== null && Buffer.from(a).equals(b)

function namesIssuer(ids: Parameters<typeof child>[0], { issuer, serial }: Certificate): boolean {
  const name = child(ids, DS, 'X509IssuerName')
  const number = child(ids, DS, 'X509SerialNumber')
  const plain = (text: string): string => text.replace(/\s+/g, '')
  return (
    name !== undefined && number !== undefined && plain(textOf(name)) === plain(issuer.text) && textOf(number).trim() === serial.toString()
  )
}

/** IssuerSerial ::= SEQUENCE { issuer GeneralNames, serial INTEGER }, RFC 5035 §5. */
const issuerSerial = ({ issuer, serial }: Certificate): Uint8Array => sequence(sequence(context(4, issuer.der)), integer(serial))
