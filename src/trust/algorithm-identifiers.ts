import { type Digest, digestByOid } from '../protocol/digests.ts'
import { type SignatureAlgorithm, signatureNamed } from '../protocol/signature-algorithms.ts'
import { bytesOf, constructed, type Der, INTEGER, NULL, OID, SEQUENCE } from './der.ts'
import { fieldsOf, inside, oidOf, sameBytes, smallOf } from './der-values.ts'
import { context, integer, nil, oid, sequence } from './der-write.ts'

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'
const RSASSA_PSS = '1.2.840.113549.1.1.10'
const MGF1 = '1.2.840.113549.1.1.8'

/** RFC 8017 appendix A.2.4 and RFC 5758 §3. PSS is told by its parameters. */
const SIGNATURES: ReadonlyMap<string, SignatureAlgorithm['name']> = new Map([
  ['1.2.840.113549.1.1.5', 'rsa-sha1'],
  ['1.2.840.113549.1.1.14', 'rsa-sha224'],
  ['1.2.840.113549.1.1.11', 'rsa-sha256'],
  ['1.2.840.113549.1.1.12', 'rsa-sha384'],
  ['1.2.840.113549.1.1.13', 'rsa-sha512'],
  ['1.2.840.10045.4.1', 'ecdsa-sha1'],
  ['1.2.840.10045.4.3.1', 'ecdsa-sha224'],
  ['1.2.840.10045.4.3.2', 'ecdsa-sha256'],
  ['1.2.840.10045.4.3.3', 'ecdsa-sha384'],
  ['1.2.840.10045.4.3.4', 'ecdsa-sha512'],
] as const)
const OIDS: ReadonlyMap<string, string> = new Map([...SIGNATURES].map(([dotted, name]) => [name, dotted]))

/**
 * An AlgorithmIdentifier as read. `signature` and `digest` are set when we know the algorithm; its parameters are then the ones its
 * definition allows.
 */
export type AlgorithmIdentifier = {
  readonly oid: string
  readonly der: Uint8Array
  readonly signature?: SignatureAlgorithm
  readonly digest?: Digest
}

/** Reads an AlgorithmIdentifier (RFC 5280 §4.1.1.2). Throws DerMismatch when it is none; an unknown algorithm is fine. */
export function algorithmOf(found: Der): AlgorithmIdentifier {
  const fields = fieldsOf(found, 'algorithm')
  const dotted = oidOf(fields.next(OID, 'identifier'))
  const parameters = fields.rest()[0]
  const plain = parameters === undefined || (parameters.tag === NULL && parameters.to === parameters.from)
  const signature = dotted === RSASSA_PSS ? pssOf(parameters) : plain ? signatureNamed(SIGNATURES.get(dotted) ?? '') : undefined
  const digest = plain ? digestByOid(dotted) : undefined
  return { oid: dotted, der: bytesOf(found), ...(signature && { signature }), ...(digest && { digest }) }
}

/** A CMS signer may name the bare key algorithm and leave the digest to its digestAlgorithm (RFC 5754 §3.2). */
export function signerAlgorithm(signature: AlgorithmIdentifier, digest: Digest): SignatureAlgorithm | undefined {
  if (signature.oid !== RSA_ENCRYPTION) return signature.signature
  return signatureNamed(`rsa-${digest.node}`)
}

/** RSASSA-PSS-params (RFC 4055 §3.1): MGF1 with the same digest, salt as long as the digest. Anything else is unknown to us. */
function pssOf(parameters: Der | undefined): SignatureAlgorithm | undefined {
  if (parameters?.tag !== SEQUENCE) return undefined
  const fields = fieldsOf(parameters, 'PSS parameters')
  const hashField = fields.optional(constructed(0))
  const maskField = fields.optional(constructed(1))
  const saltField = fields.optional(constructed(2))
  if (!hashField || !maskField || !saltField || fields.rest().length > 1) return undefined // defaults mean SHA-1
  const { digest } = algorithmOf(inside(hashField, SEQUENCE, 'PSS digest'))
  const mask = fieldsOf(inside(maskField, SEQUENCE, 'PSS mask'), 'PSS mask')
  const isMgf1 = oidOf(mask.next(OID, 'identifier')) === MGF1
  const maskDigest = algorithmOf(mask.next(SEQUENCE, 'digest')).digest
  const salt = smallOf(inside(saltField, INTEGER, 'PSS salt'))
  return digest && isMgf1 && maskDigest === digest && salt === digest.bytes ? signatureNamed(`pss-${digest.node}`) : undefined
}

/** The AlgorithmIdentifier of a row, as we write it: RSA with NULL, ECDSA without parameters (RFC 4055 §5, RFC 5758 §3.2). */
export function signatureIdentifier(algorithm: SignatureAlgorithm): Uint8Array {
  if (algorithm.kind === 'pss') return pssIdentifier(algorithm.digest)
  const dotted = OIDS.get(algorithm.name)
  if (dotted === undefined) throw new Error(`${algorithm.name} has no object identifier`)
  return algorithm.kind === 'rsa' ? sequence(oid(dotted), nil()) : sequence(oid(dotted))
}

function pssIdentifier(digest: Digest): Uint8Array {
  const hashed = digestIdentifier(digest)
  const parameters = sequence(context(0, hashed), context(1, sequence(oid(MGF1), hashed)), context(2, integer(digest.bytes)))
  return sequence(oid(RSASSA_PSS), parameters)
}

/** The AlgorithmIdentifier of a digest with an explicit NULL: what stock X-Road compares CertIDs and imprints with. */
export const digestIdentifier = (digest: Digest): Uint8Array => sequence(oid(digest.oid), nil())

/**
 * Whether a signature AlgorithmIdentifier is written in the one way its definition gives, so that no octet of it is free.
 * An RSA signer of a CMS may also name the bare key algorithm, with NULL.
 */
export function isCanonicalSignature(found: AlgorithmIdentifier, algorithm: SignatureAlgorithm): boolean {
  if (found.oid === RSA_ENCRYPTION) return algorithm.kind === 'rsa' && sameBytes(found.der, sequence(oid(RSA_ENCRYPTION), nil()))
  return sameBytes(found.der, signatureIdentifier(algorithm))
}

/** A digest AlgorithmIdentifier with NULL or without parameters: RFC 5754 §2 lets both stand. */
export const isCanonicalDigest = (found: AlgorithmIdentifier, digest: Digest): boolean =>
  sameBytes(found.der, digestIdentifier(digest)) || sameBytes(found.der, sequence(oid(digest.oid)))
