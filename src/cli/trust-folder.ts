import { type Dirent, promises as files } from 'node:fs'
import { join } from 'node:path'
import { type Outcome, refuse } from '../protocol/faults.ts'
import type { Trust } from '../trust/trust.ts'
import { IDENTIFIER_FILE, METADATA, NEXT_UPDATE_FILE, SHARED_FILE, trustFromFiles } from '../trust/trust-files.ts'

const KEPT = [SHARED_FILE, `${SHARED_FILE}${METADATA}`, NEXT_UPDATE_FILE]
/** The largest configuration we read, see the limits of the XML reader. */
const MOST_BYTES = 64 * 1024 * 1024

/**
 * Reads the trust in a folder as stock servers keep it under /etc/xroad/globalconf.
 * Refused with 'io_error' when the folder cannot be read, else as `trustFromFiles` refuses.
 */
export async function loadTrust(folder: string): Promise<Outcome<Trust>> {
  try {
    const entries = await files.readdir(folder, { withFileTypes: true })
    const paths = [IDENTIFIER_FILE, ...entries.filter(isFolder).flatMap(({ name }) => KEPT.map((file) => `${name}/${file}`))]
    const read = await Promise.all(paths.map(async (path) => [path, await readIfThere(join(folder, path))] as const))
    return trustFromFiles(new Map(read.filter((each): each is readonly [string, Buffer] => each[1] !== undefined)))
  } catch (problem) {
    return refuse('io_error', problem instanceof Error ? problem.message : String(problem))
  }
}

const isFolder = (entry: Dirent): boolean => entry.isDirectory() || entry.isSymbolicLink()

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    const { size } = await files.stat(path)
    if (size > MOST_BYTES) throw new Error(`${path} is larger than ${MOST_BYTES} bytes`)
    return await files.readFile(path)
  } catch (problem) {
    if (['ENOENT', 'ENOTDIR'].includes((problem as NodeJS.ErrnoException).code ?? '')) return undefined
    throw problem
  }
}
