import { describe, expect, test } from 'vitest'
import { isCanonicalPair, type PartDigest } from '../../src/evidence/hash-chain.ts'
import { sealBatch, sealMessage } from '../../src/evidence/seal.ts'
import { isCanonicalForm, readSignature } from '../../src/evidence/signature-document.ts'
import { verifyMessage } from '../../src/evidence/verify.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import type { SignatureDocuments } from '../../src/protocol/signature-documents.ts'
import type { Trust } from '../../src/trust/trust.ts'
import { NOON, sign } from '../trust/authority.ts'
import { materialOf, workshop } from './containers.ts'
import { damaged } from './damaged.ts'

const MESSAGE: PartDigest = { name: '/message.xml', sha512: sha512(Buffer.from('message')) }
const BODY: PartDigest = { name: '/attachment1', sha512: sha512(Buffer.from('body')) }
const OTHER: PartDigest = { name: '/message.xml', sha512: sha512(Buffer.from('other')) }
const DIF = { instance: 'QRO', memberClass: 'GOB', memberCode: 'DIF' }

/** As strict judges a container whose stamp is over the signature value: the signature holds, and every document is as a writer writes it. */
function holds(documents: SignatureDocuments, parts: readonly PartDigest[], trust: Trust): boolean {
  const parsed = readSignature(documents.signature)
  if (!parsed.ok || !isCanonicalForm(documents.signature, parsed.value)) return false
  if (documents.chain && !isCanonicalPair(documents.chain.result, documents.chain.chain)) return false
  return verifyMessage(documents, parts, DIF, trust, NOON, 'strict').ok
}

describe('strict refuses every change of one place', () => {
  // Responses and certificates that the judgement of the path does not need are judged where a container is, each for itself.
  test('in a signature document', async () => {
    const shop = await workshop()
    const { signature } = await sealMessage([MESSAGE], await materialOf(shop.signers.dif, NOON, shop), sign, NOON)
    expect(holds({ signature }, [MESSAGE], shop.trust)).toBe(true)
    let count = 0
    const accepted: string[] = []
    for (const each of damaged(signature, 1)) {
      count++
      if (holds({ signature: each }, [MESSAGE], shop.trust)) accepted.push(Buffer.from(each).toString('latin1'))
    }
    console.log(`changes of one place in a signature document: ${count}, accepted ${accepted.length}`)
    expect(accepted).toEqual([])
  })

  test('in a hash chain and in its result', async () => {
    const shop = await workshop()
    const parts = [MESSAGE, BODY]
    const [sealed] = await sealBatch([parts, [OTHER]], await materialOf(shop.signers.difP256, NOON, shop), sign, NOON)
    const { signature, chain } = sealed as Required<SignatureDocuments>
    expect(holds({ signature, chain }, parts, shop.trust)).toBe(true)
    const accepted: string[] = []
    let count = 0
    for (const which of ['result', 'chain'] as const)
      for (const each of damaged(chain[which], 2)) {
        count++
        if (holds({ signature, chain: { ...chain, [which]: each } }, parts, shop.trust)) accepted.push(Buffer.from(each).toString('latin1'))
      }
    console.log(`changes of one place in hash chain documents: ${count}, accepted ${accepted.length}`)
    expect(accepted).toEqual([])
  })
})
