import { describe, expect, test } from 'vitest'
import { verifyContainer } from '../../src/evidence/container-verify.ts'
import { formatId } from '../../src/protocol/identifiers.ts'
import { run } from '../campaign/tamper.ts'
import { fileContainers, workshop } from './containers.ts'

const CLASSES = 70

describe('containers we wrote', () => {
  test('are valid under both profiles, and every part is covered', async () => {
    const { trust } = await workshop()
    for (const form of ['whole', 'value'] as const)
      for (const { bytes, signer, attachments } of await fileContainers(24, form))
        for (const profile of ['stock', 'strict'] as const) {
          const verdict = await verifyContainer(bytes, trust, profile)
          expect(verdict.fault, `${form} ${profile} ${signer.key}`).toBeUndefined()
          expect(verdict.parts.map(({ name, covered }) => [name, covered])).toEqual(
            ['/message.xml', ...attachments.map((_, index) => `/attachment${index + 1}`)].map((name) => [name, true]),
          )
          expect(verdict.signer && formatId(verdict.signer)).toMatch(/^QRO\/GOB\/(DIF\/APOYOS|SEDESOQ\/PADRON)$/)
          expect(verdict.timestamp).toBeGreaterThan(verdict.ocsp ?? Number.POSITIVE_INFINITY)
        }
  })

  test('are refused by strict after any single change; the full count runs in the campaign', async () => {
    const { whole, value } = await run(1200, 20261124)
    console.log(`tampering: ${whole.refused} of ${whole.mutations} refused, ${whole.same} unchanged in every name and byte`)
    expect(whole.refused + whole.same).toBe(whole.mutations)
    expect(Object.keys(whole.cells).length).toBeGreaterThan(CLASSES)
    expect(Math.min(...Object.values(whole.cells))).toBeGreaterThanOrEqual(15)
    // Stamped over their signature value, as stock servers stamp a record alone, a change can stay in what no signature covers.
    console.log(`tampering, stamped over the value: ${value.refused} of ${value.mutations} refused, ${value.asGood} as good`)
    expect(value.refused + value.same + value.asGood).toBe(value.mutations)
    expect(value.asGood).toBeLessThan(value.mutations / 50)
  }, 600_000)
})
