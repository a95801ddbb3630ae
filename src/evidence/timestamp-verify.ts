import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type Digest, digestByOid, digestNamed, hash } from '../protocol/digests.ts'
import { type FaultCode, type Outcome, refuse } from '../protocol/faults.ts'
import { isWeakKey, type SignatureAlgorithm, verifySignature } from '../protocol/signature-algorithms.ts'
import { algorithmOf, isCanonicalDigest, isCanonicalSignature, signerAlgorithm } from '../trust/algorithm-identifiers.ts'
import { EXTENSIONS, PURPOSES } from '../trust/certificate-extensions.ts'
import { type Certificate, isValidAt, sameName } from '../trust/certificates.ts'
import { bytesOf, constructed, contentsOf, type Der, decodeDer, OCTET_STRING, OID, SEQUENCE } from '../trust/der.ts'
import { fieldsOf, octetsOf, oidOf, sameBytes, timeOf } from '../trust/der-values.ts'
import { context, integer, octets, oid, sequence, setOf } from '../trust/der-write.ts'
import { SHA1, sha1 } from '../trust/key-hash.ts'
import { CMS, onlyValue, readToken, type TimestampToken } from './timestamp-token.ts'

/** `strict` refuses more than stock servers, never less. */
export type TokenRules = { readonly strict: boolean }
export type VerifiedToken = { readonly genTime: Instant; readonly signer: Certificate }

/**
 * Checks a token over `stamped` (which is digested here, with the digest the token names).
 *
 * @param authorities certificates of all approved time-stamping authorities
 * Refused, in this order: no complete DER 'io_error'; no token 'internal_error'; another imprint 'malformed_signature'; no authorities
 * 'mlog.no_timestamping_provider_found'; signer not among them 'mlog.tsp_certificate_not_found'; signature, signed attributes, or a
 * certificate not valid at the signing time 'mlog.timestamp_signer_verification_failed'. Strict adds `strictObjection`.
 * Source: RFC 3161 §2.3-2.4, RFC 5652 §5.4-5.6, X-Road TimestampVerifier.
 */
export function verifyToken(
  der: Uint8Array,
  stamped: Uint8Array,
  authorities: readonly Certificate[],
  { strict }: TokenRules = { strict: true },
): Outcome<VerifiedToken> {
  const read = readToken(der)
  if (!read.ok) return read
  const token = read.value
  const { imprint, genTime } = token.tstInfo
  const digest = imprint.algorithm.digest ?? digestByOid(imprint.algorithm.oid)
  if (!digest) return refuse('internal_error', `unknown imprint digest ${imprint.algorithm.oid}`)
  if (!sameBytes(hash(digest, stamped), imprint.digest)) return refuse('malformed_signature', 'the time stamp is over something else')
  if (authorities.length === 0) return refuse('mlog.no_timestamping_provider_found', 'no time-stamping authority is approved')
  const signer = authorities.find((authority) => isSigner(authority, token))
  if (!signer) return refuse('mlog.tsp_certificate_not_found', 'the time stamp is not by an approved authority')
  const algorithm = algorithmFor(token)
  if (!algorithm || !signatureHolds(token, signer, algorithm)) return unverified('the signature of the time stamp is wrong')
  const objection = strict ? strictObjection(token, signer, algorithm, digest) : null
  return objection ? refuse(...objection) : ok({ genTime, signer })
}

const unverified = (detail: string) => refuse('mlog.timestamp_signer_verification_failed', detail)

function isSigner(authority: Certificate, { signer }: TimestampToken): boolean {
  if (signer.kind === 'serial') return signer.serial === authority.serial && sameName(signer.issuer, authority.issuer)
  return sameBytes(signer.keyIdentifier, authority.subjectKeyIdentifier ?? sha1(authority.keyBits))
}

function algorithmFor({ digestAlgorithm, signatureAlgorithm }: TimestampToken): SignatureAlgorithm | undefined {
  return digestAlgorithm.digest && signerAlgorithm(signatureAlgorithm, digestAlgorithm.digest)
}

/** RFC 5652 §5.6: content type, digest of the content, signature over the attributes as a DER SET. */
function signatureHolds(token: TimestampToken, signer: Certificate, algorithm: SignatureAlgorithm): boolean {
  const type = onlyValue(token, CMS.contentType)
  const digest = onlyValue(token, CMS.messageDigest)
  if (type?.tag !== OID || oidOf(type) !== CMS.tstInfo || digest?.tag !== OCTET_STRING) return false
  if (!sameBytes(octetsOf(digest), hash(token.digestAlgorithm.digest as Digest, token.content))) return false
  const protectedAlgorithms = token.attributes.has(CMS.algorithmProtection) && !protects(token)
  if (protectedAlgorithms || !wasValidWhenSigning(token, signer)) return false
  return verifySignature(algorithm, signer.publicKey, setOf(...token.signedAttributes), token.signature, 'der')
}

function wasValidWhenSigning(token: TimestampToken, signer: Certificate): boolean {
  if (!token.attributes.has(CMS.signingTime)) return true
  const time = onlyValue(token, CMS.signingTime)
  const at = time && decodeDer(bytesOf(time), timeOf)
  return at?.ok === true && isValidAt(signer, at.value)
}

/** RFC 6211: the attribute repeats both algorithms, so that a signature covers them. */
function protects(token: TimestampToken): boolean {
  const value = onlyValue(token, CMS.algorithmProtection)
  return value !== null && sameBytes(bytesOf(value), algorithmProtection(token.digestAlgorithm.der, token.signatureAlgorithm.der))
}

/** CMSAlgorithmProtection (RFC 6211 §2) of two AlgorithmIdentifiers. */
export function algorithmProtection(digestAlgorithm: Uint8Array, signatureAlgorithm: Uint8Array): Uint8Array {
  const inner = decodeDer(signatureAlgorithm, contentsOf)
  return sequence(digestAlgorithm, context(1, inner.ok ? inner.value : signatureAlgorithm))
}

/**
 * What stock servers let pass: weak algorithms; an authority whose certificate is not for time stamping alone or was not valid at the time; a
 * signing-certificate attribute that names another; critical extensions we do not know; and every octet that no signature covers and that
 * could be otherwise. For the last the token is rebuilt from its parts and compared.
 */
function strictObjection(
  token: TimestampToken,
  signer: Certificate,
  algorithm: SignatureAlgorithm,
  imprint: Digest,
): readonly [FaultCode, string] | null {
  if (imprint.weak || algorithm.weak || isWeakKey(signer.publicKey)) return ['weak_algorithm', 'the time stamp rests on a weak algorithm']
  const wrong = signerObjection(token, signer)
  if (wrong) return ['mlog.timestamp_signer_verification_failed', wrong]
  const exact = isCanonicalDigest(token.digestAlgorithm, algorithm.digest) && isCanonicalSignature(token.signatureAlgorithm, algorithm)
  return exact && sameBytes(rebuilt(token, signer), token.der)
    ? null
    : ['unaccounted_bytes', 'the time stamp has octets that nothing accounts for']
}

function signerObjection(token: TimestampToken, signer: Certificate): string | null {
  const purposes = signer.extendedKeyUsage
  const critical = signer.extensions.get(EXTENSIONS.extendedKeyUsage)?.critical ?? false
  if (!critical || purposes?.size !== 1 || !purposes.has(PURPOSES.timeStamping)) return 'the certificate is not for time stamping alone'
  if (!isValidAt(signer, token.tstInfo.genTime)) return 'the certificate of the authority was not valid at the time'
  if (token.tstInfo.hasCriticalExtension) return 'the time stamp has an unknown critical extension'
  return namesSigner(token, signer) ? null : 'the signing certificate attribute names another certificate'
}

/** RFC 5035 §3-5: the first ESSCertID is a digest of the signer's certificate. Version 2 counts when both are there. */
function namesSigner(token: TimestampToken, signer: Certificate): boolean {
  const v2 = onlyValue(token, CMS.signingCertificateV2)
  const v1 = onlyValue(token, CMS.signingCertificate)
  const found = v2 ? decodeDer(bytesOf(v2), essCertIdV2) : v1 ? decodeDer(bytesOf(v1), essCertId) : null
  return found?.ok === true && sameBytes(hash(found.value.digest, signer.der), found.value.hash)
}

type EssCertId = { readonly digest: Digest; readonly hash: Uint8Array }
const SHA256 = digestNamed('SHA-256') as Digest

const firstCertId = (root: Der) =>
  fieldsOf(
    fieldsOf(fieldsOf(root, 'attribute').next(SEQUENCE, 'certificates'), 'certificates').next(SEQUENCE, 'certificate'),
    'certificate',
  )

const essCertId = (root: Der): EssCertId => ({ digest: SHA1, hash: octetsOf(firstCertId(root).next(OCTET_STRING, 'hash')) })

function essCertIdV2(root: Der): EssCertId {
  const fields = firstCertId(root)
  const algorithm = fields.optional(SEQUENCE)
  const digest = algorithm ? algorithmOf(algorithm).digest : SHA256
  const certHash = octetsOf(fields.next(OCTET_STRING, 'hash'))
  return { digest: digest ?? SHA256, hash: certHash }
}

/**
 * The token as its signed parts, the authority's certificate and the definition leave it no choice to be.
 *
 * The certificate may stand there more than once, as OpenSSL writes it when told so: but not in a token whose signature covers its
 * algorithms (RFC 6211), as ours does, which has one form only.
 */
function rebuilt(token: TimestampToken, signer: Certificate): Uint8Array {
  const copies = token.attributes.has(CMS.algorithmProtection) ? 1 : Math.min(Math.max(token.certificates.length, 1), 4)
  return writeToken(
    { ...token, digestAlgorithm: token.digestAlgorithm.der, signatureAlgorithm: token.signatureAlgorithm.der },
    signer,
    copies,
  )
}

export type TokenParts = Pick<TimestampToken, 'content' | 'signedAttributes' | 'signature'> & {
  readonly digestAlgorithm: Uint8Array
  readonly signatureAlgorithm: Uint8Array
}

/**
 * A token in its one strict form: version 3, one digest algorithm, the signer's certificate alone, signer by issuer and serial number, no
 * revocation lists, no unsigned attributes.
 *
 * @param copies of the signer's certificate: 1, or 0 for a client that wants none
 */
export function writeToken(parts: TokenParts, signer: Certificate, copies = 1): Uint8Array {
  const signerInfo = sequence(
    integer(1),
    sequence(signer.issuer.der, integer(signer.serial)),
    parts.digestAlgorithm,
    signedAttributes(parts.signedAttributes),
    parts.signatureAlgorithm,
    octets(parts.signature),
  )
  const signedData = sequence(
    integer(3),
    setOf(parts.digestAlgorithm),
    sequence(oid(CMS.tstInfo), context(0, octets(parts.content))),
    copies > 0 ? context(0, ...Array<Uint8Array>(copies).fill(signer.der)) : undefined,
    setOf(signerInfo),
  )
  return sequence(oid(CMS.signedData), context(0, signedData))
}

/** [0] IMPLICIT SET OF: the SET with another tag. */
function signedAttributes(attributes: readonly Uint8Array[]): Uint8Array {
  const set = Uint8Array.from(setOf(...attributes))
  set[0] = constructed(0)
  return set
}
