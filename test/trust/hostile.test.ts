import { expect, test } from 'vitest'
import { run } from '../campaign/pki.ts'

test('damaged certificates, requests, OCSP messages and time stamps are refused or read, never tripped over', async () => {
  const figures = await run(2100, 20261124)
  console.log(JSON.stringify(figures))
  expect(figures.accepted / figures.cases).toBeGreaterThan(0.2)
  expect(figures.refused / figures.cases).toBeGreaterThan(0.2)
})
