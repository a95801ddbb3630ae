import { describe, expect, test } from 'vitest'
import { verifyContainer } from '../../src/evidence/container-verify.ts'
import { formatId } from '../../src/protocol/identifiers.ts'
import { tamper } from '../campaign/tamper.ts'
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
    const figures = await tamper(1500, 20261124, 'whole')
    console.log(`tampering: ${figures.refused} of ${figures.mutations} refused, ${figures.same} unchanged in every name and byte`)
    expect(figures.refused + figures.same).toBe(figures.mutations)
    expect(figures.asGood).toBe(0)
    expect(Object.keys(figures.cells).length).toBeGreaterThan(CLASSES)
    expect(Math.min(...Object.values(figures.cells))).toBeGreaterThanOrEqual(20)
  })

  test('stamped over their signature value, as stock servers do, differ after a change at most in what no signature covers', async () => {
    const figures = await tamper(600, 20261125, 'value')
    console.log(`tampering, stamped over the value: ${figures.refused} of ${figures.mutations} refused, ${figures.asGood} as good`)
    expect(figures.refused + figures.same + figures.asGood).toBe(figures.mutations)
    expect(figures.asGood).toBeLessThan(figures.mutations / 50)
  })
})
