import { beforeAll, describe, expect, test } from 'vitest'
import { type Instant, instant, later, MINUTE } from '../../src/base/clock.ts'
import type { PartDigest } from '../../src/evidence/hash-chain.ts'
import { type KnownSigners, type SignerForm, verifyOwnForm } from '../../src/evidence/own-form.ts'
import { type SigningMaterial, sealBatch, sealMessage } from '../../src/evidence/seal.ts'
import { verifyMessage } from '../../src/evidence/verify.ts'
import { newMemory } from '../../src/exchange/memory.ts'
import { rememberedSteps } from '../../src/exchange/remembered-steps.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import type { MemberId } from '../../src/protocol/identifiers.ts'
import type { SignatureDocuments } from '../../src/protocol/signature-documents.ts'
import { NOON, sign } from '../trust/authority.ts'
import { materialOf, must, type Workshop, workshop } from './containers.ts'
import { damaged } from './damaged.ts'

const one: readonly PartDigest[] = [{ name: '/message.xml', sha512: sha512('message') }]
const two: readonly PartDigest[] = [...one, { name: '/attachment1', sha512: sha512('body') }]
const DIF = { instance: 'QRO', memberClass: 'GOB', memberCode: 'DIF' }

let shop: Workshop
let material: SigningMaterial
beforeAll(async () => {
  shop = await workshop()
  material = await materialOf(shop.signers.dif, NOON, shop)
})

/** What a node remembers after it read these in full. */
function afterReading(...read: readonly (readonly [SignatureDocuments, readonly PartDigest[]])[]) {
  const memory = newMemory()
  const stepsOf = (configuration: string) =>
    rememberedSteps({ trust: shop.trust, configuration, validUntil: later(NOON, 60 * MINUTE) }, memory)
  const steps = stepsOf('c')
  for (const [documents, parts] of read) must(verifyMessage(documents, parts, DIF, shop.trust, NOON, 'strict', steps))
  return { steps, known: steps.known as KnownSigners, ofAnother: stepsOf('other').known as KnownSigners }
}
const quick = (
  documents: SignatureDocuments,
  parts: readonly PartDigest[],
  known: KnownSigners,
  { at = NOON, signer = DIF }: { at?: Instant; signer?: MemberId } = {},
) => verifyOwnForm(documents, parts, signer, shop.trust, at, known)

describe('a signature in our own form, by a signer that was judged before', () => {
  test.each(['dif', 'difP256', 'difPss'] as const)('%s: is verified as a reader in full verifies it', async (who) => {
    const own = await materialOf(shop.signers[who], NOON, shop)
    for (const parts of [one, two]) {
      const [first, second] = [await sealMessage(parts, own, sign, NOON), await sealMessage(parts, own, sign, instant(NOON + 1234))]
      const { known } = afterReading([first, parts])
      expect(quick(second, parts, known)).toEqual(must(verifyMessage(second, parts, DIF, shop.trust, NOON, 'strict')))
    }
  })

  test('is read in full the first time, by another configuration, and when the verdict is a minute old', async () => {
    const documents = await sealMessage(two, material, sign, NOON)
    expect(quick(documents, two, afterReading().known)).toBeNull()
    const { known, ofAnother } = afterReading([documents, two])
    expect(quick(documents, two, known)).not.toBeNull()
    expect(quick(documents, two, ofAnother)).toBeNull()
    expect(quick(documents, two, known, { at: later(NOON, MINUTE + 1) })).toBeNull()
    expect(quick(documents, two, known, { at: instant(NOON - 1) })).toBeNull()
  })

  test('is what a node verifies from the second message on', async () => {
    const documents = await sealMessage(two, material, sign, NOON)
    const { steps } = afterReading([documents, two])
    const full = () => expect.unreachable('it was read in full')
    const verified = verifyMessage(documents, two, DIF, shop.trust, NOON, 'strict', { ...steps, read: full, judge: full })
    expect(verified.ok).toBe(true)
  })

  test('is refused for other parts, another member, and the signature of another message', async () => {
    const [documents, direct] = [await sealMessage(two, material, sign, NOON), await sealMessage(one, material, sign, NOON)]
    const other = [{ name: '/message.xml', sha512: sha512('other') }, ...two.slice(1)]
    const { known } = afterReading([documents, two], [direct, one])
    expect(quick(documents, other, known)).toBeNull()
    expect(quick(documents, two.toReversed(), known)).toBeNull()
    expect(quick(documents, one, known)).toBeNull()
    expect(quick(direct, two, known)).toBeNull()
    expect(quick(direct, [{ ...(two[1] as PartDigest) }], known)).toBeNull()
    expect(quick({ ...documents, signature: direct.signature }, two, known)).toBeNull()
    expect(quick({ signature: documents.signature }, one, known)).toBeNull()
    expect(quick(documents, two, known, { signer: { ...DIF, memberCode: 'SEDESOQ' } })).toBeNull()
    expect(quick(documents, two, known, { signer: { ...DIF, instance: 'EE' } })).toBeNull()
  })

  test('of a batch is left to the reader in full', async () => {
    const [first] = await sealBatch([two, one], material, sign, NOON)
    const documents = first as SignatureDocuments
    expect(quick(documents, two, afterReading([documents, two]).known)).toBeNull()
  })
})

/** What a node remembers after it also took one of each as our own form. */
async function afterLearning(...taken: readonly (readonly [SignatureDocuments, readonly PartDigest[]])[]) {
  const { known } = afterReading(...taken)
  const looked: SignerForm[] = []
  const form: KnownSigners['form'] = (name) => {
    const found = known.form(name)
    if (found) looked.push(found)
    return found
  }
  for (const [documents, parts] of taken) expect(quick(documents, parts, known)).not.toBeNull()
  return { known: { ...known, form }, looked }
}

describe('the form of a signer, once it was learnt', () => {
  test.each(['dif', 'difP256', 'difPss'] as const)('%s: says of a document what the reader in full says', async (who) => {
    const own = await materialOf(shop.signers[who], NOON, shop)
    for (const parts of [one, two]) {
      const { known, looked } = await afterLearning([await sealMessage(parts, own, sign, NOON), parts])
      const other = parts.map((part) => ({ ...part, sha512: sha512(`another ${part.name}`) }))
      const documents = await sealMessage(other, own, sign, instant(NOON + 99_000))
      const learn = () => expect.unreachable('it was read by the pattern')
      expect(quick(documents, other, { ...known, learn })).toEqual(must(verifyMessage(documents, other, DIF, shop.trust, NOON, 'strict')))
      expect(looked.length).toBe(1)
      expect(quick(documents, parts, known)).toBeNull()
    }
  })

  test('is learnt from nothing that was refused', async () => {
    const documents = await sealMessage(two, material, sign, NOON)
    const { known } = afterReading([documents, two])
    const learn = () => expect.unreachable('it was learnt')
    for (const [seed, signature] of [...damaged(documents.signature, 5)].entries())
      if (seed % 7 === 0) expect(quick({ ...documents, signature }, two, { ...known, learn })).toBeNull()
    expect(quick(documents, one, { ...known, learn })).toBeNull()
    expect(quick(documents, two, { ...known, learn, verdict: () => undefined })).toBeNull()
  })

  test('does not outlive the verdict, and makes way when the OCSP response is a new one', async () => {
    const documents = await sealMessage(two, material, sign, NOON)
    const { known } = await afterLearning([documents, two])
    expect(quick(documents, two, known, { at: later(NOON, MINUTE + 1) })).toBeNull()
    const fresh = await materialOf(shop.signers.dif, later(NOON, MINUTE), shop)
    expect(fresh.ocsp).not.toEqual(material.ocsp)
    const next = await sealMessage(two, fresh, sign, later(NOON, MINUTE))
    expect(quick(next, two, known)).toBeNull() // its OCSP response was never judged
    expect(quick(documents, two, known)).not.toBeNull()
  })
})

test.each([
  ['before', afterReading],
  ['after', afterLearning],
] as const)('nothing that was changed in one place is verified without reading it in full, %s its form was learnt', async (_, after) => {
  const [chained, direct] = [await sealMessage(two, material, sign, NOON), await sealMessage(one, material, sign, NOON)]
  const { known } = await after([chained, two], [direct, one])
  const chain = chained.chain as NonNullable<typeof chained.chain>
  let count = 0
  const mustBeNull = (documents: SignatureDocuments, parts: readonly PartDigest[]) => {
    count++
    if (quick(documents, parts, known)) expect.unreachable(Buffer.from(documents.signature).toString('latin1'))
  }
  for (const signature of damaged(direct.signature, 1)) mustBeNull({ signature }, one)
  for (const signature of damaged(chained.signature, 2)) mustBeNull({ ...chained, signature }, two)
  for (const result of damaged(chain.result, 3)) mustBeNull({ ...chained, chain: { ...chain, result } }, two)
  for (const each of damaged(chain.chain, 4)) mustBeNull({ ...chained, chain: { ...chain, chain: each } }, two)
  expect(count).toBeGreaterThan(15_000)
})
