import { expect, test } from 'vitest'
import { run as runDisk } from '../campaign/disk.ts'
import { run as runFlat } from '../campaign/flat.ts'
import { run as runLoad } from '../campaign/load.ts'
import { run as runNoisy } from '../campaign/noisy.ts'
import { needs } from '../tools.ts'

// Samples of the campaigns of these names: that the sums close, however fast the machine is. How fast and how flat is for the campaigns to say.
const PATIENCE = 600_000
const sum = (refused: Readonly<Record<string, number>>) => Object.values(refused).reduce((total, each) => total + each, 0)

test(
  'load: a burst, slow and dead services and nodes, replays, certificates that run out, a clock that jumps; the sums close',
  async () => {
    const figures = await runLoad(6, 20261124)
    console.log(`load: ${JSON.stringify(figures)}`)
    expect(figures.answered + sum(figures.refused)).toBe(figures.sent)
    expect(figures.verified).toBe(figures.sealed)
    expect(figures.answered).toBeGreaterThan(0)
    expect(figures.certificates.renewed).toBeGreaterThan(0)
  },
  PATIENCE,
)

test.skipIf(!needs('prlimit'))(
  'disk: while its files cannot grow a node refuses and does nothing; afterwards it goes on, and the sums close',
  async () => {
    const figures = await runDisk(2, 20261124)
    console.log(`disk: ${JSON.stringify(figures)}`)
    expect(figures.answered + sum(figures.refused)).toBe(figures.sent)
    expect(Object.keys(figures.refused).join(' ')).toMatch(/logging_failed/)
  },
  PATIENCE,
)

test(
  'noisy: while one agency asks twenty times its share the other is answered, and the sums close',
  async () => {
    const figures = await runNoisy(2, 20261124)
    console.log(`noisy: ${JSON.stringify(figures)}`)
    expect(figures.answered + sum(figures.refused)).toBe(figures.sent)
    expect(figures.answered).toBeGreaterThan(0)
  },
  PATIENCE,
)

test(
  'flat: the memory of two nodes over exchange after exchange',
  async () => {
    const figures = await runFlat(200, 0)
    console.log(`flat: ${JSON.stringify(figures)}`)
    expect(Math.max(...figures.consumer, ...figures.provider)).toBeLessThan(1000)
  },
  PATIENCE,
)
