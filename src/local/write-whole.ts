import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolder } from '../adapters/local/sync-folder.ts'

/** Writes a small file so that a reader, or a power cut, sees the old one or the new one and nothing between. */
export function writeWhole(path: string, content: string | Uint8Array, mode = 0o644): void {
  const beside = `${path}.new`
  const file = openSync(beside, 'w', mode)
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(beside, path)
  syncFolder(dirname(path))
}
