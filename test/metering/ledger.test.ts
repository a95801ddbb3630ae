import { expect, test } from 'vitest'
import { run } from '../campaign/metering.ts'

test('receipts come to what the logs of both ends come to, whatever was delivered twice and wherever a run died; sown bugs are found', async () => {
  const figures = await run(3000, 7)
  console.log(JSON.stringify(figures))
  expect(figures.bugsFound).toBe('4 of 4')
  expect(figures.exchanges).toBeGreaterThan(3000)
})
