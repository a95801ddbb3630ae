import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { decodeRecord, type EvidenceRecord, identityOf } from '../evidence/record.ts'
import { signingCertificate } from '../evidence/signature-certificates.ts'
import { type ParsedSignature, readSignature } from '../evidence/signature-document.ts'
import { ocspValues } from '../evidence/signature-read.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import type { Certificate } from '../trust/certificates.ts'
import { readOcspResponse, type SingleResponse } from '../trust/ocsp-response.ts'
import { sha256 } from './ocsp-at-hand.ts'

/** One record of the segments at hand. `index` is its place in them, duplicates counted. */
export type Entry = { readonly index: number; readonly bytes: Uint8Array; readonly read: Outcome<Sealable> }

/** A record with what sealing asks of its signature. */
export type Sealable = {
  readonly identity: string
  readonly record: EvidenceRecord
  /** Octets of the record as it was kept. */
  readonly size: number
  readonly certificate: Certificate
  /** SHA-256 (hex) of the certificate. */
  readonly signer: string
  /** The decoded SignatureValue. */
  readonly value: Uint8Array
  /** When the OCSP response for the certificate says it was updated, and when the next is due. */
  readonly thisUpdate: Instant
  readonly nextUpdate: Instant | null
}

/** Every record once: those of an identity that is sealed already, or stood earlier in these segments, are left out. */
export function entriesOf(segments: readonly (readonly Uint8Array[])[], sealed: ReadonlySet<string>): readonly Entry[] {
  const seen = new Set(sealed)
  return segments
    .flat()
    .map((bytes, index): Entry => ({ index, bytes, read: readSealable(bytes) }))
    .filter(({ read }) => !read.ok || (!seen.has(read.value.identity) && seen.add(read.value.identity)))
}

function readSealable(bytes: Uint8Array): Outcome<Sealable> {
  const decoded = decodeRecord(bytes)
  if (!decoded.ok) return decoded
  const record = decoded.value
  if (record.attachments.some(({ kind }) => kind === 'stored')) return refuse('malformed_record', 'a body lies elsewhere')
  const parsed = readSignature(record.documents.signature)
  if (!parsed.ok) return parsed
  const certificate = signingCertificate(parsed.value)
  if (!certificate.ok) return certificate
  const single = ocspFor(certificate.value, parsed.value)
  if (!single.ok) return single
  const { thisUpdate, nextUpdate } = single.value
  const signer = sha256(certificate.value.der)
  return ok({
    identity: identityOf(record),
    record,
    size: bytes.length,
    certificate: certificate.value,
    signer,
    value: parsed.value.value,
    thisUpdate,
    nextUpdate,
  })
}

/** What the first OCSP response in a signature that is about a certificate says: the one verifiers go by. */
function ocspFor(certificate: Certificate, parsed: ParsedSignature): Outcome<SingleResponse> {
  for (const der of ocspValues(parsed)) {
    const response = der && readOcspResponse(der)
    if (response?.ok && response.value.singles[0].certId.serial === certificate.serial) return ok(response.value.singles[0])
  }
  return refuse('malformed_signature', 'the signature has no OCSP response for its certificate')
}
