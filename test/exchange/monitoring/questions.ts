import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../contract/temporary-folder.ts'
import { runTool } from '../../tools.ts'
import { vectors } from '../../vectors.ts'

export const OM = 'http://x-road.eu/xsd/op-monitoring.xsd'

/** Whether libxml2 holds an element valid by one of the public schemas. */
export function validBy(schema: string, xml: string): boolean {
  const file = join(temporaryFolder(), 'element.xml')
  writeFileSync(file, xml)
  const { status } = runTool('xmllint', ['--noout', '--nonet', '--schema', join(vectors() as string, 'schemas', schema), file])
  if (status !== 0 && status !== 3) throw new Error(`xmllint ended with ${status}`)
  return status === 0 // 3: validation error
}
