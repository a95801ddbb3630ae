import { randomUUID } from 'node:crypto'
import { type Dirent, existsSync, mkdirSync } from 'node:fs'
import { type FileHandle, link, open, readdir, readFile, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { GetLocked, ListLocked, PutLocked } from '../../exchange/ports.ts'
import { syncFolder } from './sync-folder.ts'

/** Other bytes were to be written under a name that is taken. Nothing was changed; somebody must look. */
export class LockedNameTaken extends Error {
  readonly takenName: string
  constructor(name: string) {
    super(`${name} is there already with other bytes; evidence is never overwritten`)
    this.takenName = name
  }
}

export type LockedFiles = { readonly putLocked: PutLocked; readonly getLocked: GetLocked; readonly listLocked: ListLocked }

/** Slash-joined words without hidden ones: no name leaves the folder or meets a file being written. */
const NAME = /^(?:[A-Za-z0-9_%+=,~()!'-][A-Za-z0-9._%+=,~()!'-]{0,239})(?:\/[A-Za-z0-9_%+=,~()!'-][A-Za-z0-9._%+=,~()!'-]{0,239})*$/

/**
 * Write-once files under one folder. A file is written beside its place, made durable and read-only, and then linked to its name in one step:
 * after a crash there is the whole file or none. Names are made of letters, digits and . _ % + = , ~ ( ) ! ' - joined by '/'; others throw.
 */
export function lockedFiles(folder: string): LockedFiles {
  mkdirSync(folder, { recursive: true })
  return {
    putLocked: async (name, bytes) => {
      const path = pathOf(folder, name)
      if (existsSync(path)) return alreadyThere(path, name, bytes)
      makeFolders(dirname(path))
      return (await writeOnce(path, bytes)) ? 'kept' : alreadyThere(path, name, bytes)
    },
    getLocked: async (name) => readIfThere(pathOf(folder, name)),
    listLocked: async (prefix, after = '') => {
      const within = prefix.slice(0, prefix.lastIndexOf('/') + 1)
      if (within.split('/').some((word) => word.startsWith('.'))) throw new Error(`${JSON.stringify(prefix)} is no prefix of locked files`)
      return (await namesIn(folder, within, prefix, after)).sort()
    },
  }
}

function pathOf(folder: string, name: string): string {
  if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name for a locked file`)
  return join(folder, ...name.split('/'))
}

async function alreadyThere(path: string, name: string, bytes: Uint8Array): Promise<'already'> {
  const there = await readFile(path)
  if (Buffer.compare(there, bytes) !== 0) throw new LockedNameTaken(name)
  syncFolder(dirname(path)) // the writer before us may have died between the link and this
  return 'already'
}

/** @returns false when the name was taken meanwhile. */
async function writeOnce(path: string, bytes: Uint8Array): Promise<boolean> {
  const beside = join(dirname(path), `.${randomUUID()}`)
  const file = await open(beside, 'wx', 0o444)
  try {
    await writeAll(file, bytes)
    await link(beside, path)
    syncFolder(dirname(path))
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await unlink(beside)
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

function makeFolders(folder: string): void {
  if (existsSync(folder)) return
  makeFolders(dirname(folder))
  mkdirSync(folder, { recursive: true })
  syncFolder(dirname(folder))
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * The names below a folder that begin with the prefix and come after one. Folders whose names all come before are not looked into, and only what is
 * given is put in order: there may be a folder for every hour of many years. Hidden ones are files being written, or left by a crash. Names are
 * plain ASCII, so that the order of strings is that of bytes.
 */
async function namesIn(folder: string, within: string, prefix: string, after: string): Promise<string[]> {
  const names: string[] = []
  for (const entry of await entriesOf(join(folder, within))) {
    const name = `${within}${entry.name}`
    if (entry.name.startsWith('.')) continue
    if (entry.isFile() && name.startsWith(prefix) && name > after) names.push(name)
    if (entry.isDirectory() && mayHold(`${name}/`, prefix, after)) names.push(...(await namesIn(folder, `${name}/`, prefix, after)))
  }
  return names
}

const mayHold = (within: string, prefix: string, after: string): boolean =>
  (within.startsWith(prefix) || prefix.startsWith(within)) && (within > after || after.startsWith(within))

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException).code
