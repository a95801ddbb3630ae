import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * The bytes of a part a directory names, looked for beside the directory's file: at its path, else at its bare name.
 * A path that leaves the folder is not followed. undefined: it is not there, or cannot be read.
 */
export async function readPartBeside(file: string, location: string): Promise<Uint8Array | undefined> {
  const steps = location.split('/')
  if (!location.startsWith('/') || steps.some((step) => step === '..' || step.includes('\\') || step.includes('\0'))) return undefined
  for (const path of [location, basename(location)]) {
    const bytes = await readFile(join(dirname(file), path)).catch(() => undefined)
    if (bytes) return bytes
  }
  return undefined
}
