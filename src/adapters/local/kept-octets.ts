import { closeSync, existsSync, fdatasyncSync, fstatSync, mkdirSync, openSync, readdirSync, readSync, rmSync, writevSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { syncFolder } from './sync-folder.ts'

/** Where the octets of a record lie: the number of the file, and where in it they begin. */
export type Place = { readonly file: number; readonly start: number }

export type KeptOctets = {
  /** Puts octets at the end of the last file; they are on disk when it returns where each begins. What it wrote before it throws is never looked at. */
  readonly append: (all: readonly Uint8Array[]) => readonly Place[]
  /** undefined: the file was dropped. Throws when it is there and they are not, in full. */
  readonly read: (place: Place, size: number) => Uint8Array | undefined
  /** Forgets the files before this one; the last is never forgotten. */
  readonly dropBefore: (file: number) => void
  /** Lets go of the files that are open. */
  readonly close: () => void
}
type Open = { readonly file: number; readonly handle: number }

/** A file that has as many octets gets no more. */
const MOST_BYTES = 16 * 1024 * 1024
const NAME = /^\d{9}$/

/**
 * The octets of records, end to end in files of a folder beside a database that says what lies where. Whoever appends holds the database's write lock, and
 * commits afterwards: octets of which the database says nothing were never kept. Only the last file gets more, so files before it can be dropped at
 * any time.
 */
export function keptOctets(folder: string): KeptOctets {
  const open: { last?: Open; read?: Open } = {}
  const letGo = (which: 'last' | 'read') => {
    if (open[which]) closeSync(open[which].handle)
    delete open[which]
  }
  /** Nobody begins another file while there is room in this one. */
  const withRoom = (): Open => {
    if (open.last && hasRoom(open.last)) return open.last
    letGo('last')
    open.last = lastIn(folder)
    if (hasRoom(open.last)) return open.last
    const next = open.last.file + 1
    letGo('last')
    open.last = begun(folder, next)
    return open.last
  }
  const reading = (file: number): number | undefined => {
    if (open.read?.file === file) return open.read.handle
    letGo('read')
    const handle = openedIfThere(pathOf(folder, file))
    if (handle !== undefined) open.read = { file, handle }
    return handle
  }
  return {
    append: (all) => {
      const { file, handle } = withRoom()
      let start = fstatSync(handle).size
      const size = all.reduce((sum, { length }) => sum + length, 0)
      if (writevSync(handle, all) !== size) throw new Error(`${pathOf(folder, file)} took less than it was given; is the disk full?`)
      fdatasyncSync(handle)
      return all.map(({ length }) => {
        start += length
        return { file, start: start - length }
      })
    },
    read: ({ file, start }, size) => {
      const handle = reading(file)
      if (handle === undefined) return undefined
      const octets = new Uint8Array(size)
      if (readSync(handle, octets, 0, size, start) !== size) throw new Error(`${pathOf(folder, file)} ends before its records do`)
      return octets
    },
    dropBefore: (file) => {
      letGo('read')
      for (const number of numbersIn(folder).slice(0, -1)) if (number < file) rmSync(pathOf(folder, number), { force: true })
    },
    close: () => {
      letGo('last')
      letGo('read')
    },
  }
}

const pathOf = (folder: string, file: number): string => join(folder, String(file).padStart(9, '0'))

const numbersIn = (folder: string): readonly number[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => NAME.test(name))
        .map(Number)
        .sort((a, b) => a - b)
    : []

const hasRoom = ({ handle }: Open): boolean => fstatSync(handle).size < MOST_BYTES

function lastIn(folder: string): Open {
  const file = numbersIn(folder).at(-1)
  return file === undefined ? begun(folder, 1) : { file, handle: openSync(pathOf(folder, file), 'a', 0o600) }
}

/** A new file whose name is on disk; the folder too, where it was not there. */
function begun(folder: string, file: number): Open {
  if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) syncFolder(dirname(folder))
  const handle = openSync(pathOf(folder, file), 'a', 0o600)
  syncFolder(folder)
  return { file, handle }
}

function openedIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw problem
  }
}
