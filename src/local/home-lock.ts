import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ok, type Result } from '../base/result.ts'
import { type Trouble, trouble } from './troubles.ts'
import { writeWhole } from './write-whole.ts'

/** One world, or one node, at a time in a folder. */
export type HomeLock = {
  /** Tells later comers where the running one is reached. */
  readonly announce: (url: string) => void
  readonly release: () => void
}
export type Holder = { readonly pid: number; readonly url: string }

/**
 * Takes the folder's lock. It is the operating system's own (through an SQLite transaction that is never committed), so
 * it ends with its process, however that ends: a note left behind by a killed one does not count.
 * @returns refused with 'already_running' while another process, or this one, holds it.
 */
export function lockHome(folder: string): Result<HomeLock, Trouble> {
  const held = tryLock(folder)
  if (!held) return trouble('already_running', { home: folder, ...(readNote(folder) ?? { pid: '?', url: '?' }) })
  const note = join(folder, 'lock.json')
  const announce = (url: string) => writeWhole(note, JSON.stringify({ pid: process.pid, url }))
  announce('…')
  return ok({
    announce,
    release: () => {
      if (held.isOpen) held.close()
      rmSync(note, { force: true })
    },
  })
}

/** Who holds the folder, if anyone does. */
export function whoHolds(folder: string): Holder | undefined {
  if (!existsSync(join(folder, 'lock.db'))) return undefined
  const free = tryLock(folder)
  free?.close()
  return free ? undefined : (readNote(folder) ?? { pid: 0, url: '' })
}

function tryLock(folder: string): DatabaseSync | undefined {
  const database = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 })
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return database
  } catch (problem) {
    database.close()
    if (problem instanceof Error && /locked|busy/i.test(problem.message)) return undefined
    throw problem
  }
}

function readNote(folder: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'lock.json'), 'utf8')) as Holder
  } catch {
    return undefined
  }
}
