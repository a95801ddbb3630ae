import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

/** A fresh folder, gone when the tests of the file that imports this are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-test-'))
  made.push(folder)
  return folder
}
