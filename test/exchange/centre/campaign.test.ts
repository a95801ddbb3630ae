import { expect, test } from 'vitest'
import { run } from '../../campaign/centre.ts'

test('of mutated configurations and management requests none is accepted, and none leaves a trace but in the log', async () => {
  const figures = await run(600, 4)
  console.log(JSON.stringify(figures))
  for (const { mutations, accepted, refused, same } of [figures.configurations, figures.requests]) {
    expect([accepted, refused + same]).toEqual([0, mutations])
    expect(refused).toBeGreaterThan(mutations * 0.95)
  }
})
