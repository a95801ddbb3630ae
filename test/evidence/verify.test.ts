import { beforeAll, describe, expect, test } from 'vitest'
import { canonicalize } from '../../src/evidence/canonical.ts'
import type { PartDigest } from '../../src/evidence/hash-chain.ts'
import { sealMessage } from '../../src/evidence/seal.ts'
import { readSignature } from '../../src/evidence/signature-document.ts'
import { signedProperties } from '../../src/evidence/signature-read.ts'
import { type Profile, verifyMessage } from '../../src/evidence/verify.ts'
import { base64, sha512 } from '../../src/protocol/digests.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import type { SignatureDocuments } from '../../src/protocol/signature-documents.ts'
import type { XmlElement } from '../../src/protocol/xml.ts'
import { context, integer, sequence } from '../../src/trust/der-write.ts'
import { NOON, sign } from '../trust/authority.ts'
import { materialOf, must, type Workshop, workshop } from './containers.ts'

const MESSAGE = Buffer.from('message')
const BODY = Buffer.from('body')
const one: readonly PartDigest[] = [{ name: '/message.xml', sha512: sha512(MESSAGE), octets: MESSAGE }]
const two: readonly PartDigest[] = [...one, { name: '/attachment1', sha512: sha512(BODY) }]
const DIF = { instance: 'QRO', memberClass: 'GOB', memberCode: 'DIF' }

let shop: Workshop
let direct: string
beforeAll(async () => {
  shop = await workshop()
  direct = Buffer.from((await sealMessage(one, await materialOf(shop.signers.dif, NOON, shop), sign, NOON)).signature).toString('utf8')
})

function verdict(documents: SignatureDocuments, parts: readonly PartDigest[], profile: Profile, signer = DIF): string {
  const outcome = verifyMessage(documents, parts, signer, shop.trust, NOON, profile)
  return outcome.ok ? 'VALID' : codeOf(outcome.fault)
}

/** The document after an edit, with the digest of its properties and the signature made anew: whoever holds the key may write this. */
async function resigned(edit: (text: string) => string): Promise<SignatureDocuments> {
  const edited = edit(direct)
  expect(edited).not.toBe(direct)
  const properties = signedProperties(must(readSignature(Buffer.from(edited)))) as XmlElement
  const digest = base64(sha512(canonicalize(properties)))
  const referred = edited.replace(/(URI="#signed-properties">.*?<ds:DigestValue>)[^<]*/, (_, head) => head + digest)
  const { signedInfo } = must(readSignature(Buffer.from(referred)))
  const value = base64(await sign(shop.signers.dif.key, 'rsa-sha512', sha512(canonicalize(signedInfo))))
  return { signature: Buffer.from(referred.replace(/(<ds:SignatureValue[^>]*>)[^<]*/, (_, head) => head + value)) }
}

const REFERENCE = /<ds:Reference Id="signature-reference-0".*?<\/ds:Reference>/
const PROPERTIES = /<ds:Reference Id="signature-reference-1".*?<\/ds:Reference>/
const again = (pattern: RegExp, id: string) => (text: string) =>
  text.replace(pattern, (found) => found + found.replace(/Id="[^"]*"/, `Id="${id}"`))
const attachment = (method: string, digest: Uint8Array, transforms = ''): ((text: string) => string) => {
  const reference = `<ds:Reference Id="more" URI="/attachment1">${transforms}<ds:DigestMethod Algorithm="${method}"></ds:DigestMethod><ds:DigestValue>${base64(digest)}</ds:DigestValue></ds:Reference>`
  return (text) => text.replace('</ds:SignedInfo>', `${reference}</ds:SignedInfo>`)
}
const SHA512 = 'http://www.w3.org/2001/04/xmlenc#sha512'
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256'
const inUnsigned = (xml: string) => (text: string) => text.replace('<xades:RevocationValues>', `${xml}<xades:RevocationValues>`)
const C14N = '<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></ds:Transform></ds:Transforms>'

describe('a signature whose owner signed something else than a message', () => {
  test.each<[string, string, string, (text: string) => string]>([
    ['the message referred to twice', 'VALID', 'uncovered_part', again(REFERENCE, 'twice')],
    ['the properties referred to twice', 'VALID', 'uncovered_part', again(PROPERTIES, 'twice')],
    ['the properties without their type', 'VALID', 'uncovered_part', (text) => text.replace(/ Type="[^"]*"/, '')],
    ['an attachment that did not come', 'internal_error', 'internal_error', attachment(SHA512, sha512(BODY))],
    ['a part that is none', 'internal_error', 'internal_error', (text) => text.replace('URI="/message.xml"', 'URI="/other.xml"')],
    [
      'a chain result that did not come',
      'internal_error',
      'internal_error',
      (text) => text.replace('URI="/message.xml"', 'URI="/sig-hashchainresult.xml"'),
    ],
    [
      'the digest of another certificate',
      'VALID',
      'incorrect_certificate',
      (text) => text.replace(/(<xades:CertDigest>.*?<ds:DigestValue>)[^<]*/, (_, head) => head + base64(sha512(BODY))),
    ],
    ['another serial number', 'VALID', 'incorrect_certificate', (text) => text.replace(/(<ds:X509SerialNumber>)/, '$11')],
    ['another issuer', 'VALID', 'incorrect_certificate', (text) => text.replace('<ds:X509IssuerName>CN=CA', '<ds:X509IssuerName>CN=CB')],
    [
      'no certificate named',
      'VALID',
      'malformed_signature',
      (text) => text.replace(/<xades:SigningCertificate>.*<\/xades:SigningCertificate>/, ''),
    ],
    ['properties of another signature', 'VALID', 'malformed_signature', (text) => text.replace('Target="#signature"', 'Target="#other"')],
    [
      'an Id twice, which the schema sees',
      'malformed_signature',
      'malformed_signature',
      (text) => text.replace('Id="ocsp-response-1"', 'Id="signature-value"'),
    ],
    ['a counter-signature', 'malformed_signature', 'malformed_signature', inUnsigned('<xades:CounterSignature/>')],
    [
      'an archive stamp',
      'VALID',
      'malformed_signature',
      inUnsigned('<xades:ArchiveTimeStamp><xades:EncapsulatedTimeStamp>AA==</xades:EncapsulatedTimeStamp></xades:ArchiveTimeStamp>'),
    ],
    [
      'an element of another vocabulary',
      'VALID',
      'malformed_signature',
      (text) => text.replace('</ds:X509Certificate>', '</ds:X509Certificate><x:y xmlns:x="urn:x"></x:y>'),
    ],
    [
      'two certificates in KeyInfo',
      'VALID',
      'malformed_signature',
      (text) => text.replace(/<ds:X509Certificate>.*?<\/ds:X509Certificate>/, '$&$&'),
    ],
    ['a second Object', 'VALID', 'malformed_signature', (text) => text.replace('</ds:Object>', '</ds:Object><ds:Object></ds:Object>')],
    ['text beside the signature', 'VALID', 'malformed_signature', (text) => text.replace('<ds:Signature ', ' <ds:Signature ')],
    [
      'a second signature beside',
      'VALID',
      'malformed_signature',
      (text) => text.replace('</ds:Signature>', '</ds:Signature><ds:Signature/>'),
    ],
    ['a root of another namespace', 'VALID', 'malformed_signature', (text) => text.replace('02918/v1.2.1#', '02918/v1.1.1#')],
  ])('%s: stock %s, strict %s', async (_, stock, strict, edit) => {
    const documents = await resigned(edit)
    expect(verdict(documents, one, 'stock')).toBe(stock)
    expect(verdict(documents, one, 'strict')).toBe(strict)
  })

  test('a reference to an element beside the properties', async () => {
    const edit = (text: string): string => {
      const marked = text.replace('<xades:UnsignedProperties>', '<xades:UnsignedProperties Id="beside">')
      const digest = base64(sha512(canonicalize(must(readSignature(Buffer.from(marked))).ids.get('beside') as XmlElement)))
      return marked.replace(
        PROPERTIES,
        (found) =>
          found +
          found
            .replace(/Id="[^"]*"/, 'Id="more"')
            .replace('#signed-properties', '#beside')
            .replace(/<ds:DigestValue>[^<]*/, `<ds:DigestValue>${digest}`),
      )
    }
    const documents = await resigned(edit)
    expect([verdict(documents, one, 'stock'), verdict(documents, one, 'strict')]).toEqual(['VALID', 'malformed_signature'])
  })

  test('References to attachments: each part once, untransformed, with SHA-512', async () => {
    const cases = [
      ['both parts', attachment(SHA512, sha512(BODY)), 'VALID', 'VALID'],
      ['a digest labelled SHA-256, which stock does not look at', attachment(SHA256, sha512(BODY)), 'VALID', 'malformed_signature'],
      ['a transform, which stock does not apply', attachment(SHA512, sha512(BODY), C14N), 'VALID', 'malformed_signature'],
      ['another body', attachment(SHA512, sha512(MESSAGE)), 'invalid_signature_value', 'invalid_signature_value'],
    ] as const
    for (const [what, edit, stock, strict] of cases) {
      const documents = await resigned(edit)
      expect([what, verdict(documents, two, 'stock'), verdict(documents, two, 'strict')]).toEqual([what, stock, strict])
    }
  })

  test('SigningCertificateV2 is as good where no schema forbids it: with the signature as root', async () => {
    const { certificate } = shop.signers.dif
    const named = (serial: bigint) => base64(sequence(sequence(context(4, certificate.issuer.der)), integer(serial)))
    const bare = (serial: bigint) => (text: string) =>
      text
        .replace(/<asic:XAdESSignatures( [^>]*)><ds:Signature/, '<ds:Signature$1')
        .replace('</asic:XAdESSignatures>', '')
        .replaceAll('xades:SigningCertificate>', 'xades:SigningCertificateV2>')
        .replace(/<xades:IssuerSerial>.*?<\/xades:IssuerSerial>/, `<xades:IssuerSerialV2>${named(serial)}</xades:IssuerSerialV2>`)
    expect(verdict(await resigned(bare(certificate.serial)), one, 'strict')).toBe('VALID')
    expect(verdict(await resigned(bare(certificate.serial + 1n)), one, 'strict')).toBe('incorrect_certificate')
  })
})

describe('a message that is not the one signed', () => {
  test.each<[string, string, () => readonly PartDigest[]]>([
    ['another message', 'invalid_signature_value', () => [{ name: '/message.xml', sha512: sha512(BODY) }]],
    ['no message', 'internal_error', () => []],
  ])('%s: %s', (_, code, parts) => {
    for (const profile of ['stock', 'strict'] as const) expect(verdict({ signature: Buffer.from(direct) }, parts(), profile)).toBe(code)
  })
  test('a body that no signature covers passes stock, and strict refuses it', () => {
    expect(verdict({ signature: Buffer.from(direct) }, two, 'stock')).toBe('VALID')
    expect(verdict({ signature: Buffer.from(direct) }, two, 'strict')).toBe('uncovered_part')
  })
  test('another signer is named by the message', () => {
    for (const memberCode of ['SEDESOQ', 'dif', 'DIF '])
      expect(verdict({ signature: Buffer.from(direct) }, one, 'stock', { ...DIF, memberCode })).toBe('incorrect_certificate')
    expect(verdict({ signature: Buffer.from(direct) }, one, 'stock', { ...DIF, instance: 'XX' })).toBe('internal_error')
  })
  test('no signature came', () => {
    expect(verdict({ signature: new Uint8Array() }, one, 'stock')).toBe('missing_signature')
  })
  test.each([
    ['rsa-sha999', 'malformed_signature'],
    ['hmac-sha512', 'malformed_signature'],
    ['rsa-md5', 'internal_error'],
  ])('the signature method is %s: %s', (method, code) => {
    const signature = Buffer.from(direct.replace('#rsa-sha512', `#${method}`))
    expect(verdict({ signature }, one, 'stock')).toBe(code)
  })
  test.each([
    ['no XML', 'no XML', 'invalid_xml'],
    ['a document type', '<!DOCTYPE a><a/>', 'invalid_xml'],
    ['another document', '<a/>', 'malformed_signature'],
    ['another prefix', '<x:Signature xmlns:x="http://www.w3.org/2000/09/xmldsig#"/>', 'malformed_signature'],
  ])('the signature is %s (%j): %s', (_, text, code) => {
    expect(verdict({ signature: Buffer.from(text) }, one, 'strict')).toBe(code)
  })
})
