import { hash } from 'node:crypto'
import type { Now } from '../base/clock.ts'
import type { PartDigest } from '../evidence/hash-chain.ts'
import { type SigningMaterial, sealBatch, sealMessage } from '../evidence/seal.ts'
import type { Sign } from '../protocol/sign.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'

type Waiting = {
  readonly parts: readonly PartDigest[]
  readonly material: SigningMaterial
  readonly done: (documents: SignatureDocuments) => void
  readonly failed: (reason: unknown) => void
}
/** The messages that wait for a key, by key and certificate; there is a list while the key is at work. */
export type Batches = Map<string, Waiting[]>

/** As many messages as one signature may be for: every one of them carries a result as long as the batch. */
const MOST_TOGETHER = 64

/**
 * Signs a message at once when its key is idle, else together with all that wait for it: one signature for them, so that a slow holder of
 * keys is asked no more often than it can answer. Nobody waits for company. Throws what `sign` throws, to everybody of the batch.
 */
export async function sealTogether(
  batches: Batches,
  parts: readonly PartDigest[],
  material: SigningMaterial,
  sign: Sign,
  now: Now,
): Promise<SignatureDocuments> {
  const key = `${material.key} ${hash('sha256', material.certificate, 'hex')}`
  const waiting = batches.get(key)
  if (waiting) return new Promise((done, failed) => void waiting.push({ parts, material, done, failed }))
  const line: Waiting[] = []
  batches.set(key, line)
  try {
    return await sealMessage(parts, material, sign, now())
  } finally {
    void serve(line, sign, now, () => batches.delete(key))
  }
}

/** `idle` is called in the very turn in which nobody waits any more. */
async function serve(line: Waiting[], sign: Sign, now: Now, idle: () => void): Promise<void> {
  for (let batch = line.splice(0, MOST_TOGETHER); batch.length > 0; batch = line.splice(0, MOST_TOGETHER)) {
    const { material } = batch.at(-1) as Waiting
    try {
      const parts = batch.map((each) => each.parts)
      const documents = await sealBatch(parts, material, sign, now())
      for (const [index, each] of batch.entries()) each.done(documents[index] as SignatureDocuments)
    } catch (reason) {
      for (const { failed } of batch) failed(reason)
    }
  }
  idle()
}
