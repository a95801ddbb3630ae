import { expect, test } from 'vitest'
import { run } from '../campaign/soap.ts'

test('SOAP by property: envelopes as an independent reader reads them, packages carried and given on byte for byte, no damage crashes', async () => {
  const figures = await run(2500, 20261124)
  console.log('soap', JSON.stringify(figures))
  expect(figures.accepted / figures.cases).toBeGreaterThan(0.2)
  expect(figures.refused / figures.cases).toBeGreaterThan(0.2)
  expect(figures.slowestMs).toBeLessThan(20_000)
})
