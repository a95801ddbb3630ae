import { Buffer } from 'node:buffer'
import { ok } from '../base/result.ts'
import { digestByUri, hash } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import type { MemberId } from '../protocol/identifiers.ts'
import type { XmlElement, XmlNode } from '../protocol/xml.ts'
import { attribute, childrenNamed, textOf } from '../protocol/xml-lookup.ts'
import { type Certificate, readCertificate } from '../trust/certificates.ts'
import { memberInCertificate } from '../trust/profiles.ts'
import { caOf, type Issuer, type Trust } from '../trust/trust.ts'
import { fromBase64Binary } from './base64-binary.ts'
import { XADES } from './signature-names.ts'
import { keyInfoCertificate, type ParsedSignature, unsignedProperties, xadesPath } from './signature-read.ts'

/**
 * The certificate in KeyInfo, good for signatures that bind: KeyUsage nonRepudiation.
 * Refused with 'internal_error' without KeyInfo or without any KeyUsage, else 'malformed_signature', as stock servers answer.
 */
export function signingCertificate(parsed: ParsedSignature): Outcome<Certificate> {
  if (!parsed.keyInfo) return refuse('internal_error', 'there is no KeyInfo')
  const der = keyInfoCertificate(parsed)
  if (!der) return refuse('malformed_signature', 'there is no signing certificate')
  const certificate = readCertificate(der)
  if (!certificate.ok) return certificate
  const { keyUsage } = certificate.value
  if (!keyUsage) return refuse('internal_error', 'the signing certificate has no key usage')
  return keyUsage.has('nonRepudiation') ? certificate : refuse('malformed_signature', 'the certificate is not for signatures that bind')
}

/** The approved authority that issued a signer's certificate, in the signer's instance; the certificate must name the member expected. */
export function checkSigner(
  certificate: Certificate,
  expected: MemberId,
  trust: Trust,
  strict: boolean,
): Outcome<{ signer: MemberId; issuer: Issuer }> {
  const issuer = caOf(trust, certificate, expected.instance, strict ? 'sign' : 'any')
  if (!issuer) return refuse('internal_error', `${certificate.issuer.text} is no approved authority of ${expected.instance}`)
  const signer = memberInCertificate(certificate, issuer.approved.profile, expected)
  if (!signer.ok) return signer
  const { instance, memberClass, memberCode } = signer.value
  if (instance !== expected.instance || memberClass !== expected.memberClass || memberCode !== expected.memberCode)
    return refuse('incorrect_certificate', `the certificate speaks for ${instance}/${memberClass}/${memberCode}`)
  return ok({ signer: signer.value, issuer })
}

/**
 * The intermediate certificates that CompleteCertificateRefs points to.
 * A reference without URI, without target, or with a wrong digest is 'malformed_signature'; blanks where an element is
 * expected are 'internal_error', as stock servers answer.
 */
export function extraCertificates(parsed: ParsedSignature): Outcome<readonly Certificate[]> {
  const refs = xadesPath(unsignedProperties(parsed), 'CompleteCertificateRefs', 'CertRefs')
  const certificates: Certificate[] = []
  for (const cert of refs ? childrenNamed(refs, XADES, 'Cert') : []) {
    const certificate = extraCertificate(cert, parsed)
    if (!certificate.ok) return certificate
    certificates.push(certificate.value)
  }
  return ok(certificates)
}

function extraCertificate(cert: XmlElement, { ids }: ParsedSignature): Outcome<Certificate> {
  const target = ids.get((attribute(cert, 'URI') ?? '').replace(/^#/, ''))
  if (!target) return refuse('malformed_signature', 'a certificate reference leads nowhere')
  const digest = elementAt(cert.children[0])
  const [method, value] = [elementAt(digest?.children[0]), elementAt(digest?.children.at(-1))]
  if (!method || !value) return refuse('internal_error', 'a certificate reference with blanks between its elements')
  const der = fromBase64Binary(textOf(target))
  const algorithm = digestByUri(attribute(method, 'Algorithm') ?? '')
  if (!der || !algorithm || !Buffer.from(hash(algorithm, der)).equals(fromBase64Binary(textOf(value)) ?? Buffer.alloc(0)))
    return refuse('malformed_signature', 'a certificate is not the one referred to')
  return readCertificate(der)
}

const elementAt = (node: XmlNode | undefined): XmlElement | undefined => (node?.kind === 'element' ? node : undefined)
