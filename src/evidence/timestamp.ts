import { type Outcome, refuse } from '../protocol/faults.ts'
import type { Certificate } from '../trust/certificates.ts'
import { bytesOf, constructed, type Der, decodeDer, INTEGER, SEQUENCE, SET, SLOPPY } from '../trust/der.ts'
import { fewOf, fieldsOf, sameBytes } from '../trust/der-values.ts'
import { context, oid, sequence, sorted } from '../trust/der-write.ts'
import { CMS, signedDataOf } from './timestamp-token.ts'

export { readTimestampReply, timestampQuery } from './timestamp-query.ts'
export { readToken } from './timestamp-token.ts'
export { verifyToken } from './timestamp-verify.ts'

/**
 * Puts the authority's certificate into a token that came without, as stock servers keep it: what stays is kept, a certificate that is there
 * already is not doubled, and the set is in DER order.
 *
 * Refused with 'internal_error' when the octets are no token.
 */
export function withCertificate(token: Uint8Array, { der: certificate }: Certificate): Outcome<Uint8Array> {
  const read = decodeDer(token, (root) => rewritten(signedDataOf(root), certificate), SLOPPY)
  return read.ok ? read : refuse('internal_error', `time stamp: ${read.fault}`)
}

function rewritten(signedData: Der, certificate: Uint8Array): Uint8Array {
  const fields = fieldsOf(signedData, 'signed data')
  const version = bytesOf(fields.next(INTEGER, 'version'))
  const digests = bytesOf(fields.next(SET, 'digest algorithms'))
  const content = bytesOf(fields.next(SEQUENCE, 'content'))
  const present = fewOf(fields.optional(constructed(0))?.children ?? [], 32, 'certificates').map(bytesOf)
  const others = present.filter((other) => !sameBytes(other, certificate))
  const rest = fewOf(fields.rest(), 2, 'parts after the certificates').map(bytesOf)
  return sequence(
    oid(CMS.signedData),
    context(0, sequence(version, digests, content, context(0, ...sorted([certificate, ...others])), ...rest)),
  )
}
