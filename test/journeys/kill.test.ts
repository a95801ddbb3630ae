import { expect, test } from 'vitest'
import { run } from '../campaign/kill.ts'

test('kill -9 of a node between keeping and releasing: no answer without its evidence, every kept record sealed, none twice', async () => {
  const figures = await run(9, Date.now() % 0xffffffff)
  console.log(`kill -9: ${JSON.stringify(figures)}`)
  expect(Object.keys(figures.byStep)).toHaveLength(9)
  expect(figures.answered).toBeGreaterThan(0)
  expect(figures.unanswered).toBeGreaterThanOrEqual(figures.kills - 1)
}, 600_000)
