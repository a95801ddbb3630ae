import { type Instant, isoInstant } from '../base/clock.ts'
import { base64, type Digest, digestNamed, hash, sha512 } from '../protocol/digests.ts'
import type { Sign, SignatureName } from '../protocol/sign.ts'
import { fitsKey, type SignatureAlgorithm, signatureNamed, toRawEcdsa } from '../protocol/signature-algorithms.ts'
import type { SignatureDocuments } from '../protocol/signature-documents.ts'
import { type Certificate, readCertificate } from '../trust/certificates.ts'
import { buildChains, type PartDigest, SIGNATURE_CHAIN } from './hash-chain.ts'
import { CHAIN_RESULT } from './signature-names.ts'
import {
  type CertificateFact,
  canonicalProperties,
  canonicalSignedInfo,
  documentText,
  OURS,
  type SignatureFacts,
} from './signature-template.ts'
import { HOLE, TextFrame } from './text-frame.ts'

/**
 * What a member signs with. `key` is its name with the key's holder; certificates and OCSP responses are DER.
 * `intermediates` run from the signer's issuer upwards, the root left out; `ocsp` has the signer's response first, then theirs.
 */
export type SigningMaterial = {
  readonly key: string
  readonly algorithm: SignatureName
  readonly certificate: Uint8Array
  readonly intermediates: readonly Uint8Array[]
  readonly ocsp: readonly Uint8Array[]
}

/** Message parts and certificates are always digested with SHA-512: stock receivers refuse a chain with any other. */
const SHA512 = digestNamed('SHA-512') as Digest

/**
 * Signs one message: directly when it has one part, through a hash chain when it has more.
 *
 * @param parts '/message.xml' first, then '/attachment1' and on
 * @param at the signing time that goes into the signature
 * Throws when the key's holder refuses or the material is unusable: then nothing was signed.
 */
export async function sealMessage(
  parts: readonly PartDigest[],
  material: SigningMaterial,
  sign: Sign,
  at: Instant,
): Promise<SignatureDocuments> {
  const [documents] = await sealBatch([parts], material, sign, at)
  return documents as SignatureDocuments
}

/** One signature over many messages: they share signature and result, and each has its own chain. In the order given. */
export async function sealBatch(
  messages: readonly (readonly PartDigest[])[],
  material: SigningMaterial,
  sign: Sign,
  at: Instant,
): Promise<readonly SignatureDocuments[]> {
  const [only] = messages
  if (messages.length === 1 && only?.length === 1) {
    const [{ name, sha512: digest }] = only as readonly [PartDigest]
    return [{ signature: await signatureOver(name, digest, material, sign, at) }]
  }
  const { result, chains } = buildChains(messages, SIGNATURE_CHAIN)
  const signature = await signatureOver(CHAIN_RESULT, sha512(result), material, sign, at)
  return chains.map((chain) => ({ signature, chain: { result, chain } }))
}

async function signatureOver(uri: string, digest: Uint8Array, material: SigningMaterial, sign: Sign, at: Instant): Promise<Uint8Array> {
  const { algorithm, certificate, properties, signedInfo, document } = formFor(uri, material)
  const [reference, time] = [base64(digest), isoInstant(at)]
  const ofProperties = base64(sha512(properties.fill(time)))
  const raw = await sign(material.key, material.algorithm, hash(algorithm.digest, signedInfo.fill(reference, ofProperties)))
  return document.fill(reference, ofProperties, base64(signatureValue(raw, algorithm, certificate)), time)
}

/** What all signatures over one name, made with the same material, have in common. */
export type SignatureForm = {
  readonly algorithm: SignatureAlgorithm
  readonly certificate: Certificate
  /** Canonical octets; open is the signing time. */
  readonly properties: TextFrame
  /** Canonical octets; open are the digests of what is signed and of the properties. */
  readonly signedInfo: TextFrame
  /** The document; open are both digests, the value and the signing time. */
  readonly document: TextFrame
}
type KnownForm = { readonly by: Pick<SigningMaterial, 'algorithm' | 'intermediates' | 'ocsp'>; readonly form: SignatureForm }
const forms = new WeakMap<Uint8Array, Map<string, KnownForm>>()

/** A node signs with the same material until its OCSP response is a new one: the form is made once for each. */
function formFor(uri: string, material: SigningMaterial): SignatureForm {
  const known = forms.get(material.certificate) ?? new Map<string, KnownForm>()
  const last = known.get(uri)
  if (last && isSame(last.by, material)) return last.form
  const { algorithm, intermediates, ocsp } = material
  const form = newForm(uri, material)
  forms.set(material.certificate, known.set(uri, { by: { algorithm, intermediates, ocsp }, form }))
  return form
}

const isSame = (a: KnownForm['by'], b: KnownForm['by']): boolean =>
  a.algorithm === b.algorithm && sameOctets(a.intermediates, b.intermediates) && sameOctets(a.ocsp, b.ocsp)
const sameOctets = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((each, n) => each === b[n])

function newForm(uri: string, material: SigningMaterial): SignatureForm {
  const algorithm = signatureNamed(material.algorithm)
  if (!algorithm || algorithm.weak) throw new Error(`nothing is signed with ${material.algorithm}`)
  if (material.ocsp.length === 0) throw new Error('a signature needs an OCSP response for its certificate')
  const signer = signerOf(material.certificate)
  if (!fitsKey(algorithm, signer.certificate.publicKey)) throw new Error(`the key of the certificate is not for ${algorithm.name}`)
  const open = { method: SHA512.xmlUri, digest: HOLE }
  const facts: SignatureFacts = {
    signatureMethod: algorithm.xmlUri,
    reference: { uri, ...open },
    properties: open,
    signingTime: HOLE,
    signer: signer.fact,
    value: HOLE,
    certificate: signer.base64,
    intermediates: material.intermediates.map(signerOf).map(({ fact, base64: certificate }) => ({ ...fact, certificate })),
    ocsp: material.ocsp.map(base64),
    late: 0,
  }
  return {
    algorithm,
    certificate: signer.certificate,
    properties: new TextFrame(canonicalProperties(facts), 1),
    signedInfo: new TextFrame(canonicalSignedInfo(facts), 2),
    document: new TextFrame(documentText(facts, OURS), 4),
  }
}

/** ECDSA comes from the key's holder as DER and goes into XML as r‖s with full halves (XML Signature 1.1 §6.4.3). */
const signatureValue = (raw: Uint8Array, { kind }: SignatureAlgorithm, { publicKey }: Certificate): Uint8Array =>
  kind === 'ecdsa' ? toRawEcdsa(raw, publicKey) : raw

type Signer = { readonly certificate: Certificate; readonly base64: string; readonly fact: CertificateFact }
function signerOf(der: Uint8Array): Signer {
  const read = readCertificate(der)
  if (!read.ok) throw new Error(`the signing material holds no certificate: ${read.fault.detail}`)
  const { issuer, serial } = read.value
  const fact = { method: SHA512.xmlUri, digest: base64(sha512(der)), issuer: issuer.text, serial: serial.toString() }
  return { certificate: read.value, base64: base64(der), fact }
}
