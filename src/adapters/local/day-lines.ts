import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Instant, isoInstant } from '../../base/clock.ts'

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
    writeSync(fileFor(folder, iso.slice(0, 10)), `${[iso, ...words].join(' ')}\n`)
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

/** The one file of a folder that is written to today stays open: a line is one call of the system. Gone, or another day: opened anew. */
const open = new Map<string, { readonly day: string; readonly file: number }>()

const MOST_OPEN = 16

function fileFor(folder: string, day: string): number {
  const known = open.get(folder)
  if (known?.day === day && fstatSync(known.file).nlink > 0) return known.file
  const [oldest] = open.size >= MOST_OPEN ? open.keys() : []
  for (const name of [folder, ...(oldest === undefined ? [] : [oldest])]) {
    const other = open.get(name)
    if (other && open.delete(name)) closeSync(other.file)
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = openSync(join(folder, `${day}.log`), 'a', 0o600)
  open.set(folder, { day, file })
  return file
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw problem
  }
}
