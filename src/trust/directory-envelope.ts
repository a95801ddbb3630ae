import { ok } from '../base/result.ts'
import { type Digest, digestByUri, hash } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { signatureByUri, verifySignature } from '../protocol/signature-algorithms.ts'
import type { Certificate } from './certificates.ts'
import { readConfiguredCertificate } from './pem.ts'
import { DIRECTORY_LIMITS, type MimePart, splitEntity, splitParts, withParameters } from './signed-directory-mime.ts'
import { readBase64 } from './xml-values.ts'

/** 'stock' also takes SHA-1 and MD5, as stock clients do. */
export type DirectoryRules = { readonly weak: 'refused' | 'accepted' }

/** The two parts of the outer multipart. `signed` are the octets under the signature, with the boundary that divides them. */
export type Envelope = { readonly signed: MimePart; readonly signature: MimePart }

export function readEnvelope(bytes: Uint8Array): Outcome<Envelope> {
  if (bytes.length > DIRECTORY_LIMITS.bytes) return refuse('mime_parsing_failed', `larger than ${DIRECTORY_LIMITS.bytes} bytes`)
  const entity = splitEntity(bytes)
  if (!entity.ok) return entity
  const outer = partsIn(entity.value)
  if (!outer.ok) return outer
  const [signed, signature, another] = outer.value.parts
  if (!signed || !signature || another || !outer.value.closed) return refuse('mime_parsing_failed', 'not a signed part and its signature')
  return ok({ signed, signature })
}

export function partsIn(entity: MimePart): Outcome<{ parts: readonly MimePart[]; closed: boolean }> {
  const type = withParameters(entity.headers.get('content-type') ?? '')
  const boundary = type.parameters.get('boundary')
  if (!/^multipart\//i.test(type.value) || !boundary || boundary.length > 70)
    return refuse('mime_parsing_failed', 'not a multipart with a boundary')
  return splitParts(entity.body, boundary)
}

export function checkSignature(
  { signed, signature }: Envelope,
  certificates: readonly Uint8Array[],
  rules: DirectoryRules,
): Outcome<Certificate> {
  const fields = fieldsOf(signature, ['signature-algorithm-id', 'verification-certificate-hash'])
  if (!fields.ok) return fields
  const [algorithmId, named] = fields.value as [string, string]
  const { value, parameters } = withParameters(named)
  const digest = digestFor(parameters.get('hash-algorithm-id'), rules)
  if (!digest.ok) return digest
  const wanted = readBase64(value)
  const der = wanted && certificates.find((each) => Buffer.from(hash(digest.value, each)).equals(wanted))
  if (!der)
    return refuse('global_conf_missing_verification_cert', `no certificate given has the ${digest.value.name} ${value.slice(0, 100)}`)
  const certificate = readConfiguredCertificate(der)
  if (!certificate.ok) return certificate
  const algorithm = signatureByUri(algorithmId)
  if (!algorithm) return refuse('unsupported_sign_algorithm', algorithmId.slice(0, 100))
  if (algorithm.weak && rules.weak === 'refused') return refuse('weak_algorithm', algorithm.name)
  const bytes = readBase64(Buffer.from(signature.body).toString('latin1'))
  const holds = bytes !== undefined && verifySignature(algorithm, certificate.value.publicKey, signed.body, bytes, 'der')
  return holds ? certificate : refuse('global_conf_signature_verification_failure', 'the signature does not hold over the signed octets')
}

/** The named fields of a part that holds base64 of octets. */
export function fieldsOf({ headers }: MimePart, names: readonly string[]): Outcome<readonly string[]> {
  const missing = ['content-type', 'content-transfer-encoding', ...names].find((name) => !headers.get(name))
  if (missing) return refuse('global_conf_header_field_missing', missing)
  if (headers.get('content-type') !== 'application/octet-stream' || headers.get('content-transfer-encoding') !== 'base64')
    return refuse('malformed_global_conf', 'a part that is not base64 of octets')
  return ok(names.map((name) => headers.get(name) as string))
}

export function digestFor(uri: string | undefined, rules: DirectoryRules): Outcome<Digest> {
  const digest = digestByUri(uri ?? '')
  if (!digest) return refuse('malformed_global_conf', `unknown digest algorithm ${uri?.slice(0, 100)}`)
  return digest.weak && rules.weak === 'refused' ? refuse('weak_algorithm', digest.name) : ok(digest)
}
