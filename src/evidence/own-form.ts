import { Buffer } from 'node:buffer'
import type { Instant } from '../base/clock.ts'
import { base64, type Digest, digestNamed, sha512 } from '../protocol/digests.ts'
import { formatId, type MemberId } from '../protocol/identifiers.ts'
import { isWeakKey, signatureByUri, verifySignature } from '../protocol/signature-algorithms.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import type { Certificate } from '../trust/certificates.ts'
import type { OcspVerdict } from '../trust/ocsp.ts'
import type { Trust } from '../trust/trust.ts'
import { fromBase64Binary } from './base64-binary.ts'
import { escapeCanonicalText } from './canonical.ts'
import { buildChains, type PartDigest, SIGNATURE_CHAIN } from './hash-chain.ts'
import type { SignatureForm } from './seal.ts'
import { checkSigner } from './signature-certificates.ts'
import { CHAIN_RESULT, MESSAGE } from './signature-names.ts'
import { documentText, OURS, PROPERTIES, SIGNED_INFO } from './signature-template.ts'
import { HOLE, TextFrame } from './text-frame.ts'
import type { VerifiedSignature } from './verified-signature.ts'

/** What a reader in full found good, by the very text of a document; undefined: nobody looked yet, or it no longer holds. */
export type KnownSigners = {
  /** By the text of X509Certificate. */
  readonly certificate: (text: string) => Certificate | undefined
  /** A short name for all that a document brings along for its certificate. */
  readonly evidence: (text: string) => string
  /** By that name. */
  readonly verdict: (
    evidence: string,
    certificate: Certificate,
    issuer: Certificate,
    at: Instant,
    instance: string,
  ) => OcspVerdict | undefined
  /** Forms of documents that were accepted, by the name they were learnt under. */
  readonly form: (name: string) => SignerForm | undefined
  readonly learn: (name: string, form: SignerForm) => void
}

/** All that the documents of one signer have in common, until its OCSP response is a new one. */
export type SignerForm = SignatureForm & {
  readonly valueLength: number
  /** The name of what they bring along for the certificate. */
  readonly evidence: string
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
  const uri = chain ? CHAIN_RESULT : MESSAGE
  const name = `${uri} ${signature.length} ${formatId(expected)}`
  const form = known.form(name)
  const said = (form && saidIn(signature, form)) ?? readSaid(signature, uri, known)
  if (!said || said.reference !== signedDigest(chain, parts)) return null
  if (said.properties !== base64(sha512(said.form.properties.fill(said.time)))) return null
  const { algorithm, certificate, evidence, signedInfo } = said.form
  const value = fromBase64Binary(said.value)
  if (!value || !verifySignature(algorithm, certificate.publicKey, signedInfo.fill(said.reference, said.properties), value, 'raw'))
    return null
  const signed = checkSigner(certificate, expected, trust, true)
  if (!signed.ok) return null
  const ocsp = known.verdict(evidence, certificate, signed.value.issuer.certificate, at, expected.instance)
  if (!ocsp) return null
  if (said.form !== form) known.learn(name, said.form)
  const chained = chain ? parts.map(({ name, sha512: value }) => ({ uri: name, digest: SHA512, value, how: 'known' as const })) : []
  return { signer: signed.value.signer, certificate, ocsp, covered: chain ? parts.map(({ name }) => name) : [uri], chained, value }
}

/** What varies from one message to the next, and the form that all the rest has. */
type Said = Pick<Holes, (typeof VARIES)[number]> & { readonly form: SignerForm }

/** By a form that was learnt: everything but the open places is the same, octet for octet. */
function saidIn(signature: Uint8Array, form: SignerForm): Said | null {
  const found = form.document.read(signature, [DIGEST, DIGEST, form.valueLength])
  if (!found) return null
  const [reference, properties, value, time] = found as [string, string, string, string]
  return WHOLE.value.test(value) && WHOLE.time.test(time) ? { reference, properties, value, time, form } : null
}

/** By the pattern of all documents in our form. */
function readSaid(signature: Uint8Array, uri: string, known: KnownSigners): Said | null {
  const text = Buffer.from(signature.buffer, signature.byteOffset, signature.length).toString('latin1')
  const match = (uri === CHAIN_RESULT ? CHAINED : DIRECT).exec(text)
  if (!match?.groups || !match.indices?.groups) return null
  const found = match.groups as Holes
  const certificate = known.certificate(found.certificate)
  const algorithm = signatureByUri(found.method)
  if (!certificate || !isNamed(found, certificate) || !algorithm || algorithm.weak || isWeakKey(certificate.publicKey)) return null
  const open = opened(text, match.indices.groups)
  const form: SignerForm = {
    document: new TextFrame(open, 4, 'latin1'),
    valueLength: found.value.length,
    properties: new TextFrame(canonical(open, PROPERTIES), 1, 'latin1'),
    signedInfo: new TextFrame(canonical(open, SIGNED_INFO), 2, 'latin1'),
    algorithm,
    certificate,
    evidence: known.evidence(evidenceIn(text)),
  }
  return { reference: found.reference, properties: found.properties, value: found.value, time: found.time, form }
}

/** In the order of the document. */
const VARIES = ['reference', 'properties', 'value', 'time'] as const

/** The text with open places for what varies. */
function opened(text: string, places: Readonly<Record<string, readonly [number, number]>>): string {
  let from = 0
  let open = ''
  for (const hole of VARIES) {
    const [start, end] = places[hole] as readonly [number, number]
    open += text.slice(from, start) + HOLE
    from = end
  }
  return open + text.slice(from)
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
  return new RegExp(`^${literal.replace(/HOLE([a-z]+)END/g, (_, name: keyof Holes) => `(?<${name}>${HOLES[name]})`)}$`, 'd')
}
const CHAINED = patternFor(CHAIN_RESULT)
const DIRECT = patternFor(MESSAGE)
const WHOLE = { value: new RegExp(`^${HOLES.value}$`), time: new RegExp(`^${HOLES.time}$`) }
/** Characters of a SHA-512 in base64. */
const DIGEST = 88

/** What must be signed, when it is in our form too: the digest of the one part, or of the result over all parts. */
function signedDigest(chain: SignatureDocuments['chain'], parts: readonly PartDigest[]): string | undefined {
  const [only] = parts
  if (!chain) return only && parts.length === 1 && only.name === MESSAGE ? base64(only.sha512) : undefined
  if (parts.length < 2) return undefined
  const { result, chains } = buildChains([parts], SIGNATURE_CHAIN)
  const isOurs = Buffer.compare(result, chain.result) === 0 && Buffer.compare(chains[0] as Uint8Array, chain.chain) === 0
  return isOurs ? base64(sha512(result)) : undefined
}

/** The canonical form of an element of the text: the namespaces in scope stand on it, what is inside is as it is. */
function canonical(text: string, { open, apex, close }: { readonly open: string; readonly apex: string; readonly close: string }): string {
  const from = text.indexOf(open) + open.length
  return `${apex}${text.slice(from, text.indexOf(close, from))}${close}`
}

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
