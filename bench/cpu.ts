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
