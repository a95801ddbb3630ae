import { existsSync, readFileSync } from 'node:fs'

/** CPU milliseconds of this process, user and system, that `work` takes. */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** The same of this thread alone: what whoever waits for it waits for, while V8 compiles and collects beside it. */
export function threadMs(work: () => unknown): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

/**
 * A share of the processors' time that went to other machines on the same ones until it is asked for; 0 where nobody counts that.
 * Source: proc(5), /proc/stat, fields 1 to 8.
 */
export function othersShare(): () => number {
  const before = processorTimes()
  return () => {
    const spent = processorTimes().map((ticks, n) => ticks - (before[n] ?? 0))
    return (spent[STEAL] ?? 0) / Math.max(1, sum(spent))
  }
}
const STEAL = 7
const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0)
function processorTimes(): readonly number[] {
  const [first = ''] = existsSync('/proc/stat') ? readFileSync('/proc/stat', 'utf8').split('\n') : []
  return first
    .split(/ +/)
    .slice(1, 2 + STEAL)
    .map(Number)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[Math.floor((sorted.length - 1) / 2)] as number) + (sorted[Math.ceil((sorted.length - 1) / 2)] as number)) / 2
}

/** The middle of several runs, and how far they lie apart as a share of it. */
export type Spread = { readonly middle: number; readonly spread: number; readonly runs: readonly number[] }
export const spreadOf = (runs: readonly number[]): Spread => ({
  middle: median(runs),
  spread: (Math.max(...runs) - Math.min(...runs)) / median(runs),
  runs,
})

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number
}
