import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Verdict } from './world-view.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/sacbe.ts', import.meta.url))

/**
 * `sacbe verify --json` in a process of its own, which sees nothing but the files named.
 * Rejects when the verifier could not run; an invalid container is a verdict.
 */
export async function verifyAfresh(
  files: readonly string[],
  trust: string,
  profile: 'strict' | 'stock' = 'strict',
): Promise<readonly Verdict[]> {
  const child = spawn(process.execPath, [PROGRAM, 'verify', ...files, '--trust', trust, '--profile', profile, '--json', '--lang', 'both'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {},
  })
  const gone = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const [output, errors, code] = await Promise.all([child.stdout.toArray(), child.stderr.toArray(), gone])
  if (code !== 0 && code !== 1) throw new Error(`the verifier could not run: ${Buffer.concat(errors as Buffer[])}`)
  const lines = Buffer.concat(output as Buffer[])
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as Verdict)
}
