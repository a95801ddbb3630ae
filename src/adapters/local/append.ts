import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Files that are written to stay open, the last so many: a line is one call of the system. */
const open = new Map<string, { readonly handle: number; looked: number }>()
const MOST_OPEN = 16
/** How often one looks whether somebody has taken a file away: lines of as long a time may go with it. */
const LOOK_MS = 1000

/** Puts text at the end of a file, which is made if it is not there. It is with the system before this returns: a process that dies loses none. */
export function append(file: string, text: string): void {
  writeSync(openFor(file), text)
}

/** Lets go of a file that will have another name from now on. */
export function letGo(file: string): void {
  const known = open.get(file)
  if (known && open.delete(file)) closeSync(known.handle)
}

/** The open one, unless somebody has taken it away. */
function openFor(file: string): number {
  const known = open.get(file)
  if (known && isThere(known)) return known.handle
  letGo(file)
  const [oldest] = open.size >= MOST_OPEN ? open.keys() : []
  if (oldest !== undefined) letGo(oldest)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const handle = openSync(file, 'a', 0o600)
  open.set(file, { handle, looked: performance.now() })
  return handle
}

function isThere(known: { readonly handle: number; looked: number }): boolean {
  const now = performance.now()
  if (now - known.looked < LOOK_MS) return true
  known.looked = now
  return fstatSync(known.handle).nlink > 0
}
