// XAdES by template: everything is written as Canonical XML has it, so what is signed is cut out of the same text.
// Source: ETSI TS 101 903 v1.3.2; the order of elements as X-Road servers write it.
import { createHash, createPublicKey, type KeyObject, sign, verify, X509Certificate } from 'node:crypto'

/** A member's signing key with its certificate (DER) and, at the time of use, an OCSP response (DER) that says it is good. */
export type Signer = { readonly key: KeyObject; readonly certificate: Buffer; readonly ocsp: () => Promise<Buffer> }
/** The evidence that travels with a message. */
export type Evidence = { readonly signature: Buffer; readonly result?: Buffer; readonly chain?: Buffer }

const SHA512 = 'http://www.w3.org/2001/04/xmlenc#sha512'
const SCOPE =
  'xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" ' +
  'xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
export const sha512 = (...bytes: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha512')
  for (const each of bytes) hash.update(each)
  return hash.digest()
}

/** Signs a message and what goes with it: alone directly, with more parts by a hash chain. */
export async function signMessage(message: Buffer, attachments: readonly Buffer[], signer: Signer): Promise<Evidence> {
  if (attachments.length === 0) return { signature: await signatureOver('/message.xml', sha512(message), signer) }
  const [evidence] = await signBatch([{ message, attachments }], signer)
  if (!evidence) throw new Error('no evidence')
  return evidence
}

/** One signature for several messages, each with a chain of its own up to the common root. */
export async function signBatch(
  messages: readonly { readonly message: Buffer; readonly attachments: readonly Buffer[] }[],
  signer: Signer,
): Promise<readonly Evidence[]> {
  const inputs = messages.map(({ message, attachments }) => [message, ...attachments].map((each) => sha512(each)))
  const result = Buffer.from(resultText(rootOf(inputs)))
  const signature = await signatureOver('/sig-hashchainresult.xml', sha512(result), signer)
  return inputs.map((_, index) => ({ signature, result, chain: Buffer.from(chainText(stepsTo(inputs, index))) }))
}

/** The digests of a message's parts. */
type Input = readonly Buffer[]
/** One member of a step: a digest that stands for others, the step below, or a part of the message. */
type ChainMember = { readonly value: Buffer } | 'below' | { readonly uri: string; readonly value: Buffer }

/** A binary tree in order, split at the largest power of two that leaves something; whoever stands alone goes up as it is. */
function rootOf(inputs: readonly Input[]): Buffer {
  const [only, second] = inputs
  if (!only) throw new Error('nothing to sign')
  if (second) return sha512(digestList(halvesOf(inputs).map(rootOf)))
  return only.length === 1 && only[0] ? only[0] : sha512(digestList(only))
}
function halvesOf(inputs: readonly Input[]): readonly (readonly Input[])[] {
  const split = 2 ** (Math.ceil(Math.log2(inputs.length)) - 1)
  return [inputs.slice(0, split), inputs.slice(split)]
}
/** From the root down to one message. */
function stepsTo(inputs: readonly Input[], index: number): readonly (readonly ChainMember[])[] {
  const [only, second] = inputs
  if (!second) return [(only ?? []).map((value, at) => ({ uri: at === 0 ? '/message.xml' : `/attachment${at}`, value }))]
  const [left = [], right = []] = halvesOf(inputs)
  const isLeft = index < left.length
  const own = stepsTo(isLeft ? left : right, isLeft ? index : index - left.length)
  const other = { value: rootOf(isLeft ? right : left) }
  const [leaf] = own[0] ?? []
  const alone = own.length === 1 && own[0]?.length === 1 && leaf ? leaf : 'below'
  const step = isLeft ? [alone, other] : [other, alone]
  return alone === 'below' ? [step, ...own] : [step]
}

async function signatureOver(uri: string, digest: Buffer, signer: Signer): Promise<Buffer> {
  const properties = propertiesOf(uri, signer)
  const info = infoOf(uri, digest, sha512(Buffer.from(inScope(properties))))
  const value = sign('sha512', Buffer.from(inScope(info)), signer.key).toString('base64')
  const revocation = `<xades:EncapsulatedOCSPValue Id="ocsp-response-1">${(await signer.ocsp()).toString('base64')}</xades:EncapsulatedOCSPValue>`
  return Buffer.from(
    [
      `<?xml version="1.0" encoding="UTF-8" standalone="no"?><asic:XAdESSignatures ${SCOPE}><ds:Signature Id="signature">${info}`,
      `<ds:SignatureValue Id="signature-value">${value}</ds:SignatureValue>`,
      `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${signer.certificate.toString('base64')}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`,
      `<ds:Object><xades:QualifyingProperties Target="#signature">${properties}`,
      `<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:RevocationValues><xades:OCSPValues>${revocation}`,
      '</xades:OCSPValues></xades:RevocationValues></xades:UnsignedSignatureProperties></xades:UnsignedProperties>',
      '</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>',
    ].join(''),
  )
}

/** An element cut out of the document, as inclusive Canonical XML renders it: with every namespace in scope. */
const inScope = (element: string): string => element.replace(/^<([^\s>]+)/, `<$1 ${SCOPE}`)
const method = `<ds:DigestMethod Algorithm="${SHA512}"></ds:DigestMethod>`
const digestPair = (base64: string): string => `${method}<ds:DigestValue>${base64}</ds:DigestValue>`

const infoOf = (uri: string, digest: Buffer, properties: Buffer): string =>
  [
    '<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></ds:CanonicalizationMethod>',
    '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"></ds:SignatureMethod>',
    `<ds:Reference Id="signature-reference-0" URI="${uri}">${digestPair(digest.toString('base64'))}</ds:Reference>`,
    '<ds:Reference Id="signature-reference-1" Type="http://uri.etsi.org/01903#SignedProperties" URI="#signed-properties">',
    `${digestPair(properties.toString('base64'))}</ds:Reference></ds:SignedInfo>`,
  ].join('')

function propertiesOf(uri: string, { certificate }: Signer): string {
  const { issuer, serialNumber } = new X509Certificate(certificate)
  const name = issuer.split('\n').reverse().join(',')
  const policy = 'BuO0EDNfkxSVlUbxCzmQPzX1AUF1/xx9ytWHk3/6SAOePxQiniEfDYk+90QeYb3lWpV3Izhuz9fKaYyE+lTcXw=='
  return [
    '<xades:SignedProperties Id="signed-properties"><xades:SignedSignatureProperties>',
    `<xades:SigningTime>${new Date().toISOString()}</xades:SigningTime><xades:SigningCertificate><xades:Cert>`,
    `<xades:CertDigest>${digestPair(sha512(certificate).toString('base64'))}</xades:CertDigest>`,
    `<xades:IssuerSerial><ds:X509IssuerName>${name}</ds:X509IssuerName>`,
    `<ds:X509SerialNumber>${BigInt(`0x${serialNumber}`)}</ds:X509SerialNumber></xades:IssuerSerial></xades:Cert></xades:SigningCertificate>`,
    '<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId>',
    '<xades:Identifier Qualifier="OIDAsURN">urn:oid:1.3.6.1.4.1.3516.16.2</xades:Identifier>',
    '<xades:Description>Profile for High Performance Digital Signatures (version 1.2)</xades:Description></xades:SigPolicyId>',
    `<xades:SigPolicyHash>${digestPair(policy)}</xades:SigPolicyHash>`,
    '<xades:SigPolicyQualifiers><xades:SigPolicyQualifier><xades:SPURI>https://repo.cyber.ee/dsig-profile-1.2.pdf</xades:SPURI>',
    '</xades:SigPolicyQualifier></xades:SigPolicyQualifiers></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>',
    '</xades:SignedSignatureProperties><xades:SignedDataObjectProperties><xades:DataObjectFormat ObjectReference="#signature-reference-0">',
    `<xades:MimeType>${uri === '/message.xml' ? 'text/xml' : 'application/hash-chain-result'}</xades:MimeType></xades:DataObjectFormat>`,
    '</xades:SignedDataObjectProperties></xades:SignedProperties>',
  ].join('')
}

/** SEQUENCE OF { OCTET STRING digest, UTF8String algorithm, SEQUENCE OF transforms }, DER. */
function digestList(digests: readonly Buffer[]): Buffer {
  const singles = digests.map((digest) => der(0x30, Buffer.concat([der(0x04, digest), der(0x0c, Buffer.from(SHA512)), der(0x30, NONE)])))
  return der(0x30, Buffer.concat(singles))
}
const NONE = Buffer.alloc(0)
function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

const HC = 'xmlns="http://cyber.ee/hashchain" xmlns:ns2="http://www.w3.org/2000/09/xmldsig#"'
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const resultText = (root: Buffer): string =>
  `${DECLARATION}<HashChainResult URI="/sig-hashchain.xml#STEP0" ${HC}>\n    <ns2:DigestMethod Algorithm="${SHA512}"/>\n` +
  `    <ns2:DigestValue>${root.toString('base64')}</ns2:DigestValue>\n</HashChainResult>\n`

const chainText = (steps: readonly (readonly ChainMember[])[]): string =>
  `${DECLARATION}<HashChain ${HC}>\n    <DefaultDigestMethod Algorithm="${SHA512}"/>\n${steps
    .map((members, at) => `    <HashStep id="STEP${at}">\n${members.map((each) => memberText(each, at + 1)).join('')}    </HashStep>\n`)
    .join('')}</HashChain>\n`

function memberText(member: ChainMember, next: number): string {
  if (member === 'below') return `        <StepRef URI="#STEP${next}"/>\n`
  const [open, close] = 'uri' in member ? [`DataRef URI="${member.uri}"`, 'DataRef'] : ['HashValue', 'HashValue']
  return `        <${open}>\n            <ns2:DigestValue>${member.value.toString('base64')}</ns2:DigestValue>\n        </${close}>\n`
}

/**
 * What is wrong with the evidence of a message, or null. It knows one way of writing alone, that of X-Road servers without white space, and
 * one signer: whoever gave the certificate. Every part must be covered.
 */
export function faultIn(message: Buffer, attachments: readonly Buffer[], evidence: Evidence, signer: Buffer): string | null {
  const text = evidence.signature.toString('utf8')
  const info = /<ds:SignedInfo>.*<\/ds:SignedInfo>/s.exec(text)?.[0] ?? ''
  const properties = /<xades:SignedProperties .*<\/xades:SignedProperties>/s.exec(text)?.[0] ?? ''
  const value = Buffer.from(/<ds:SignatureValue[^>]*>([^<]*)</.exec(text)?.[1] ?? '', 'base64')
  if (!text.includes(signer.toString('base64'))) return 'another certificate'
  if (!verify('sha512', Buffer.from(inScope(info)), createPublicKey(new X509Certificate(signer).toString()), value)) return 'the signature'
  const [first, second] = [...info.matchAll(/<ds:Reference [^>]*URI="([^"]*)".*?<ds:DigestValue>([^<]*)</gs)].map(([, uri, digest]) => ({
    uri,
    digest,
  }))
  if (second?.uri !== '#signed-properties' || second.digest !== sha512(Buffer.from(inScope(properties))).toString('base64'))
    return 'the signed properties'
  const digests = [message, ...attachments].map((each) => sha512(each))
  if (attachments.length === 0 && !evidence.result)
    return first?.uri === '/message.xml' && first.digest === digests[0]?.toString('base64') ? null : 'the message'
  if (!evidence.result || !evidence.chain) return 'no hash chain'
  if (first?.uri !== '/sig-hashchainresult.xml' || first.digest !== sha512(evidence.result).toString('base64')) return 'the result'
  return evidence.result.includes(sha512(digestList(digests)).toString('base64')) ? null : 'the hash chain'
}
