import { Buffer } from 'node:buffer'
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
  const algorithm = signatureNamed(material.algorithm)
  if (!algorithm || algorithm.weak) throw new Error(`nothing is signed with ${material.algorithm}`)
  if (material.ocsp.length === 0) throw new Error('a signature needs an OCSP response for its certificate')
  const signer = signerOf(material.certificate)
  if (!fitsKey(algorithm, signer.certificate.publicKey)) throw new Error(`the key of the certificate is not for ${algorithm.name}`)
  const base = {
    signatureMethod: algorithm.xmlUri,
    reference: { uri, method: SHA512.xmlUri, digest: base64(digest) },
    signingTime: isoInstant(at),
    signer: signer.fact,
  }
  const properties = { method: SHA512.xmlUri, digest: base64(sha512(canonicalProperties(base))) }
  const raw = await sign(material.key, material.algorithm, hash(algorithm.digest, canonicalSignedInfo({ ...base, properties })))
  const facts: SignatureFacts = {
    ...base,
    properties,
    value: base64(signatureValue(raw, algorithm, signer.certificate)),
    certificate: signer.base64,
    intermediates: material.intermediates.map((der) => ({ ...signerOf(der).fact, certificate: signerOf(der).base64 })),
    ocsp: material.ocsp.map(base64),
    late: 0,
  }
  return Buffer.from(documentText(facts, OURS), 'utf8')
}

/** ECDSA comes from the key's holder as DER and goes into XML as r‖s with full halves (XML Signature 1.1 §6.4.3). */
const signatureValue = (raw: Uint8Array, { kind }: SignatureAlgorithm, { publicKey }: Certificate): Uint8Array =>
  kind === 'ecdsa' ? toRawEcdsa(raw, publicKey) : raw

type Signer = { readonly certificate: Certificate; readonly base64: string; readonly fact: CertificateFact }
/** A node signs with the same few certificates again and again: what is written about one is made once. */
const signers = new WeakMap<Uint8Array, Signer>()

function signerOf(der: Uint8Array): Signer {
  const known = signers.get(der)
  if (known) return known
  const read = readCertificate(der)
  if (!read.ok) throw new Error(`the signing material holds no certificate: ${read.fault.detail}`)
  const { issuer, serial } = read.value
  const fact = { method: SHA512.xmlUri, digest: base64(sha512(der)), issuer: issuer.text, serial: serial.toString() }
  const signer = { certificate: read.value, base64: base64(der), fact }
  signers.set(der, signer)
  return signer
}
