import { expect, test } from 'vitest'
import { run } from '../../campaign/descriptions.ts'

test('descriptions in any writing, whole and damaged: a sample of the campaign', async () => {
  const figures = await run(2_000, 20_261_124)
  console.log(`descriptions: ${JSON.stringify(figures)}`)
  expect(figures.accepted / figures.cases).toBeGreaterThan(0.2)
  expect(figures.refused / figures.cases).toBeGreaterThan(0.2)
})
