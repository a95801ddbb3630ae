import { expect, test } from 'vitest'
import { live } from '../campaign/unattended.ts'

test('a week with nobody there, in small: each outage, keys rolled over, every message answered, all evidence good', {
  timeout: 900_000,
}, async () => {
  const figures = await live({ days: 8, hoursBetweenCalls: 6, hoursBetweenArchives: 6, pace: 0.01 })
  console.log(JSON.stringify(figures))
  const { messages, evidence, renewed, humanActs, alarms } = figures
  expect(messages.succeeded).toBe(messages.sent)
  expect([evidence.strict, evidence.stock, evidence.setAside]).toEqual([evidence.containers, evidence.containers, 0])
  expect([humanActs, alarms]).toEqual([0, []])
  expect(Object.keys(renewed)).toEqual(expect.arrayContaining(['ca', 'ocsp', 'tsa']))
})
