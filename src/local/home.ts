import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ok, type Result } from '../base/result.ts'
import { type HomeLock, lockHome, whoHolds } from './home-lock.ts'
import { type Trouble, trouble } from './troubles.ts'
import { writeWhole } from './write-whole.ts'

/** The layout of the folder. It goes up when older software could not read what newer software keeps. */
export const HOME_VERSION = 2

/** The one folder in which a world lives: keys, stores, archives, configurations. */
export type Home = { readonly folder: string; readonly passphrase: string; readonly scenario: string; readonly lock: HomeLock }

type Mark = { readonly version: number; readonly scenario: string; readonly salt: string; readonly check: string }

export type HomeOptions = {
  /** From SACBE_PASSPHRASE. Without one it is made once and kept in <home>/passphrase, readable by its owner alone. */
  readonly passphrase?: string | undefined
  readonly scenario: string
}

/**
 * Takes a folder for one world, making it when there is none.
 * Refused: already running there, another program's folder, a newer or unreadable version, a wrong or missing passphrase.
 */
export function openHome(folder: string, options: HomeOptions): Result<Home, Trouble> {
  const prepared = prepare(folder)
  if (!prepared.ok) return prepared
  const lock = lockHome(folder)
  if (!lock.ok) return lock
  const opened = openLocked(folder, options)
  if (!opened.ok) lock.value.release()
  return opened.ok ? ok({ ...opened.value, lock: lock.value }) : opened
}

function openLocked(folder: string, options: HomeOptions): Result<Omit<Home, 'lock'>, Trouble> {
  const mark = existsSync(markOf(folder)) ? readMark(folder) : begin(folder, options)
  if (!mark.ok) return mark
  if (mark.value.scenario !== options.scenario)
    return trouble('wrong_scenario', { home: folder, found: mark.value.scenario, scenario: options.scenario })
  const passphrase = passphraseOf(folder, mark.value, options.passphrase)
  return passphrase.ok ? ok({ folder, passphrase: passphrase.value, scenario: mark.value.scenario }) : passphrase
}

const markOf = (folder: string) => join(folder, 'sacbe.json')

/** A folder that is there, writable, and empty or ours. */
function prepare(folder: string): Result<true, Trouble> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (!existsSync(markOf(folder)) && readdirSync(folder).some((name) => !name.startsWith('lock')))
      return trouble('folder_not_ours', { home: folder })
    return ok(true)
  } catch (problem) {
    return trouble('folder_not_writable', { home: folder, reason: (problem as NodeJS.ErrnoException).code ?? String(problem) })
  }
}

/** The mark is written last: a folder without one holds nothing that counts. */
function begin(folder: string, options: HomeOptions): Result<Mark, Trouble> {
  const passphrase = options.passphrase ?? randomBytes(24).toString('base64url')
  if (options.passphrase === undefined) writeWhole(join(folder, 'passphrase'), `${passphrase}\n`, 0o600)
  const salt = randomBytes(16).toString('base64')
  const mark = { version: HOME_VERSION, scenario: options.scenario, salt, check: checkOf(passphrase, salt) }
  writeWhole(markOf(folder), `${JSON.stringify(mark, null, 2)}\n`, 0o600)
  return ok(mark)
}

/** The mark of a folder, or why this software cannot use it. */
export function readMark(folder: string): Result<Mark, Trouble> {
  if (!existsSync(markOf(folder))) return trouble('no_world', { home: folder })
  let mark: Mark
  try {
    mark = JSON.parse(readFileSync(markOf(folder), 'utf8')) as Mark
  } catch {
    return trouble('home_damaged', { home: folder, reason: 'sacbe.json' })
  }
  if (!Number.isSafeInteger(mark.version) || typeof mark.salt !== 'string' || typeof mark.check !== 'string')
    return trouble('home_damaged', { home: folder, reason: 'sacbe.json' })
  if (mark.version > HOME_VERSION) return trouble('home_newer', { home: folder, found: mark.version, known: HOME_VERSION })
  return mark.version < HOME_VERSION ? trouble('home_older', { home: folder, found: mark.version }) : ok(mark)
}

/** The passphrase given, or the one kept in the folder; checked before any key is touched. */
export function passphraseOf(folder: string, mark: Mark, given: string | undefined): Result<string, Trouble> {
  const file = join(folder, 'passphrase')
  const passphrase = given ?? (existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined)
  if (passphrase === undefined) return trouble('passphrase_missing', { home: folder })
  const fits = timingSafeEqual(Buffer.from(checkOf(passphrase, mark.salt)), Buffer.from(mark.check.padEnd(44).slice(0, 44)))
  return fits ? ok(passphrase) : trouble('passphrase_wrong', { home: folder })
}

/** 44 characters of base64: proves knowledge of the passphrase, opens nothing. */
const checkOf = (passphrase: string, salt: string): string => scryptSync(passphrase, `sacbe check ${salt}`, 32).toString('base64')

/** Removes a world's folder for good. Refused while it runs, and for a folder that is not ours. */
export function removeHome(folder: string): Result<true, Trouble> {
  if (!existsSync(markOf(folder))) return trouble('no_world', { home: folder })
  const lock = lockHome(folder)
  if (!lock.ok) return lock
  lock.value.release()
  openForRemoval(folder)
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  return ok(true)
}

/** Archive folders are read-only; their owner takes them back before removing them. */
function openForRemoval(folder: string): void {
  chmodSync(folder, 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) openForRemoval(join(folder, entry.name))
}

/** Where the running world of a folder can be reached, for commands that come from another terminal. */
export function runningWorld(folder: string): Result<{ readonly pid: number; readonly url: string }, Trouble> {
  const mark = readMark(folder)
  if (!mark.ok) return mark
  const holder = whoHolds(folder)
  return holder ? ok(holder) : trouble('not_running', { home: folder })
}
