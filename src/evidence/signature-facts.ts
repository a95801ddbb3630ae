import { base64 } from '../protocol/digests.ts'
import type { XmlElement } from '../protocol/xml.ts'
import { attribute, child, childrenNamed, textOf } from '../protocol/xml-lookup.ts'
import { DS, XADES } from './signature-names.ts'
import {
  keyInfoCertificate,
  ocspValues,
  type ParsedSignature,
  signedProperties,
  unsignedProperties,
  valuesOf,
  xadesPath,
} from './signature-read.ts'
import type { CertificateFact, DigestFact, SignatureFacts } from './signature-template.ts'

/** What a document says that stock servers and we would have written: null when it lacks something or is of another make. */
export function factsOf(parsed: ParsedSignature): SignatureFacts | null {
  const [reference, properties, ...others] = parsed.references
  const certificate = keyInfoCertificate(parsed)
  const signed = xadesPath(signedProperties(parsed), 'SignedSignatureProperties')
  const signingTime = xadesPath(signed, 'SigningTime')
  const signer = certificateFact(xadesPath(signed, 'SigningCertificate', 'Cert'))
  const unsigned = unsignedFacts(parsed)
  if (!reference?.digest || !properties?.digest || others.length > 0 || !certificate || !signingTime || !signer || !unsigned) return null
  return {
    signatureMethod: parsed.method,
    reference: { uri: reference.uri ?? '', method: reference.digestMethod, digest: base64(reference.digest) },
    properties: { method: properties.digestMethod, digest: base64(properties.digest) },
    value: base64(parsed.value),
    certificate: base64(certificate),
    signingTime: textOf(signingTime),
    signer,
    ...unsigned,
  }
}

function unsignedFacts(parsed: ParsedSignature): Pick<SignatureFacts, 'intermediates' | 'ocsp' | 'late' | 'timestamp'> | null {
  const unsigned = unsignedProperties(parsed)
  const values = xadesPath(unsigned, 'RevocationValues', 'OCSPValues')
  const ocsp = ocspValues(parsed)
  const intermediates = intermediateFacts(unsigned)
  const stamp = stampFact(unsigned)
  if (!values || !ocsp.every((each) => each !== null) || !intermediates || stamp === null) return null
  const late = childrenNamed(values, XADES, 'EncapsulatedOCSPValue').findIndex((each) => attribute(each, 'Id') === 'ocsp-response-1')
  return { intermediates, ocsp: ocsp.map(base64), late, ...(stamp === undefined ? {} : { timestamp: stamp }) }
}

/** undefined: no time stamp; null: one that is no base64. */
function stampFact(unsigned: XmlElement | undefined): string | undefined | null {
  const stamp = xadesPath(unsigned, 'SignatureTimeStamp', 'EncapsulatedTimeStamp')
  if (!stamp) return undefined
  const [token] = valuesOf([stamp])
  return token ? base64(token) : null
}

function intermediateFacts(unsigned: XmlElement | undefined): SignatureFacts['intermediates'] | null {
  const refs = xadesPath(unsigned, 'CompleteCertificateRefs', 'CertRefs')
  const holder = xadesPath(unsigned, 'CertificateValues')
  const values = holder ? valuesOf(childrenNamed(holder, XADES, 'EncapsulatedX509Certificate')) : []
  const facts = (refs ? childrenNamed(refs, XADES, 'Cert') : []).map((cert, index) => {
    const [fact, certificate] = [certificateFact(cert), values[index]]
    return fact && certificate ? { ...fact, certificate: base64(certificate) } : null
  })
  return facts.every((each) => each !== null) ? facts : null
}

function certificateFact(cert: XmlElement | undefined): CertificateFact | null {
  const digest = digestFact(xadesPath(cert, 'CertDigest'))
  const ids = xadesPath(cert, 'IssuerSerial')
  const issuer = ids && child(ids, DS, 'X509IssuerName')
  const serial = ids && child(ids, DS, 'X509SerialNumber')
  return digest && issuer && serial ? { ...digest, issuer: textOf(issuer), serial: textOf(serial) } : null
}

function digestFact(element: XmlElement | undefined): DigestFact | null {
  const method = element && child(element, DS, 'DigestMethod')
  const value = element && child(element, DS, 'DigestValue')
  const [digest] = value ? valuesOf([value]) : []
  return method && digest ? { method: attribute(method, 'Algorithm') ?? '', digest: base64(digest) } : null
}
