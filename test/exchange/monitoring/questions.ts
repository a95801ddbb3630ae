import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../contract/temporary-folder.ts'
import { vectors } from '../../vectors.ts'

export const OM = 'http://x-road.eu/xsd/op-monitoring.xsd'

/** Whether libxml2 holds an element valid by one of the public schemas. */
export function validBy(schema: string, xml: string): boolean {
  const file = join(temporaryFolder(), 'element.xml')
  writeFileSync(file, xml)
  try {
    execFileSync('xmllint', ['--noout', '--nonet', '--schema', join(vectors() as string, 'schemas', schema), file], { stdio: 'pipe' })
    return true
  } catch (problem) {
    const { status } = problem as { status: number }
    if (status === 3) return false // xmllint(1): validation error
    throw problem
  }
}
