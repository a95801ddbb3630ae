import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** With SACBE_NO_SKIP=1 (continuous integration) whatever would be skipped fails instead. */
export const noSkip = (): boolean => process.env.SACBE_NO_SKIP === '1'

/** Says plainly what is missing, once per worker; under SACBE_NO_SKIP=1 it throws. */
const told = new Set<string>()
export function absent(what: string, how: string): false {
  if (noSkip()) throw new Error(`${what} is missing and SACBE_NO_SKIP=1 forbids skipping: ${how}`)
  if (!told.has(what)) console.warn(`SKIPPED: ${what} is missing. ${how}`)
  told.add(what)
  return false
}

/**
 * Whether a program is on the PATH, for tests that use it as an oracle: `test.skipIf(!needs('xmlsec1'))('…', …)`.
 *
 * @param tool the program's file name, such as 'openssl'
 * @returns false when it is missing, after saying so; with SACBE_NO_SKIP=1 it throws instead
 */
export function needs(tool: string): boolean {
  const found = (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && isProgram(join(folder, tool)))
  return found || absent(tool, `Install it (.ci/run lists the Debian packages) to run these tests.`)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** What an outside program said. `status` is null when a signal ended it. */
export type Said = { readonly status: number | null; readonly stdout: Buffer; readonly stderr: string }

/** Runs an oracle to its end (four minutes at most, for what hangs) and gives what it said; a program that cannot start throws. */
export function runTool(tool: string, args: readonly string[], input?: Uint8Array | string): Said {
  const done = spawnSync(tool, args, { input, timeout: 240_000, maxBuffer: 256 * 1024 * 1024 })
  if (done.error) throw done.error
  return { status: done.status, stdout: done.stdout, stderr: done.stderr.toString('utf8') }
}
