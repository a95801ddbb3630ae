import { beforeAll, describe, expect, test } from 'vitest'
import { instant, later, MINUTE } from '../../src/base/clock.ts'
import { canonicalize } from '../../src/evidence/canonical.ts'
import type { PartDigest } from '../../src/evidence/hash-chain.ts'
import { type SigningMaterial, sealBatch, sealMessage } from '../../src/evidence/seal.ts'
import { isCanonicalForm, readSignature, withOcsp, withTimestamp } from '../../src/evidence/signature-document.ts'
import { ocspValues, type ParsedSignature, signedProperties, unsignedProperties } from '../../src/evidence/signature-read.ts'
import { verifyMessage } from '../../src/evidence/verify.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import { childElements, textOf } from '../../src/protocol/xml-lookup.ts'
import { NOON, sign } from '../trust/authority.ts'
import { materialOf, must, ocspFor, type Workshop, workshop } from './containers.ts'

const MESSAGE = Buffer.from('GET\r\n/r1/QRO/GOB/SEDESOQ/PADRON/consulta\r\n')
const one: readonly PartDigest[] = [{ name: '/message.xml', sha512: sha512(MESSAGE) }]
const two: readonly PartDigest[] = [...one, { name: '/attachment1', sha512: sha512(Buffer.from('{}')) }]
const DIF = { instance: 'QRO', memberClass: 'GOB', memberCode: 'DIF' }

let shop: Workshop
let material: SigningMaterial
beforeAll(async () => {
  shop = await workshop()
  material = await materialOf(shop.signers.dif, NOON, shop)
})

const parsed = (signature: Uint8Array): ParsedSignature => must(readSignature(signature))
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

describe('every kind of key', () => {
  test.each(['dif', 'difP256', 'difPss', 'difBelow'] as const)(
    '%s signs one part, several parts and a batch, and all hold',
    async (who) => {
      const own = await materialOf(shop.signers[who], NOON, shop)
      const other: readonly PartDigest[] = [{ name: '/message.xml', sha512: sha512(Buffer.from('another')) }]
      const batch = await sealBatch([two, one, other], own, sign, NOON)
      const sealed = [[await sealMessage(one, own, sign, NOON), one] as const, [await sealMessage(two, own, sign, NOON), two] as const]
      for (const [documents, parts] of [
        ...sealed,
        ...batch.map((documents, n) => [documents, [two, one, other][n] as typeof one] as const),
      ]) {
        const verified = must(verifyMessage(documents, parts, DIF, shop.trust, NOON, 'strict'))
        expect(verified.covered).toEqual(parts.map(({ name }) => name))
        expect(verified.signer).toEqual(DIF)
        expect(isCanonicalForm(documents.signature, parsed(documents.signature))).toBe(true)
        expect(must(verifyMessage(documents, parts, DIF, shop.trust, NOON, 'stock')).value).toEqual(verified.value)
      }
    },
  )
  test('a batch shares signature and result, and a message does not hold by the chain of another', async () => {
    const other: readonly PartDigest[] = [{ name: '/message.xml', sha512: sha512(Buffer.from('another')) }]
    const [first, second] = await sealBatch([two, other], material, sign, NOON)
    expect(first?.signature).toBe(second?.signature)
    expect(first?.chain?.result).toBe(second?.chain?.result)
    const swapped = verifyMessage(second as NonNullable<typeof second>, two, DIF, shop.trust, NOON, 'stock')
    expect(swapped.ok || codeOf(swapped.fault)).toBe('malformed_signature.invalid_hash_chain')
  })
  test('one part alone is signed directly, more through a chain', async () => {
    expect((await sealMessage(one, material, sign, NOON)).chain).toBeUndefined()
    expect(text((await sealMessage(two, material, sign, NOON)).signature)).toContain(
      '<xades:MimeType>application/hash-chain-result</xades:MimeType>',
    )
  })
})

test('signers by turns, and one whose OCSP response is a new one, sign each with what they have', async () => {
  const others = [
    material,
    await materialOf(shop.signers.difP256, NOON, shop),
    await materialOf(shop.signers.difBelow, NOON, shop),
    await materialOf(shop.signers.dif, later(NOON, MINUTE), shop),
  ]
  for (const own of [...others, ...others.toReversed()])
    for (const parts of [one, two]) {
      const documents = await sealMessage(parts, own, sign, later(NOON, MINUTE))
      expect(ocspValues(parsed(documents.signature)).map((each) => each && Buffer.from(each))).toEqual(
        own.ocsp.map((each) => Buffer.from(each)),
      )
      must(verifyMessage(documents, parts, DIF, shop.trust, later(NOON, MINUTE), 'strict'))
    }
})

test('ECDSA values are r‖s with full halves, never DER', async () => {
  for (const [who, octets] of [
    ['difP256', 64],
    ['sedesoqP384', 96],
  ] as const) {
    const own = await materialOf(shop.signers[who], NOON, shop)
    for (let n = 0; n < 20; n++) {
      const { signature } = await sealMessage([{ name: '/message.xml', sha512: sha512(Buffer.from(`${n}`)) }], own, sign, NOON)
      expect(parsed(signature).value).toHaveLength(octets)
    }
  }
})

test('what is signed is cut out of the same text: the templates are canonical already', async () => {
  const signed: Uint8Array[] = []
  const recording: typeof sign = async (key, algorithm, digest) => {
    signed.push(digest)
    return sign(key, algorithm, digest)
  }
  for (const who of ['dif', 'difBelow'] as const) {
    const { signature } = await sealMessage(two, await materialOf(shop.signers[who], NOON, shop), recording, NOON)
    const document = parsed(signature)
    expect(sha512(canonicalize(document.signedInfo))).toEqual(signed.at(-1))
    const properties = signedProperties(document)
    expect(properties && sha512(canonicalize(properties))).toEqual(document.references[1]?.digest)
  }
})

test('the document is laid out as stock servers do it: no white space, no newline after the declaration, prefixes and Ids theirs', async () => {
  const { signature } = await sealMessage(one, material, sign, instant(Date.UTC(2024, 11, 5, 7, 34, 12)))
  const whole = text(signature)
  expect(whole).toMatch(
    /^<\?xml version="1.0" encoding="UTF-8" standalone="no"\?><asic:XAdESSignatures xmlns:asic="http:\/\/uri\.etsi\.org\/02918\/v1\.2\.1#" /,
  )
  expect(whole).not.toMatch(/>\s/)
  expect(whole).toContain('<xades:SigningTime>2024-12-05T07:34:12Z</xades:SigningTime>')
  expect([...parsed(signature).ids.keys()]).toEqual([
    'signature',
    'signature-reference-0',
    'signature-reference-1',
    'signature-value',
    'signed-properties',
    'ocsp-response-1',
  ])
})

describe('nothing is signed', () => {
  test('without an OCSP response', async () => {
    await expect(sealMessage(one, { ...material, ocsp: [] }, sign, NOON)).rejects.toThrow('OCSP')
  })
  test('with an algorithm that the key is not for', async () => {
    await expect(sealMessage(one, { ...material, algorithm: 'ecdsa-sha256' }, sign, NOON)).rejects.toThrow('not for ecdsa-sha256')
  })
  test('when the holder of the key refuses', async () => {
    await expect(sealMessage(one, material, () => Promise.reject(new Error('locked')), NOON)).rejects.toThrow('locked')
  })
  test('over a message without parts', async () => {
    await expect(sealMessage([], material, sign, NOON)).rejects.toThrow('without parts')
  })
})

describe('what is added later', () => {
  const token = Buffer.from('no token, but octets')
  test('a time stamp becomes the first unsigned property, nothing else moves, and the form stays canonical', async () => {
    const { signature } = await sealMessage(one, material, sign, NOON)
    const stamped = withTimestamp(signature, token)
    const [first] = childElements(unsignedProperties(parsed(stamped)) as NonNullable<ReturnType<typeof unsignedProperties>>)
    expect(first && [first.name, childElements(first).map(textOf)]).toEqual(['xades:SignatureTimeStamp', [token.toString('base64')]])
    expect(text(stamped).replace(/<xades:SignatureTimeStamp>.*<\/xades:SignatureTimeStamp>/, '')).toBe(text(signature))
    expect(isCanonicalForm(stamped, parsed(stamped))).toBe(true)
  })
  test('a fresh OCSP response goes before all others, so that a stock verifier sees it first', async () => {
    const { signature } = await sealMessage(one, material, sign, NOON)
    const late = later(NOON, 90 * MINUTE)
    const judged = (bytes: Uint8Array) => verifyMessage({ signature: bytes }, one, DIF, shop.trust, late, 'strict')
    const before = judged(signature)
    expect(before.ok || codeOf(before.fault)).toBe('invalid_cert_path.incorrect_validation_info')
    const [fresh] = await ocspFor(shop.signers.dif, late, shop)
    const refreshed = withOcsp(signature, fresh as Uint8Array)
    expect(must(judged(refreshed)).ocsp.producedAt).toBe(late)
    expect(ocspValues(parsed(refreshed)).map((each) => each && Buffer.from(each))).toEqual(
      [fresh, material.ocsp[0]].map((each) => Buffer.from(each as Uint8Array)),
    )
    const twice = withTimestamp(withOcsp(refreshed, fresh as Uint8Array), token)
    expect(isCanonicalForm(twice, parsed(twice))).toBe(true)
    expect([...parsed(twice).ids.keys()].slice(-3)).toEqual(['ocsp-response-3', 'ocsp-response-2', 'ocsp-response-1'])
  })
  test('to a document that is no signature nothing is added', () => {
    expect(() => withTimestamp(Buffer.from('<a/>'), token)).toThrow('no signature document')
  })
})
