import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { later } from '../../../src/base/clock.ts'
import { type Direction, type EvidenceRecord, encodeRecord } from '../../../src/evidence/record.ts'
import { temporaryFolder } from '../../contract/temporary-folder.ts'
import { runTool } from '../../tools.ts'
import { NOON } from '../../trust/authority.ts'
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

const BLOCKS = {
  request: 'GET\r\n/r1/QRO/GOB/SEDESOQ/PADRON/consulta\r\nx-road-client:QRO/GOB/DIF/APOYOS\r\nx-road-id:m\r\nx-road-request-id:ID\r\n',
  response:
    '200\r\nOK\r\nx-road-client:QRO/GOB/DIF/APOYOS\r\nx-road-service:QRO/GOB/SEDESOQ/PADRON/consulta\r\nx-road-id:m\r\nx-road-request-id:ID\r\nx-road-request-hash:aGFzaA==\r\n',
}
/** A kept message of a provider's node, so many milliseconds after noon. */
export const record = (number: number, direction: Direction, ms: number): Uint8Array =>
  encodeRecord({
    ...{ side: 'provider', direction, messageId: 'm', requestId: `r-${number}`, client: 'c', service: 's', attachments: [] },
    ...{ at: later(NOON, ms), configuration: 'c0ffee', documents: { signature: new Uint8Array(1) } },
    message: Buffer.from(BLOCKS[direction].replace('ID', `r-${number}`)),
  } satisfies EvidenceRecord)
