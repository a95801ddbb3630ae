import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type Digest, digestNamed } from '../protocol/digests.ts'
import { type Outcome, refuse, under } from '../protocol/faults.ts'
import type { MemberId } from '../protocol/identifiers.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import { buildPath, type Certificate } from '../trust/certificates.ts'
import { judgePath, type OcspVerdict } from '../trust/ocsp.ts'
import type { Trust } from '../trust/trust.ts'
import { violation } from './grammar.ts'
import { type ChainedPart, type ChainFiles, type PartDigest, type Required, verifyChain } from './hash-chain.ts'
import { type KnownSigners, verifyOwnForm } from './own-form.ts'
import { checkSigner, extraCertificates, signingCertificate } from './signature-certificates.ts'
import { SIGNATURE_GRAMMAR } from './signature-grammar.ts'
import { ATTACHMENT, CHAIN, CHAIN_RESULT, MESSAGE } from './signature-names.ts'
import { ocspValues, type ParsedSignature, readSignature } from './signature-read.ts'
import { checkSignatureValue, checkStampManifests, type Referable, refersTo, schemaSubject } from './signature-references.ts'
import { checkStrictly } from './signature-strict.ts'
import type { VerifiedSignature } from './verified-signature.ts'

export { refersTo } from './signature-references.ts'
export type { VerifiedSignature } from './verified-signature.ts'

/** 'stock' gives the verdict that the reference verifier gives; 'strict' refuses more, never less. */
export type Profile = 'strict' | 'stock'

/** What a signature is held against. A container gives its own way of looking files up. */
export type SignedContent = Referable & { readonly files: ChainFiles; readonly required: Required }

const SHA512 = digestNamed('SHA-512') as Digest

/** The two steps that depend on certificates and their OCSP responses, not on the message: the same for one message after the other. */
export type CertificateSteps = {
  readonly read: (parsed: ParsedSignature) => Outcome<Certificate>
  readonly judge: (
    parsed: ParsedSignature,
    certificate: Certificate,
    issuer: Certificate,
    trust: Trust,
    at: Instant,
    profile: Profile,
    instance: string,
  ) => Outcome<OcspVerdict>
  /** What the two found good before. Absent: nothing is remembered. */
  readonly known?: KnownSigners
}
export const CERTIFICATE_STEPS: CertificateSteps = { read: signingCertificate, judge: (...question) => judgeCertificate(...question) }

/** On the wire a chain finds no file but the chain itself, and every part received is required by its digest. */
export function contentOf(documents: SignatureDocuments, parts: readonly PartDigest[]): SignedContent {
  return {
    documents,
    parts,
    files: { fetch: (uri) => (uri === CHAIN ? documents.chain?.chain : undefined), looksUp: () => true },
    required: new Map(parts.map(({ name, sha512 }) => [name, { digest: SHA512, value: sha512 }])),
  }
}

/**
 * The check on the wire: signature, chain, signer's certificate and its OCSP response, judged at `at`.
 *
 * @param parts every part received, message first; give `octets` of '/message.xml' if direct references in other digests are to pass
 * @param signer whom the message names: the client of a request, the owner of the service of a response
 * @param certificates a node gives steps that remember; whatever they remember, they answer as CERTIFICATE_STEPS would
 * Refused with the codes of the stock verifier in its order, without the outer 'signature_verification';
 * strict adds those of `checkStrictly` and of `verifyChain`.
 * Source: X-Road SignatureVerifier.
 */
export function verifyMessage(
  documents: SignatureDocuments,
  parts: readonly PartDigest[],
  signer: MemberId,
  trust: Trust,
  at: Instant,
  profile: Profile,
  certificates: CertificateSteps = CERTIFICATE_STEPS,
): Outcome<VerifiedSignature> {
  if (documents.signature.length === 0) return refuse('missing_signature')
  const quick = profile === 'strict' && certificates.known ? verifyOwnForm(documents, parts, signer, trust, at, certificates.known) : null
  if (quick) return ok(quick)
  const parsed = readSignature(documents.signature)
  if (!parsed.ok) return parsed
  const schema = checkSchema(parsed.value)
  if (!schema.ok) return schema
  return verifySignature(parsed.value, contentOf(documents, parts), signer, trust, at, profile, certificates)
}

/**
 * The schema as stock servers apply it on the wire: to the first child node of the root only, which need not be the signature.
 * Refused with 'malformed_signature'.
 */
export function checkSchema(parsed: ParsedSignature): Outcome<true> {
  const subject = schemaSubject(parsed)
  const wrong = subject && violation(subject, SIGNATURE_GRAMMAR, 'anything')
  return wrong ? refuse('malformed_signature', wrong) : ok(true)
}

/** Everything after the schema, for the wire and for containers alike. `at`: now, or the time of the stamp. */
export function verifySignature(
  parsed: ParsedSignature,
  content: SignedContent,
  signer: MemberId,
  trust: Trust,
  at: Instant,
  profile: Profile,
  certificates: CertificateSteps = CERTIFICATE_STEPS,
): Outcome<VerifiedSignature> {
  const chained = checkChain(parsed, content, profile)
  if (!chained.ok) return under('malformed_signature', chained)
  const certificate = certificates.read(parsed)
  if (!certificate.ok) return certificate
  const signed = checkSigner(certificate.value, signer, trust, profile === 'strict')
  if (!signed.ok) return signed
  const value = checkSignatureValue(parsed, certificate.value, content)
  if (!value.ok) return value
  const manifests = checkStampManifests(parsed, content)
  if (!manifests.ok) return manifests
  const ocsp = certificates.judge(parsed, certificate.value, signed.value.issuer.certificate, trust, at, profile, signer.instance)
  if (!ocsp.ok) return ocsp
  const strict = profile === 'strict' ? checkStrictly(parsed, certificate.value, content) : ok(true as const)
  if (!strict.ok) return strict
  return ok({
    signer: signed.value.signer,
    certificate: certificate.value,
    ocsp: ocsp.value,
    covered: coveredBy(parsed, chained.value),
    chained: chained.value,
    value: parsed.value,
  })
}

/** A chain that came along but was not signed is not looked at, as in stock; strict notices later that it was not referred to. */
function checkChain(
  parsed: ParsedSignature,
  { documents, files, required }: SignedContent,
  profile: Profile,
): Outcome<readonly ChainedPart[]> {
  if (!documents.chain || !refersTo(parsed, CHAIN_RESULT)) return ok([])
  return verifyChain(documents.chain.result, files, required, profile)
}

function judgeCertificate(
  parsed: ParsedSignature,
  certificate: Certificate,
  issuer: Certificate,
  trust: Trust,
  at: Instant,
  profile: Profile,
  instance: string,
): Outcome<OcspVerdict> {
  const extra = extraCertificates(parsed)
  if (!extra.ok) return extra
  const responses = ocspValues(parsed)
  const decoded = responses.flatMap((each) => each ?? [])
  if (decoded.length === 0 || decoded.length < responses.length)
    return refuse('malformed_signature', 'there is no OCSP response, or no base64')
  const path = buildPath(certificate, [issuer], extra.value, at)
  return path.ok ? judgePath(path.value, decoded, trust, at, profile, instance) : path
}

function coveredBy({ references }: ParsedSignature, chained: readonly ChainedPart[]): readonly string[] {
  const direct = references.flatMap(({ uri = '' }) => (uri === MESSAGE || uri.startsWith(ATTACHMENT) ? uri : []))
  return [...direct, ...chained.flatMap(({ uri, how }) => (how === 'trusted' ? [] : uri))]
}
