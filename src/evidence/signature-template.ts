import { escapeCanonicalText } from './canonical.ts'
import { ASIC, CHAIN_RESULT, DS, ID, INCLUSIVE_C14N, SIGNED_PROPERTIES_TYPE, XADES, XSI } from './signature-names.ts'

/** Everything that varies in a signature document as stock servers and we write it. Octets are in base64; algorithms are URIs. */
export type SignatureFacts = {
  readonly signatureMethod: string
  readonly reference: DigestFact & { readonly uri: string }
  readonly properties: DigestFact
  readonly value: string
  readonly certificate: string
  /** ISO 8601, UTC. */
  readonly signingTime: string
  readonly signer: CertificateFact
  /** Intermediate authorities, the signer's issuer first. */
  readonly intermediates: readonly (CertificateFact & { readonly certificate: string })[]
  /** In the order of the document; `late` of them, at the front, were added after the signature was made. */
  readonly ocsp: readonly string[]
  readonly late: number
  readonly timestamp?: string
}
export type DigestFact = { readonly method: string; readonly digest: string }
export type CertificateFact = DigestFact & { readonly issuer: string; readonly serial: string }

/**
 * How a writer breaks lines. `ours` writes every element as Canonical XML has it, so that what is signed is cut out of the same text;
 * `stock` as Apache Santuario and a Java serializer leave it: line feeds inside ds:Signature, base64 wrapped at 76 with CR LF.
 */
export type SignatureLayout = {
  readonly declaration: string
  readonly feed: string
  readonly empty: '' | '/'
  readonly wrap: string
  readonly wrapValue: boolean
}

export const OURS: SignatureLayout = {
  declaration: '<?xml version="1.0" encoding="UTF-8" standalone="no"?>',
  feed: '',
  empty: '',
  wrap: '',
  wrapValue: false,
}
export const STOCK: SignatureLayout = { ...OURS, feed: '\n', empty: '/', wrap: '&#13;\n' }
/** The SignatureValue is wrapped too: servers that left it to Santuario. */
export const STOCK_WRAPPED: SignatureLayout = { ...STOCK, wrapValue: true }

const SCOPE = `xmlns:asic="${ASIC}" xmlns:ds="${DS}" xmlns:xades="${XADES}" xmlns:xsi="${XSI}"`
const POLICY = {
  id: 'urn:oid:1.3.6.1.4.1.3516.16.2',
  description: 'Profile for High Performance Digital Signatures (version 1.2)',
  method: 'http://www.w3.org/2001/04/xmlenc#sha512',
  digest: 'BuO0EDNfkxSVlUbxCzmQPzX1AUF1/xx9ytWHk3/6SAOePxQiniEfDYk+90QeYb3lWpV3Izhuz9fKaYyE+lTcXw==',
  uri: 'https://repo.cyber.ee/dsig-profile-1.2.pdf',
} as const

/** The whole document. Source: ETSI TS 101 903 v1.3.2; order, Ids and policy as X-Road servers write them. */
export function documentText(facts: SignatureFacts, layout: SignatureLayout): string {
  const lf = layout.feed
  return [
    `${layout.declaration}<asic:XAdESSignatures ${SCOPE}><ds:Signature Id="${ID.signature}">${lf}`,
    `${SIGNED_INFO.open}${signedInfoInner(facts, layout)}${SIGNED_INFO.close}${lf}`,
    `<ds:SignatureValue Id="${ID.value}">${ownLines(facts.value, layout.wrapValue ? wrapped(facts.value, layout) : facts.value, lf)}</ds:SignatureValue>${lf}`,
    `<ds:KeyInfo>${lf}<ds:X509Data>${lf}`,
    `<ds:X509Certificate>${ownLines(facts.certificate, wrapped(facts.certificate, layout), lf)}</ds:X509Certificate>${lf}`,
    `</ds:X509Data>${lf}</ds:KeyInfo>${lf}`,
    `<ds:Object><xades:QualifyingProperties Target="#${ID.signature}">`,
    `${PROPERTIES.open}${propertiesInner(facts, layout)}${PROPERTIES.close}`,
    `<xades:UnsignedProperties><xades:UnsignedSignatureProperties>${unsigned(facts, layout)}`,
    `</xades:UnsignedSignatureProperties></xades:UnsignedProperties></xades:QualifyingProperties></ds:Object>${lf}`,
    '</ds:Signature></asic:XAdESSignatures>',
  ].join('')
}

/** The two elements that are digested and signed: as they open in our document, and as apex of their canonical form, with the namespaces in scope. */
export const PROPERTIES = {
  open: `<xades:SignedProperties Id="${ID.properties}">`,
  apex: `<xades:SignedProperties ${SCOPE} Id="${ID.properties}">`,
  close: '</xades:SignedProperties>',
} as const
export const SIGNED_INFO = { open: '<ds:SignedInfo>', apex: `<ds:SignedInfo ${SCOPE}>`, close: '</ds:SignedInfo>' } as const

/** The canonical octets that are digested for the second reference, as text. */
export const canonicalProperties = (facts: Pick<SignatureFacts, 'reference' | 'signingTime' | 'signer'>): string =>
  `${PROPERTIES.apex}${propertiesInner(facts, OURS)}${PROPERTIES.close}`

/** The canonical octets that are signed, as text. */
export const canonicalSignedInfo = (facts: Pick<SignatureFacts, 'signatureMethod' | 'reference' | 'properties'>): string =>
  `${SIGNED_INFO.apex}${signedInfoInner(facts, OURS)}${SIGNED_INFO.close}`

function signedInfoInner(facts: Pick<SignatureFacts, 'signatureMethod' | 'reference' | 'properties'>, layout: SignatureLayout): string {
  const lf = layout.feed
  const digest = (fact: DigestFact) =>
    `${lf}${digestMethod(fact.method, layout)}${lf}<ds:DigestValue>${wrapped(fact.digest, layout)}</ds:DigestValue>${lf}</ds:Reference>${lf}`
  return [
    `${lf}${emptyElement('ds:CanonicalizationMethod', INCLUSIVE_C14N, layout)}${lf}`,
    `${emptyElement('ds:SignatureMethod', facts.signatureMethod, layout)}${lf}`,
    `<ds:Reference Id="${ID.reference}0" URI="${facts.reference.uri}">${digest(facts.reference)}`,
    `<ds:Reference Id="${ID.reference}1" Type="${SIGNED_PROPERTIES_TYPE}" URI="#${ID.properties}">${digest(facts.properties)}`,
  ].join('')
}

function propertiesInner(facts: Pick<SignatureFacts, 'reference' | 'signingTime' | 'signer'>, layout: SignatureLayout): string {
  const mimeType = facts.reference.uri === CHAIN_RESULT ? 'application/hash-chain-result' : 'text/xml'
  return [
    `<xades:SignedSignatureProperties><xades:SigningTime>${facts.signingTime}</xades:SigningTime>`,
    `<xades:SigningCertificate><xades:Cert>${certificateId(facts.signer, layout)}</xades:Cert></xades:SigningCertificate>`,
    '<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId>',
    `<xades:SigPolicyId><xades:Identifier Qualifier="OIDAsURN">${POLICY.id}</xades:Identifier>`,
    `<xades:Description>${POLICY.description}</xades:Description></xades:SigPolicyId>`,
    `<xades:SigPolicyHash>${digestPair(POLICY, layout)}</xades:SigPolicyHash>`,
    `<xades:SigPolicyQualifiers><xades:SigPolicyQualifier><xades:SPURI>${POLICY.uri}</xades:SPURI>`,
    '</xades:SigPolicyQualifier></xades:SigPolicyQualifiers></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>',
    `</xades:SignedSignatureProperties><xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#${ID.reference}0">`,
    `<xades:MimeType>${mimeType}</xades:MimeType></xades:DataObjectFormat></xades:SignedDataObjectProperties>`,
  ].join('')
}

function unsigned({ timestamp, intermediates, ocsp, late }: SignatureFacts, layout: SignatureLayout): string {
  const values = ocsp.map((value, n) => ocspText(ocspNumber(n, ocsp.length, late), value)).join('')
  return [
    timestamp === undefined ? '' : timestampText(timestamp),
    intermediates.length === 0 ? '' : certificatesText(intermediates, layout),
    `<xades:RevocationValues><xades:OCSPValues>${values}</xades:OCSPValues></xades:RevocationValues>`,
  ].join('')
}

export const timestampText = (token: string): string =>
  `<xades:SignatureTimeStamp><xades:EncapsulatedTimeStamp>${token}</xades:EncapsulatedTimeStamp></xades:SignatureTimeStamp>`

export const ocspText = (number: number, response: string): string =>
  `<xades:EncapsulatedOCSPValue Id="ocsp-response-${number}">${response}</xades:EncapsulatedOCSPValue>`

/** Responses of the signing time are numbered from 1; each later one got the next number and went to the front. */
export const ocspNumber = (index: number, count: number, late: number): number => (index < late ? count - index : index - late + 1)

function certificatesText(intermediates: SignatureFacts['intermediates'], layout: SignatureLayout): string {
  const refs = intermediates.map((each, n) => `<xades:Cert URI="#encapsulated-cert-${n + 1}">${certificateId(each, layout)}</xades:Cert>`)
  const values = intermediates.map(
    ({ certificate }, n) =>
      `<xades:EncapsulatedX509Certificate Id="encapsulated-cert-${n + 1}">${certificate}</xades:EncapsulatedX509Certificate>`,
  )
  return [
    `<xades:CompleteCertificateRefs Id="complete-certificate-refs"><xades:CertRefs>${refs.join('')}</xades:CertRefs></xades:CompleteCertificateRefs>`,
    `<xades:CertificateValues>${values.join('')}</xades:CertificateValues>`,
  ].join('')
}

const certificateId = (fact: CertificateFact, layout: SignatureLayout): string =>
  `<xades:CertDigest>${digestPair(fact, layout)}</xades:CertDigest><xades:IssuerSerial>` +
  `<ds:X509IssuerName>${escapeCanonicalText(fact.issuer)}</ds:X509IssuerName><ds:X509SerialNumber>${fact.serial}</ds:X509SerialNumber></xades:IssuerSerial>`

const digestPair = ({ method, digest }: DigestFact, layout: SignatureLayout): string =>
  `${digestMethod(method, layout)}<ds:DigestValue>${digest}</ds:DigestValue>`

const digestMethod = (uri: string, layout: SignatureLayout): string => emptyElement('ds:DigestMethod', uri, layout)

const emptyElement = (name: string, algorithm: string, { empty }: SignatureLayout): string =>
  empty ? `<${name} Algorithm="${algorithm}"/>` : `<${name} Algorithm="${algorithm}"></${name}>`

const wrapped = (base64: string, { wrap }: SignatureLayout): string => (wrap === '' ? base64 : base64.replace(/.{76}(?=.)/g, `$&${wrap}`))

/** Santuario puts base64 of more than one line between line feeds. */
const ownLines = (base64: string, text: string, feed: string): string => (base64.length > 76 ? `${feed}${text}${feed}` : text)
