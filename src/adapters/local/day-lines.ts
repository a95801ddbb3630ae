import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Instant, isoInstant } from '../../base/clock.ts'
import { append } from './append.ts'

/** Lines of words, a file a UTC day: '2026-11-24.log'. A line is with the system before `add` returns: a process that dies loses none. */
export type DayLines = {
  readonly add: (at: Instant, ...words: readonly string[]) => void
  /** By day, from one on if it is said; a last line that was cut off when the machine died counts too. */
  readonly read: (since?: string) => Promise<ReadonlyMap<string, readonly (readonly string[])[]>>
}

const NAME = /^(\d{4}-\d{2}-\d{2})\.log$/

export const dayLines = (folder: string): DayLines => ({
  add: (at, ...words) => {
    const iso = isoInstant(at)
    append(join(folder, `${iso.slice(0, 10)}.log`), `${[iso, ...words].join(' ')}\n`)
  },
  read: async (since = '') => {
    const days = new Map<string, readonly (readonly string[])[]>()
    for (const name of await namesIn(folder)) {
      const day = NAME.exec(name)?.[1]
      if (day === undefined || day < since) continue
      const text = await readFile(join(folder, name), 'utf8')
      days.set(
        day,
        text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ')])),
      )
    }
    return days
  },
})

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw problem
  }
}
