import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { absent } from './tools.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * The folder of public test vectors: SACBE_VECTORS, else `../shared/vectors` beside the project.
 *
 * They are not part of the project and never copied into it.
 * @returns null when there are none, after saying so; with SACBE_NO_SKIP=1 it throws instead
 */
export function vectors(): string | null {
  const folder = resolve(root, process.env.SACBE_VECTORS || '../shared/vectors')
  return existsSync(folder) ? folder : absent('the folder of test vectors', `Looked for ${folder}; set SACBE_VECTORS.`) || null
}

/** The bytes of one vector, by its path inside the folder. Throws when the folder or the file is not there. */
export function vector(path: string): Buffer {
  const folder = vectors()
  if (folder === null) throw new Error('no test vectors here: ask vectors() first')
  return readFileSync(join(folder, path))
}
