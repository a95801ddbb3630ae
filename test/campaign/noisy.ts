import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { percentile, type Spread, spreadOf } from '../../bench/cpu.ts'
import { BANK, OPEN, plan, STRANGER } from '../journeys/plan.ts'
import { openApart } from './apart.ts'
import { type Asked, mustClose, refusalsIn, remembered, sealedAndVerified } from './load-sums.ts'

export type NoisyFigures = {
  readonly seed: number
  readonly sent: number
  readonly answered: number
  readonly refused: Readonly<Record<string, number>>
  /** Milliseconds of the quiet agency's calls, while the other keeps to its share and while it does not. */
  readonly p95: readonly [quiet: number, noisy: number]
  /** The one over the other, pair by pair of neighbouring stretches. */
  readonly ratio: Spread
}

const SHARE_PER_SECOND = 2
const NOISY = 20
const STRETCH_S = 10
const MOST_RATIO = 1.2

/**
 * Two agencies ask the same service of the same node, every node a process of its own. Turn and turn about, ten seconds each, the second keeps
 * to its share and asks twenty times as much; what the first sees of it is the ratio of its own 95th percentiles. The sums close.
 * @param seconds less than a minute says nothing of the ratio, and it is not judged
 */
export async function run(seconds: number, seed: number): Promise<NoisyFigures> {
  await using apart = await openApart({ plan })
  const asked: Asked[] = []
  let number = 0
  const ask = async (as: string) => {
    const id = `noisy-${seed}-${number++}`
    const call = { as, service: OPEN, method: 'POST', headers: { 'X-Road-Id': id }, body: Buffer.from(id) }
    const seen = await remembered(id, () => apart.call(call))
    asked.push(seen)
    return seen
  }
  const asking = async (as: string, perSecond: number, until: number) => {
    const calls: Promise<Asked>[] = []
    for (; performance.now() < until; await pause(1000 / perSecond)) calls.push(ask(as))
    return Promise.all(calls)
  }
  const stretch = async (times: number, length: number) => {
    const until = performance.now() + length * 1000
    const [own] = await Promise.all([asking(BANK, SHARE_PER_SECOND, until), asking(STRANGER, times * SHARE_PER_SECOND, until)])
    return own.filter(({ code }) => code === 'ok').map(({ ms }) => ms)
  }
  await stretch(NOISY, Math.min(5, seconds / 4))
  const [quiet, noisy]: [number[][], number[][]] = [[], []]
  for (let done = 0; done < seconds; done += 2 * STRETCH_S) {
    const length = Math.min(STRETCH_S, seconds / 2)
    quiet.push(await stretch(1, length))
    noisy.push(await stretch(NOISY, length))
  }
  await using exchange = await apart.gathered()
  const served = readFileSync(join(apart.folder, 'programs', 'register', 'calls.log'), 'utf8')
    .trim()
    .split('\n')
  mustClose(asked, served, await sealedAndVerified(exchange, ['bank', 'register', 'stranger']))
  const p95 = (times: readonly number[]) => percentile(times, 0.95)
  const figures = {
    seed,
    sent: asked.length,
    answered: asked.filter(({ code }) => code === 'ok').length,
    refused: refusalsIn(asked),
    p95: [p95(quiet.flat()), p95(noisy.flat())] as const,
    ratio: spreadOf(quiet.map((each, n) => p95(noisy[n] ?? []) / p95(each))),
  }
  if (seconds >= 60 && figures.p95[1] / figures.p95[0] > MOST_RATIO) throw new Error(`too noisy: ${JSON.stringify(figures)}`)
  return figures
}
