import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writevSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { framed, framesFrom, sizeOfFrame } from './kept-frames.ts'
import { syncFolder } from './sync-folder.ts'

/** Where the octets of a record lie: the number of the file, and where in it they begin. */
export type Place = { readonly file: number; readonly start: number }
/** The last file the database knows of, and how much of it. */
export type End = { readonly file: number; readonly through: number }

export type KeptOctets = {
  /** Puts octets after the end; they are on disk when it returns. What lay behind the end was never kept, and goes. */
  readonly append: (all: readonly Uint8Array[], end: End) => { readonly places: readonly Place[]; readonly end: End }
  /** Whether anything lies behind the end. */
  readonly hasBehind: (end: End) => boolean
  /** What is whole behind the end, in order: on disk, and not known to a database that lost its last commits. */
  readonly behind: (end: End) => { readonly records: readonly (Place & { readonly bytes: Uint8Array })[]; readonly end: End }
  /** Takes away what lies behind the end. */
  readonly cut: (end: End) => void
  /** undefined: they are not there; the file may have been dropped. */
  readonly read: (place: Place, size: number) => Uint8Array | undefined
  /** Forgets the files before this one. */
  readonly dropBefore: (file: number) => void
  /** Lets go of the files that are open. */
  readonly close: () => void
}
type Open = { readonly file: number; readonly handle: number }

/** A file that has as many octets gets no more. */
const MOST_BYTES = 16 * 1024 * 1024
const NAME = /^\d{9}$/

/**
 * The octets of records, end to end in files of a folder: what is kept. A database beside them says what lies where, and how far it knows them. Whoever
 * appends holds its write lock. Only the last file gets more, so files before it can be dropped at any time.
 */
export function keptOctets(folder: string): KeptOctets {
  const open: { last?: Open; read?: Open } = {}
  const letGo = (which: 'last' | 'read') => {
    if (open[which]) closeSync(open[which].handle)
    delete open[which]
  }
  const close = () => {
    letGo('last')
    letGo('read')
  }
  const opened = (file: number): Open => {
    if (open.last?.file === file && fstatSync(open.last.handle).nlink > 0) return open.last
    letGo('last')
    open.last = { file, handle: openedToAppend(folder, file) }
    return open.last
  }
  /** Where more goes: after the end, or into the next file where this one is full, or has lost something. */
  const room = ({ file, through }: End): Open & { readonly through: number } => {
    if (through >= MOST_BYTES) return room({ file: file + 1, through: 0 })
    const { handle } = opened(file)
    const { size } = fstatSync(handle)
    if (size < through) return room({ file: file + 1, through: 0 })
    if (size > through) ftruncateSync(handle, through)
    return { file, handle, through }
  }
  const reading = (file: number): number | undefined => {
    if (open.read?.file === file) return open.read.handle
    letGo('read')
    const handle = openedIfThere(pathOf(folder, file))
    if (handle !== undefined) open.read = { file, handle }
    return handle
  }
  return {
    append: (all, end) => {
      const { file, handle, through } = room(end)
      const size = all.reduce((sum, bytes) => sum + sizeOfFrame(bytes), 0)
      if (writevSync(handle, all.flatMap(framed)) !== size)
        throw new Error(`${pathOf(folder, file)} took less than it was given; is the disk full?`)
      fdatasyncSync(handle)
      let at = through
      const places = all.map((bytes) => {
        at += sizeOfFrame(bytes)
        return { file, start: at - bytes.length }
      })
      return { places, end: { file, through: at } }
    },
    hasBehind: ({ file, through }) =>
      numbersIn(folder).some((number) => number > file || (number === file && sizeAt(pathOf(folder, number)) > through)),
    behind: (end) => {
      const files = numbersIn(folder).filter((file) => file >= end.file)
      const records = files.flatMap((file) =>
        framesFrom(readFileSync(pathOf(folder, file)), file === end.file ? end.through : 0).map((frame) => ({ file, ...frame })),
      )
      const last = records.at(-1)
      return { records, end: last ? { file: last.file, through: last.start + last.bytes.length } : end }
    },
    cut: ({ file, through }) => {
      for (const number of numbersIn(folder)) if (number > file) rmSync(pathOf(folder, number), { force: true })
      const { handle } = opened(file)
      if (fstatSync(handle).size > through) ftruncateSync(handle, through)
    },
    read: ({ file, start }, size) => {
      const handle = reading(file)
      if (handle === undefined) return undefined
      const octets = new Uint8Array(size)
      return readSync(handle, octets, 0, size, start) === size ? octets : undefined
    },
    dropBefore: (file) => {
      letGo('read')
      for (const number of numbersIn(folder)) if (number < file) rmSync(pathOf(folder, number), { force: true })
    },
    close,
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

const sizeAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** Its name is on disk, and that of the folder, whoever made them. */
function openedToAppend(folder: string, file: number): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  syncFolder(dirname(folder))
  const handle = openSync(pathOf(folder, file), 'a', 0o600)
  syncFolder(folder)
  return handle
}

function openedIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw problem
  }
}
