import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Certificate, readCertificate } from '../trust/certificates.ts'
import { readPem, writePem } from '../trust/pem.ts'
import { writeWhole } from './write-whole.ts'

/** Certificates as PEM files of one folder, one a file. */
export const writeCertificate = (folder: string, name: string, der: Uint8Array): void =>
  writeWhole(fileOf(folder, name), writePem('CERTIFICATE', der))

/** Throws when there is none, or none that can be read: the folder is ours and was written by us. */
export function loadCertificate(folder: string, name: string): Certificate {
  const der = readPem('CERTIFICATE', readFileSync(fileOf(folder, name), 'latin1'))[0]
  const read = der && readCertificate(der)
  if (!read?.ok) throw new Error(`no certificate in ${fileOf(folder, name)}`)
  return read.value
}

const fileOf = (folder: string, name: string) => join(folder, `${name}.pem`)
