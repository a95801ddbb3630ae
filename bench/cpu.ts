/** CPU milliseconds of this process, user and system, that `work` takes. */
export async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[Math.floor((sorted.length - 1) / 2)] as number) + (sorted[Math.ceil((sorted.length - 1) / 2)] as number)) / 2
}

/** How far the runs lie apart, as a share of their middle. */
export const spread = (values: readonly number[]): number => (Math.max(...values) - Math.min(...values)) / median(values)
