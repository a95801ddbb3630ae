import { percentile, type Spread, spreadOf } from './cpu.ts'
import { crowded } from './growth.ts'
import { type BenchNodes, benchNodes } from './nodes.ts'

/** What the slowest of twenty exchanges costs, signatures and all, in a small and in a large exchange: their runs side by side. */
export type TailFigures = {
  readonly members: readonly [few: number, many: number]
  readonly p95Ms: readonly [few: Spread, many: Spread]
  /** p95 among many over p95 among few. */
  readonly ratio: Spread
}

const FEW = 10
const MANY = 10_000
const SLICE = 20

export async function benchTail(exchanges = 2000, runs = 3): Promise<TailFigures> {
  const bench = await benchNodes()
  const few = among(bench, FEW)
  const many = among(bench, MANY)
  const pairs: (readonly [number, number])[] = []
  for (let run = 0; run < runs; run++) pairs.push(await sideBySide(few, many, exchanges))
  return {
    members: [FEW, MANY],
    p95Ms: [spreadOf(pairs.map(([each]) => each)), spreadOf(pairs.map(([, each]) => each))],
    ratio: spreadOf(pairs.map(([a, b]) => b / a)),
  }
}

/** Milliseconds of CPU of each exchange in a slice, under a configuration of so many members. */
function among({ nodes, exchange }: BenchNodes, members: number): () => Promise<readonly number[]> {
  const { current } = nodes.trust
  const trust = { ...current, trust: crowded(current.trust, members), configuration: `members-${members}` }
  return async () => {
    nodes.trust.current = trust
    const took: number[] = []
    for (let n = 0; n < SLICE; n++) {
      const before = process.threadCpuUsage()
      await exchange(1)
      const { user, system } = process.threadCpuUsage(before)
      took.push((user + system) / 1000)
    }
    return took
  }
}

async function sideBySide(few: () => Promise<readonly number[]>, many: () => Promise<readonly number[]>, exchanges: number) {
  await few()
  await many()
  const [a, b]: [number[], number[]] = [[], []]
  for (let done = 0; done < exchanges; done += SLICE) {
    a.push(...(await few()))
    b.push(...(await many()))
  }
  return [percentile(a, 0.95), percentile(b, 0.95)] as const
}
