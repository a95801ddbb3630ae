import { hash } from '../protocol/digests.ts'
import type { Sign, SignatureName } from '../protocol/sign.ts'
import { type SignatureAlgorithm, signatureNamed } from '../protocol/signature-algorithms.ts'
import { signatureIdentifier } from './algorithm-identifiers.ts'
import type { Certificate } from './certificates.ts'
import { bits, sequence } from './der-write.ts'

/** A key by its holder's name, and how it signs. */
export type SigningKey = { readonly key: string; readonly algorithm: SignatureName }

/** Who signs: an authority by its certificate. */
export type Authority = SigningKey & { readonly certificate: Certificate }

export function algorithmNamed(name: SignatureName): SignatureAlgorithm {
  const algorithm = signatureNamed(name)
  if (!algorithm) throw new Error(`no signature algorithm ${name}`)
  return algorithm
}

/** The AlgorithmIdentifier of a key, DER: it often stands inside what is signed, too. */
export const identifierOf = ({ algorithm }: SigningKey): Uint8Array => signatureIdentifier(algorithmNamed(algorithm))

/** The signature over `data` as X.509 keeps it: ECDSA stays DER. */
export const signData = (data: Uint8Array, { key, algorithm }: SigningKey, sign: Sign): Promise<Uint8Array> =>
  sign(key, algorithm, hash(algorithmNamed(algorithm).digest, data))

/** SEQUENCE { data, algorithm, signature }: a certificate, a request or a revocation list. */
export async function signedStructure(data: Uint8Array, by: SigningKey, sign: Sign): Promise<Uint8Array> {
  return sequence(data, identifierOf(by), bits(await signData(data, by, sign)))
}
