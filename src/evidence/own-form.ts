import { Buffer } from 'node:buffer'
import type { Instant } from '../base/clock.ts'
import { base64, type Digest, digestNamed, sha512 } from '../protocol/digests.ts'
import type { MemberId } from '../protocol/identifiers.ts'
import { isWeakKey, signatureByUri, verifySignature } from '../protocol/signature-algorithms.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import type { Certificate } from '../trust/certificates.ts'
import type { OcspVerdict } from '../trust/ocsp.ts'
import type { Trust } from '../trust/trust.ts'
import { fromBase64Binary } from './base64-binary.ts'
import { escapeCanonicalText } from './canonical.ts'
import { buildChains, type PartDigest, SIGNATURE_CHAIN } from './hash-chain.ts'
import { checkSigner } from './signature-certificates.ts'
import { CHAIN_RESULT, MESSAGE } from './signature-names.ts'
import { documentText, OURS, PROPERTIES, SIGNED_INFO } from './signature-template.ts'
import type { VerifiedSignature } from './verified-signature.ts'

/** What a reader in full found good, by the very text of a document; undefined: nobody looked yet, or it no longer holds. */
export type KnownSigners = {
  /** By the text of X509Certificate. */
  readonly certificate: (text: string) => Certificate | undefined
  /** By all that the document brings along for the certificate. */
  readonly verdict: (
    evidence: string,
    certificate: Certificate,
    issuer: Certificate,
    at: Instant,
    instance: string,
  ) => OcspVerdict | undefined
}

/**
 * A signature that is, octet for octet, what our own writer makes of what it says, with a certificate and OCSP response that were judged before:
 * verified without parsing. Structure, grammar and canonical forms are then those of the writer, known beforehand; all that varies is compared
 * or computed here. It accepts what a reader in full accepts under 'strict', and less; null: read it in full, which also finds the reason.
 *
 * In the bench this takes a fifth off an exchange. test/evidence/own-form.test.ts holds it against the reader in full.
 */
export function verifyOwnForm(
  { signature, chain }: SignatureDocuments,
  parts: readonly PartDigest[],
  expected: MemberId,
  trust: Trust,
  at: Instant,
  known: KnownSigners,
): VerifiedSignature | null {
  const text = Buffer.from(signature.buffer, signature.byteOffset, signature.length).toString('latin1')
  const uri = chain ? CHAIN_RESULT : MESSAGE
  const found = (chain ? CHAINED : DIRECT).exec(text)?.groups as Holes | undefined
  if (!found || found.reference !== signedDigest(chain, parts) || found.properties !== digestOf(text, PROPERTIES)) return null
  const certificate = known.certificate(found.certificate)
  const algorithm = signatureByUri(found.method)
  const value = fromBase64Binary(found.value)
  if (!certificate || !isNamed(found, certificate) || !algorithm || algorithm.weak || isWeakKey(certificate.publicKey) || !value)
    return null
  if (!verifySignature(algorithm, certificate.publicKey, canonical(text, SIGNED_INFO), value, 'raw')) return null
  const signed = checkSigner(certificate, expected, trust, true)
  if (!signed.ok) return null
  const ocsp = known.verdict(evidenceIn(text), certificate, signed.value.issuer.certificate, at, expected.instance)
  if (!ocsp) return null
  const chained = chain ? parts.map(({ name, sha512: value }) => ({ uri: name, digest: SHA512, value, how: 'known' as const })) : []
  return { signer: signed.value.signer, certificate, ocsp, covered: chain ? parts.map(({ name }) => name) : [uri], chained, value }
}

type Holes = Readonly<
  Record<'method' | 'reference' | 'properties' | 'value' | 'certificate' | 'time' | 'digest' | 'issuer' | 'serial' | 'ocsp', string>
>

const SHA512 = digestNamed('SHA-512') as Digest
const BASE64 = '[A-Za-z0-9+/]+={0,2}'
const HOLES: Holes = {
  method: '[^"<&]+',
  reference: BASE64,
  properties: BASE64,
  value: BASE64,
  certificate: BASE64,
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?Z',
  digest: BASE64,
  issuer: '[^<]*',
  serial: '\\d+',
  ocsp: BASE64,
}

/** The writer's own text with holes in it, as a pattern over the octets. */
function patternFor(uri: string): RegExp {
  const hole = (name: keyof Holes) => `HOLE${name}END`
  const method = SHA512.xmlUri
  const facts = {
    signatureMethod: hole('method'),
    reference: { uri, method, digest: hole('reference') },
    properties: { method, digest: hole('properties') },
    value: hole('value'),
    certificate: hole('certificate'),
    signingTime: hole('time'),
    signer: { method, digest: hole('digest'), issuer: hole('issuer'), serial: hole('serial') },
    intermediates: [],
    ocsp: [hole('ocsp')],
    late: 0,
  }
  const literal = documentText(facts, OURS).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal.replace(/HOLE([a-z]+)END/g, (_, name: keyof Holes) => `(?<${name}>${HOLES[name]})`)}$`)
}
const CHAINED = patternFor(CHAIN_RESULT)
const DIRECT = patternFor(MESSAGE)

/** What must be signed, when it is in our form too: the digest of the one part, or of the result over all parts. */
function signedDigest(chain: SignatureDocuments['chain'], parts: readonly PartDigest[]): string | undefined {
  const [only] = parts
  if (!chain) return only && parts.length === 1 && only.name === MESSAGE ? base64(only.sha512) : undefined
  if (parts.length < 2) return undefined
  const { result, chains } = buildChains([parts], SIGNATURE_CHAIN)
  const isOurs = Buffer.compare(result, chain.result) === 0 && Buffer.compare(chains[0] as Uint8Array, chain.chain) === 0
  return isOurs ? base64(sha512(result)) : undefined
}

/** The canonical octets of an element of the text: the namespaces in scope stand on it, what is inside is as it is. */
function canonical(text: string, { open, apex, close }: { readonly open: string; readonly apex: string; readonly close: string }): Buffer {
  const from = text.indexOf(open) + open.length
  return Buffer.from(`${apex}${text.slice(from, text.indexOf(close, from))}${close}`, 'latin1')
}
const digestOf = (text: string, element: typeof PROPERTIES): string => base64(sha512(canonical(text, element)))

const UNSIGNED = '<xades:UnsignedSignatureProperties>'
const UNSIGNED_END = '</xades:UnsignedSignatureProperties>'
const evidenceIn = (text: string): string => text.slice(text.indexOf(UNSIGNED), text.indexOf(UNSIGNED_END) + UNSIGNED_END.length)

type Named = Pick<Holes, 'digest' | 'issuer' | 'serial'>
const names = new WeakMap<Certificate, Named | null>()

/** The signer's certificate is the one that is named inside what is signed. */
function isNamed({ digest, issuer, serial }: Holes, certificate: Certificate): boolean {
  const known = names.get(certificate)
  const named = known === undefined ? namedAs(certificate) : known
  if (known === undefined) names.set(certificate, named)
  return named !== null && named.digest === digest && named.issuer === issuer && named.serial === serial
}

/** null: its issuer has characters of which a document may not hold all. */
function namedAs({ der, issuer, serial }: Certificate): Named | null {
  if (/\p{C}/u.test(issuer.text)) return null
  const octets = Buffer.from(escapeCanonicalText(issuer.text), 'utf8')
  return { digest: base64(sha512(der)), issuer: octets.toString('latin1'), serial: serial.toString() }
}
