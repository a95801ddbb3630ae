import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { type Certificate, readCertificate } from './certificates.ts'

/** One block of RFC 7468: 64 characters a line, a line feed at the end. */
export function writePem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END \1-----/g

/** The DER of every block with this label, in order; text around the blocks is skipped. */
export function readPem(label: string, text: string): readonly Uint8Array[] {
  return [...text.matchAll(BLOCK)].filter((block) => block[1] === label).map((block) => Buffer.from(block[2] as string, 'base64'))
}

const PEM_START = Buffer.from('-----BEGIN')

/**
 * A certificate as configuration carries it: DER, or a PEM text that starts with its block (older centres put PEM into the base64 of a
 * global configuration). Refused with 'incorrect_certificate'.
 */
export function readConfiguredCertificate(bytes: Uint8Array): Outcome<Certificate> {
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(0, PEM_START.length).equals(PEM_START))
    return readCertificate(bytes)
  const first = readPem('CERTIFICATE', Buffer.from(bytes).toString('latin1'))[0]
  return first ? readCertificate(first) : refuse('incorrect_certificate', 'no certificate in the PEM text')
}

/** Every certificate of a PEM file, or of a DER file with one. Refused with 'incorrect_certificate' when one cannot be read. */
export function readCertificates(bytes: Uint8Array): Outcome<readonly Certificate[]> {
  const blocks = readPem('CERTIFICATE', Buffer.from(bytes).toString('latin1'))
  const certificates: Certificate[] = []
  for (const der of blocks.length > 0 ? blocks : [bytes]) {
    const certificate = readCertificate(der)
    if (!certificate.ok) return certificate
    certificates.push(certificate.value)
  }
  return ok(certificates)
}
