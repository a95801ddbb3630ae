import { spawnSync } from 'node:child_process'

/** A python that has a package: SACBE_PYTHON, else python3. null when it has not. */
export function pythonWith(module: string): string | null {
  const python = process.env.SACBE_PYTHON ?? 'python3'
  return spawnSync(python, ['-c', `import ${module}`], { timeout: 60_000 }).status === 0 ? python : null
}
