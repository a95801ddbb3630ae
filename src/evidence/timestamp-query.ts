import { ok, refused } from '../base/result.ts'
import { digestNamed } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { digestIdentifier } from '../trust/algorithm-identifiers.ts'
import { toDer } from '../trust/ber.ts'
import { BIT_STRING, BOOLEAN, bytesOf, constructed, type Der, decodeDer, INTEGER, mismatch, OID, SEQUENCE, STRICT } from '../trust/der.ts'
import { bitListOf, booleanOf, childrenOf, fieldsOf, integerOf, oidOf, sameBytes, smallOf, textOf } from '../trust/der-values.ts'
import { boolean, integer, octets, sequence } from '../trust/der-write.ts'
import { imprintOf, type MessageImprint, readToken } from './timestamp-token.ts'

const SHA512 = digestNamed('SHA-512') as NonNullable<ReturnType<typeof digestNamed>>

/**
 * The request stock servers send (RFC 3161 §2.4.1): version 1, SHA-512 with an explicit NULL, no policy, no nonce, no certificate wanted.
 * POST it as application/timestamp-query.
 *
 * @param certificateWanted false as stock servers have it: the certificate comes from the configuration
 */
export function timestampQuery(sha512: Uint8Array, certificateWanted = false): Uint8Array {
  if (sha512.length !== SHA512.bytes) throw new Error(`a SHA-512 digest has 64 bytes, not ${sha512.length}`)
  const imprint = sequence(digestIdentifier(SHA512), octets(sha512))
  return sequence(integer(1), imprint, certificateWanted ? boolean(true) : undefined)
}

export type TimestampQuery = {
  readonly version: number
  /** The imprint as it came, which goes into the token unchanged. */
  readonly imprint: MessageImprint & { readonly der: Uint8Array }
  readonly policy: string | null
  readonly nonce: bigint | null
  readonly certificateWanted: boolean
  readonly hasExtensions: boolean
}

const MAX_QUERY = 16 * 1024
const MAX_REPLY = 256 * 1024

/** Reads a TimeStampReq. Refused with 'bad_request'. */
export function readTimestampQuery(der: Uint8Array): Outcome<TimestampQuery> {
  const read = decodeDer(der, queryOf, { ...STRICT, maxBytes: MAX_QUERY })
  return read.ok ? read : refuse('bad_request', `time stamp query: ${read.fault}`)
}

function queryOf(root: Der): TimestampQuery {
  const fields = fieldsOf(root, 'query')
  const version = smallOf(fields.next(INTEGER, 'version'))
  const imprint = fields.next(SEQUENCE, 'imprint')
  const policy = fields.optional(OID)
  const nonce = fields.optional(INTEGER)
  const certificateWanted = fields.optional(BOOLEAN)
  const extensions = fields.optional(constructed(0))
  fields.end('a query')
  return {
    version,
    imprint: { ...imprintOf(imprint), der: bytesOf(imprint) },
    policy: policy ? oidOf(policy) : null,
    nonce: nonce ? integerOf(nonce) : null,
    certificateWanted: certificateWanted !== undefined && booleanOf(certificateWanted),
    hasExtensions: extensions !== undefined,
  }
}

/**
 * Takes the token out of a TimeStampResp and checks that it answers our query; who signed it is checked by `verifyToken`.
 *
 * BER, as some authorities answer, is brought into DER form first.
 * @returns the token, DER
 * Refused: not granted 'mlog.timestamp_non_granted_response'; unreadable, another imprint or a token with a nonce
 * 'mlog.timestamp_response_validation_failed'.
 */
export function readTimestampReply(reply: Uint8Array, sha512: Uint8Array): Outcome<Uint8Array> {
  const der = reply.length <= MAX_REPLY ? toDer(reply) : refused('too long')
  const read = der.ok ? decodeDer(der.value, replyOf) : der
  if (!read.ok) return unanswered(read.fault)
  const { status, why, token: tokenBytes } = read.value
  if (status !== 0 && status !== 1) return refuse('mlog.timestamp_non_granted_response', `status ${status} ${why}`.trim())
  if (!tokenBytes) return unanswered('granted without a token')
  const token = readToken(tokenBytes)
  if (!token.ok) return unanswered(token.fault.detail)
  const { imprint, nonce } = token.value.tstInfo
  if (imprint.algorithm.digest !== SHA512 || !sameBytes(imprint.digest, sha512)) return unanswered('the token stamps something else')
  return nonce === null ? ok(tokenBytes) : unanswered('the token has a nonce that was not sent')
}

const unanswered = (detail: string) => refuse('mlog.timestamp_response_validation_failed', detail)

type Reply = { readonly status: number; readonly why: string; readonly token: Uint8Array | null }

/** PKIFailureInfo (RFC 3161 §2.4.2), by bit. */
export const FAILURES = {
  badAlg: 0,
  badRequest: 2,
  badDataFormat: 5,
  timeNotAvailable: 14,
  unacceptedPolicy: 15,
  unacceptedExtension: 16,
  addInfoNotAvailable: 17,
  systemFailure: 25,
} as const
export type Failure = keyof typeof FAILURES

function replyOf(root: Der): Reply {
  const fields = fieldsOf(root, 'reply')
  const info = fieldsOf(fields.next(SEQUENCE, 'status'), 'status')
  const status = smallOf(info.next(INTEGER, 'code'))
  const texts = info.optional(SEQUENCE)
  const failure = info.optional(BIT_STRING)
  info.end('a status')
  const [token, ...more] = fields.rest()
  if (more.length > 0) mismatch('more in a reply than belongs there')
  return { status, why: [...textsOf(texts), ...failuresOf(failure)].join(', ').slice(0, 200), token: token ? bytesOf(token) : null }
}

const textsOf = (found: Der | undefined): readonly string[] => (found ? childrenOf(found, SEQUENCE, 'texts').map(textOf) : [])

function failuresOf(found: Der | undefined): readonly string[] {
  const set = found ? bitListOf(found) : []
  return Object.entries(FAILURES).flatMap(([name, bit]) => (set.includes(bit) ? [name] : []))
}
