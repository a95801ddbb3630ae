import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openApart } from './apart.ts'
import { type Asked, mustClose, refusalsIn, remembered, sealedAndVerified } from './load-sums.ts'

export type DiskFigures = {
  readonly seed: number
  readonly sent: number
  readonly answered: number
  /** Before the disk was full, while it was, and afterwards. */
  readonly answeredBy: readonly [before: number, full: number, after: number]
  readonly refused: Readonly<Record<string, number>>
  readonly sealed: number
}

/** Octets that a file may have while the disk is full: neither a record nor a line finds room. */
const NO_ROOM = 0
const AT_ONCE = 8
/** How much longer a slow machine may take to show what a third is there to show. */
const PATIENCE_MS = 60_000

/**
 * `seconds` of calls to a provider's node in a process of its own, whose files cannot grow for the middle third: the system refuses its writes, as on
 * a disk that is full. Meanwhile everything is refused and nothing is done; afterwards the same process goes on, and the sums close.
 */
export async function run(seconds: number, seed: number): Promise<DiskFigures> {
  await using apart = await openApart()
  const asked: Asked[][] = [[], [], []]
  let number = 0
  for (const [phase, room] of (['unlimited', NO_ROOM, 'unlimited'] as const).entries()) {
    execFileSync('prlimit', ['--pid', String(apart.pidOf('register')), `--fsize=${room}:`])
    const until = performance.now() + (seconds * 1000) / 3
    const shows = ({ code }: Asked) => (code === 'ok') === (room === 'unlimited')
    const caller = async () => {
      while (performance.now() < until || (!asked[phase]?.some(shows) && performance.now() < until + PATIENCE_MS)) {
        const id = `disk-${seed}-${number++}`
        asked[phase]?.push(await remembered(id, () => apart.call({ method: 'POST', headers: { 'X-Road-Id': id }, body: Buffer.from(id) })))
        await pause(20)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, caller))
  }
  const all = asked.flat()
  const answered = asked.map((phase) => phase.filter(({ code }) => code === 'ok').length) as [number, number, number]
  await using exchange = await apart.gathered()
  const items = await sealedAndVerified(exchange, ['bank', 'register'])
  const served = readFileSync(join(apart.folder, 'programs', 'register', 'calls.log'), 'utf8')
    .trim()
    .split('\n')
  mustClose(all, served, items)
  if (answered[0] === 0 || answered[1] > AT_ONCE || answered[2] === 0)
    throw new Error(`answered before, on a full disk, and afterwards: ${answered}`)
  const sum = answered.reduce((total, each) => total + each, 0)
  return { seed, sent: all.length, answered: sum, answeredBy: answered, refused: refusalsIn(all), sealed: items.length }
}
