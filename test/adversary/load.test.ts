import { expect, test } from 'vitest'
import { run } from '../campaign/load.ts'

test('twenty seconds of the load campaign: burst, slow, dead and forbidden calls, replays, a full disk, a clock that jumps; the sums close', async () => {
  const figures = await run(20, 20261124)
  const { sent, answered, refused, sealed, verified } = figures
  console.log(`load: ${JSON.stringify(figures)}`)
  expect(answered + Object.values(refused).reduce((sum, each) => sum + each, 0)).toBe(sent)
  expect(verified).toBe(sealed)
  expect(answered).toBeGreaterThan(sent / 2)
  expect(Object.keys(refused).join(' ')).toMatch(/logging_failed/)
}, 400_000)
