import { type Instant, instant, isoInstant, MINUTE } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { base64 } from '../../protocol/digests.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId, memberOf, parseServerId, type ServerId, sameMember } from '../../protocol/identifiers.ts'
import type { Sign, SignatureName } from '../../protocol/sign.ts'
import { isWeakKey, signatureNamed, verifySignature } from '../../protocol/signature-algorithms.ts'
import { type Certificate, isIssuedBy, isValidAt, readCertificate } from '../certificates.ts'
import { memberInCertificate } from '../profiles.ts'
import { signData } from '../sign-der.ts'
import { caOf, type Trust } from '../trust.ts'

/**
 * What a node says to its centre in its own right, signed by its owner: our own form, in JSON, beside the management requests that stock servers know.
 * 'order': new certificates before the old ones end. 'renewal': whoever brings the secret of this digest may order them, once. 'head': where its chain
 * of evidence stood on a day, stamped.
 */
export type Statement<C = unknown> = {
  readonly kind: 'order' | 'renewal' | 'head'
  readonly server: string
  /** ISO 8601 UTC. */
  readonly at: string
  readonly content: C
}
export type SignedStatement = {
  /** The statement's exact text, which is what is signed. */
  readonly text: string
  readonly certificate: string
  readonly algorithm: string
  readonly signature: string
}
export type Speaker = { readonly key: string; readonly algorithm: SignatureName; readonly certificate: Uint8Array }

export async function signStatement(
  kind: Statement['kind'],
  server: ServerId,
  content: unknown,
  at: Instant,
  by: Speaker,
  sign: Sign,
): Promise<SignedStatement> {
  const text = JSON.stringify({ kind, server: formatId(server), at: isoInstant(at), content } satisfies Statement)
  const signature = await signData(Buffer.from(text), by, sign)
  return { text, certificate: base64(by.certificate), algorithm: by.algorithm, signature: base64(signature) }
}

export type Heard<C> = { readonly server: ServerId; readonly content: C; readonly at: Instant; readonly certificate: Certificate }

/** How far a statement's time may lie from ours: long enough for slow networks, short enough that an old one says nothing. */
const MOST_APART = 10 * MINUTE

/**
 * A statement by whoever owns the server: certificate of an approved authority, for signatures, valid; the signature over the exact text; said now.
 * That the certificate is not revoked, and that the server is there, is for whoever holds the register to see.
 * Refused with 'invalid_request', 'cert_validation', 'invalid_signature_value', 'access_denied', 'clock_skew'.
 */
export function hearStatement<C>(signed: SignedStatement, kind: Statement['kind'], trust: Trust, at: Instant): Outcome<Heard<C>> {
  const statement = statementIn(signed.text)
  if (!statement || statement.kind !== kind) return refuse('invalid_request', `no statement of the kind ${kind}`)
  const server = parseServerId(statement.server)
  if (!server.ok) return server
  const certificate = speakingCertificate(signed.certificate, trust, at)
  if (!certificate.ok) return certificate
  const row = signatureNamed(signed.algorithm)
  const value = Buffer.from(signed.signature, 'base64')
  if (!row || row.weak || !verifySignature(row, certificate.value.publicKey, Buffer.from(signed.text), value, 'der'))
    return refuse('invalid_signature_value', 'the signature does not hold over the statement')
  const issuer = caOf(trust, certificate.value, trust.own, 'sign')
  const signer = memberInCertificate(certificate.value, issuer?.approved.profile ?? '', memberOf(server.value))
  if (!signer.ok) return signer
  if (!sameMember(signer.value, server.value)) return refuse('access_denied', `${formatId(signer.value)} does not own that server`)
  const said = Date.parse(statement.at)
  if (!(Math.abs(said - at) <= MOST_APART)) return refuse('clock_skew', 'the statement was not made now')
  return ok({ server: server.value, content: statement.content as C, at: instant(said), certificate: certificate.value })
}

function speakingCertificate(text: string, trust: Trust, at: Instant): Outcome<Certificate> {
  const certificate = readCertificate(Buffer.from(text, 'base64'))
  if (!certificate.ok) return refuse('cert_validation', certificate.fault.detail)
  const issuer = caOf(trust, certificate.value, trust.own, 'sign')
  if (!issuer || !isIssuedBy(certificate.value, issuer.certificate)) return refuse('cert_validation', 'no approved authority issued it')
  if (!isValidAt(certificate.value, at) || !isValidAt(issuer.certificate, at)) return refuse('cert_validation', 'it is not valid now')
  const isForSigning = certificate.value.keyUsage?.has('nonRepudiation') ?? false
  return isForSigning && !isWeakKey(certificate.value.publicKey) ? certificate : refuse('cert_validation', 'it is not made for signatures')
}

function statementIn(text: string): Statement | undefined {
  try {
    const statement = JSON.parse(text) as Partial<Statement> | null
    const fits = typeof statement?.kind === 'string' && typeof statement.server === 'string' && typeof statement.at === 'string'
    return fits ? (statement as Statement) : undefined
  } catch {
    return undefined // no JSON: the caller refuses it
  }
}
