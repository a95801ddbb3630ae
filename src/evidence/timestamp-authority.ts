import { type Instant, later } from '../base/clock.ts'
import { digestNamed, hash } from '../protocol/digests.ts'
import type { Sign } from '../protocol/sign.ts'
import { digestIdentifier } from '../trust/algorithm-identifiers.ts'
import type { Certificate } from '../trust/certificates.ts'
import { bitList, context, generalizedTime, integer, octets, oid, sequence, setOf, time, utf8 } from '../trust/der-write.ts'
import { algorithmNamed, identifierOf, type SigningKey, signData } from '../trust/sign-der.ts'
import { FAILURES, type Failure, readTimestampQuery, type TimestampQuery } from './timestamp-query.ts'
import { CMS } from './timestamp-token.ts'
import { algorithmProtection, writeToken } from './timestamp-verify.ts'

export type StampOrder = SigningKey & {
  readonly certificate: Certificate
  /** Never twice. */
  readonly serial: bigint
  readonly at: Instant
  /** OID of the policy stamped under. */
  readonly policy: string
}

/**
 * Answers a TimeStampReq as an authority (RFC 3161 §2.4.2).
 *
 * The token names the second it was asked in, with an accuracy of one second. Its signature covers the authority's certificate (RFC 5035) and
 * both algorithms (RFC 6211), so that it has one form only.
 * @returns the TimeStampResp, DER: granted, or a rejection that says why in PKIFailureInfo
 */
export async function issueToken(queryDer: Uint8Array, order: StampOrder, sign: Sign): Promise<Uint8Array> {
  const query = readTimestampQuery(queryDer)
  if (!query.ok) return rejection('badDataFormat', query.fault.detail)
  const objection = objectionTo(query.value, order.policy)
  if (objection) return rejection(...objection)
  const content = tstInfo(query.value, order)
  const attributes = signedAttributes(content, order)
  const signature = await signData(setOf(...attributes), order, sign)
  const parts = {
    content,
    signedAttributes: attributes,
    signature,
    digestAlgorithm: digestAlgorithmOf(order),
    signatureAlgorithm: identifierOf(order),
  }
  return sequence(sequence(integer(0)), writeToken(parts, order.certificate, query.value.certificateWanted ? 1 : 0))
}

function objectionTo({ version, imprint, policy, hasExtensions }: TimestampQuery, own: string): readonly [Failure, string] | null {
  if (version !== 1) return ['badRequest', 'only version 1']
  if (!imprint.algorithm.digest || imprint.algorithm.digest.weak) return ['badAlg', 'only SHA-256, SHA-384 and SHA-512']
  if (imprint.digest.length !== imprint.algorithm.digest.bytes) return ['badDataFormat', 'the digest has another length']
  if (policy !== null && policy !== own) return ['unacceptedPolicy', `only policy ${own}`]
  return hasExtensions ? ['unacceptedExtension', 'no extensions'] : null
}

/** A TimeStampResp without a token. */
export const rejection = (failure: Failure, why: string): Uint8Array =>
  sequence(sequence(integer(2), sequence(utf8(why)), bitList([FAILURES[failure]])))

function tstInfo({ imprint, nonce }: TimestampQuery, { policy, serial, at }: StampOrder): Uint8Array {
  const accuracy = sequence(integer(1))
  return sequence(
    integer(1),
    oid(policy),
    imprint.der,
    integer(serial),
    generalizedTime(at),
    accuracy,
    nonce === null ? undefined : integer(nonce),
  )
}

const digestAlgorithmOf = ({ algorithm }: SigningKey): Uint8Array => digestIdentifier(algorithmNamed(algorithm).digest)

function signedAttributes(content: Uint8Array, order: StampOrder): Uint8Array[] {
  const { digest } = algorithmNamed(order.algorithm)
  return [
    attribute(CMS.contentType, oid(CMS.tstInfo)),
    attribute(CMS.signingTime, time(later(order.at, -(order.at % 1000)))),
    attribute(CMS.messageDigest, octets(hash(digest, content))),
    attribute(CMS.signingCertificateV2, signingCertificate(order.certificate)),
    attribute(CMS.algorithmProtection, algorithmProtection(digestAlgorithmOf(order), identifierOf(order))),
  ]
}

const attribute = (type: string, value: Uint8Array): Uint8Array => sequence(oid(type), setOf(value))

const SHA256 = digestNamed('SHA-256') as NonNullable<ReturnType<typeof digestNamed>>

/** SigningCertificateV2 (RFC 5035 §3): SHA-256, which is the default and therefore left out, with issuer and serial number. */
function signingCertificate({ der, issuer, serial }: Certificate): Uint8Array {
  const directoryName = context(4, issuer.der)
  return sequence(sequence(sequence(octets(hash(SHA256, der)), sequence(sequence(directoryName), integer(serial)))))
}
