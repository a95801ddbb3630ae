import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Instant, instant } from '../../src/base/clock.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import { anchorCertificates, readAnchor } from '../../src/trust/anchor.ts'
import { checkPart } from '../../src/trust/directory-part.ts'
import { readPem } from '../../src/trust/pem.ts'
import { readSharedParameters } from '../../src/trust/read-shared-parameters.ts'
import { isAllOf, readSignedDirectory, type SignedDirectory } from '../../src/trust/signed-directory.ts'
import { vector, vectors } from '../vectors.ts'

/** Family 06 of the index. `at` where the verdict hangs on the time; else a day on which all of them held. */
const DAY = '2026-06-01T00:00:00Z'
type Row = {
  readonly file: string
  readonly keys: () => readonly Uint8Array[]
  readonly instance?: string
  readonly at?: string
  readonly expires?: string
  readonly parts?: string
  readonly expected: string
}

const anchorAt = (path: string) => {
  const anchor = readAnchor(vector(`gconf-signed/${path}`))
  if (!anchor.ok) throw new Error(anchor.fault.detail)
  return anchor.value
}
const fromAnchor = (path: string) => () => anchorCertificates(anchorAt(path))
const fromPem = (name: string) => () => readPem('CERTIFICATE', vector(`certs/${name}.pem`).toString('latin1'))
const fromSources = (path: string, kind: 'internalCertificates' | 'externalCertificates') => () => {
  const parameters = readSharedParameters(vector(`gconf-signed/${path}/shared-params.xml`))
  if (!parameters.ok) throw new Error(parameters.fault.detail)
  return parameters.value.sources.flatMap((source) => source[kind])
}
const anchored = (folder: string, document: string, instance: string, expires?: string): Row => ({
  file: `${folder}/${document}`,
  keys: fromAnchor(`${folder}/anchor.xml`),
  instance,
  ...(expires && { expires }),
  expected: 'valid',
})
const OLD = 'test-conf-simple'

const ROWS: readonly Row[] = [
  anchored('V3-internal', 'internalconf', 'CS', '2034-04-09T00:36:51Z'),
  anchored('V3-external', 'externalconf', 'CS', '2034-04-09T00:36:51Z'),
  anchored('V2-external', 'externalconf', 'CS', '2033-06-11T17:13:49Z'),
  anchored('V4-internal', 'internalconf', 'DEV', '2034-05-30T06:46:02Z'),
  {
    file: 'V4-external/externalconf',
    keys: fromSources('V4-external/V4/20240529203822880997000', 'externalCertificates'),
    instance: 'DEV',
    expected: 'valid',
  },
  anchored('V5-internal', 'internalconf', 'DEV', '2035-03-01T14:39:11Z'),
  anchored('V5-internal-rotated', 'internalconf', 'DEV', '2035-03-01T14:38:31Z'),
  anchored('V6-internal-rotated', 'internalconf', 'DEV', '2035-11-11T03:08:40Z'),
  {
    file: 'V6-external-rotated/externalconf',
    keys: fromSources('V6-internal-rotated/V6/20251110170100462771000', 'externalCertificates'),
    instance: 'DEV',
    expected: 'valid',
  },
  {
    ...anchored('V6-internal-line-ends-lost', 'internalconf', 'DEV'),
    expected: 'global_conf_signature_verification_failure',
  },
  { ...anchored('V3-internal-rotated-2023', 'internalconf', 'CS'), expected: 'global_conf_missing_verification_cert' },
  {
    file: 'V3-internal-rotated-2023/internalconf',
    keys: fromSources('V3-internal-rotated-2023/V3/20231121222055281623000', 'internalCertificates'),
    instance: 'CS',
    expected: 'valid',
  },
  {
    ...anchored('V5-internal-part-changed', 'internalconf', 'DEV'),
    expected: 'global_conf_part_downloaded_file_integrity_failure',
  },
  { file: `${OLD}.txt`, keys: fromPem('consumer'), instance: 'EE', at: '2026-05-01T00:00:00Z', parts: `${OLD}/EE`, expected: 'valid' },
  { file: `${OLD}.txt`, keys: fromPem('consumer'), at: '2026-05-20T17:42:55Z', expected: 'global_conf_outdated' },
  { file: `${OLD}.txt`, keys: fromPem('producer'), at: '2026-05-01T00:00:00Z', expected: 'global_conf_missing_verification_cert' },
  { file: 'test-conf-missing-date.txt', keys: fromPem('consumer'), expected: 'global_conf_header_field_missing' },
  { file: 'test-conf-invalid-signature.txt', keys: fromPem('consumer'), expected: 'global_conf_signature_verification_failure' },
]

const at = ({ at: when }: Row): Instant => instant(Date.parse(when ?? DAY))

function judge(row: Row): string {
  const read = readSignedDirectory(vector(`gconf-signed/${row.file}`), row.keys(), at(row))
  if (!read.ok) return codeOf(read.fault)
  const whose = isAllOf(read.value, row.instance ?? '')
  if (!whose.ok) return codeOf(whose.fault)
  if (row.expires) expect(read.value.expires).toBe(Date.parse(row.expires))
  return judgeParts(read.value, join(vectors() as string, 'gconf-signed', row.parts ?? row.file.replace(/\/[^/]*$/, '')))
}

function judgeParts({ parts, version }: SignedDirectory, folder: string): string {
  for (const part of parts) {
    expect(existsSync(join(folder, part.location))).toBe(true)
    const checked = checkPart(part, version, readFileSync(join(folder, part.location)))
    if (!checked.ok) return codeOf(checked.fault)
  }
  return 'valid'
}

describe.skipIf(vectors() === null)('signed configuration directories of others (family 06)', () => {
  let held = 0
  test.each(ROWS)('$file: $expected', (row) => {
    expect(judge(row)).toBe(row.expected)
    held++
  })
  test('every row holds', () => {
    console.log(`signed configurations (family 06): ${held} of ${ROWS.length} rows`)
    expect(held).toBe(ROWS.length)
  })
  test('the one whose line ends were lost holds again when they are restored, under the key of its own time', () => {
    const folder = 'V6-internal-line-ends-lost'
    const restored = Buffer.from(vector(`gconf-signed/${folder}/internalconf`).toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
    expect(readSignedDirectory(restored, fromAnchor(`${folder}/anchor.xml`)(), instant(Date.parse(DAY))).ok).toBe(true)
  })
})
