import { readFileSync } from 'node:fs'
import { median } from '../../bench/cpu.ts'
import { benchFolder } from '../../bench/nodes.ts'
import { stretch } from '../../bench/throughput/load.ts'
import { startNodes } from '../../bench/throughput/run.ts'

export type FlatFigures = {
  readonly exchanges: number
  /** MiB of each node, consumer's and provider's: in the second tenth of the run, and in the last. */
  readonly consumer: readonly [early: number, late: number]
  readonly provider: readonly [early: number, late: number]
  readonly perSecond: number
}

const AT_ONCE = 16
const TENTHS = 10
/** A node that leaks a kilobyte an exchange would have grown by far more than this over 200,000. */
const MOST_GROWTH = 1.25

/** So many exchanges through two nodes, each a process of its own: the memory of neither grows between the second tenth of them and the last. */
export async function run(exchanges: number, _seed: number): Promise<FlatFigures> {
  const nodes = await startNodes(benchFolder(), Buffer.from(JSON.stringify({ texto: 'x'.repeat(1000) })))
  const [provider, consumer] = nodes.question.pids as [number, number]
  const seen: { readonly consumer: number; readonly provider: number }[][] = []
  const began = performance.now()
  try {
    for (let tenth = 0; tenth < TENTHS; tenth++) {
      const look = () => ({ consumer: mebibytesOf(consumer), provider: mebibytesOf(provider) })
      const sizes = [look()]
      const watch = setInterval(() => sizes.push(look()), 250)
      await stretch(nodes.question, AT_ONCE, Math.ceil(exchanges / TENTHS))
      clearInterval(watch)
      seen.push(sizes)
    }
  } finally {
    await nodes.stop()
  }
  const perSecond = exchanges / ((performance.now() - began) / 1000)
  const of = (who: 'consumer' | 'provider', tenth: number) => Math.round(median((seen[tenth] ?? []).map((each) => each[who])))
  const figures = {
    exchanges,
    consumer: [of('consumer', 1), of('consumer', TENTHS - 1)] as const,
    provider: [of('provider', 1), of('provider', TENTHS - 1)] as const,
    perSecond: Math.round(perSecond),
  }
  const grown = Object.entries({ consumer: figures.consumer, provider: figures.provider }).find(([, [a, b]]) => b > MOST_GROWTH * a)
  if (grown && exchanges >= 20_000) throw new Error(`the memory of the ${grown[0]} grew: ${JSON.stringify(figures)}`)
  return figures
}

const mebibytesOf = (pid: number): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
