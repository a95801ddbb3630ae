import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Makes the names in a folder durable: a file is only safe when its name is. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
