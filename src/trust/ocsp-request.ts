import { type Outcome, refuse } from '../protocol/faults.ts'
import type { Certificate } from './certificates.ts'
import { constructed, type Der, decodeDer, mismatch, SEQUENCE, STRICT } from './der.ts'
import { childrenOf, fieldsOf } from './der-values.ts'
import { sequence } from './der-write.ts'
import { type CertId, certIdFor, certIdOf } from './ocsp-response.ts'

/** The request stock servers send (RFC 6960 §4.1.1): one certificate, unsigned, without a nonce. POST it as application/ocsp-request. */
export const ocspRequest = (certificate: Pick<Certificate, 'serial'>, issuer: Certificate): Uint8Array =>
  sequence(sequence(sequence(sequence(certIdFor(certificate, issuer)))))

const MAX_REQUEST = 16 * 1024
const MAX_ASKED = 16

/**
 * Reads an OCSPRequest: which certificates are asked about, 1 to 16. Names, nonces, other extensions and signatures are skipped.
 * Refused with 'bad_request'.
 */
export function readOcspRequest(der: Uint8Array): Outcome<readonly CertId[]> {
  const read = decodeDer(der, certIdsOf, { ...STRICT, maxBytes: MAX_REQUEST })
  return read.ok ? read : refuse('bad_request', `OCSP request: ${read.fault}`)
}

function certIdsOf(root: Der): readonly CertId[] {
  const outer = fieldsOf(root, 'OCSP request')
  const fields = fieldsOf(outer.next(SEQUENCE, 'request'), 'OCSP request')
  fields.optional(constructed(0))
  fields.optional(constructed(1))
  const asked = childrenOf(fields.next(SEQUENCE, 'list'), SEQUENCE, 'list')
  if (asked.length === 0 || asked.length > MAX_ASKED) mismatch(`${asked.length} certificates asked about`)
  return asked.map((one) => certIdOf(fieldsOf(one, 'request').next(SEQUENCE, 'certificate id')))
}
