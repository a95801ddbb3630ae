import { createPrivateKey, X509Certificate } from 'node:crypto'
import { signDigest } from '../../src/adapters/local/digest-signature.ts'
import type { Sign, SignatureName } from '../../src/protocol/sign.ts'
import { type SignatureAlgorithm, signatureNamed } from '../../src/protocol/signature-algorithms.ts'
import type { DirectorySigner } from '../../src/trust/write-signed-directory.ts'
import { selfSigned } from '../local/self-signed.ts'

export type TestSigner = { readonly signer: DirectorySigner; readonly sign: Sign; readonly pem: string }
const made = new Map<string, TestSigner>()

/** A configuration-signing key with a self-signed certificate, made once per kind. */
export function directorySigner(algorithm: SignatureName = 'rsa-sha512', kind: 'rsa' | 'ec' = 'rsa'): TestSigner {
  const key = `${algorithm} ${kind}`
  const known = made.get(key) ?? makeSigner(algorithm, kind)
  made.set(key, known)
  return known
}

function makeSigner(algorithm: SignatureName, kind: 'rsa' | 'ec'): TestSigner {
  const credentials = selfSigned(`configuration ${algorithm}`, kind)
  const privateKey = createPrivateKey(credentials.key)
  return {
    pem: credentials.certificate,
    signer: { key: 'conf', algorithm, certificate: new X509Certificate(credentials.certificate).raw },
    sign: async (_key, name, digest) => signDigest(privateKey, signatureNamed(name) as SignatureAlgorithm, digest),
  }
}
