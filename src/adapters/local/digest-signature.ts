import { constants, createHash, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto'
import type { Digest } from '../../protocol/digests.ts'
import type { SignatureAlgorithm } from '../../protocol/signature-algorithms.ts'
import { signEcdsaDigest } from './ecdsa-digest.ts'

/**
 * A signature over a digest that was made elsewhere, as a key service gives it (node:crypto only signs what it digests itself).
 * @returns RSA: as long as the modulus; ECDSA: DER
 */
export function signDigest(key: KeyObject, algorithm: SignatureAlgorithm, digest: Uint8Array): Uint8Array {
  if (digest.length !== algorithm.digest.bytes)
    throw new Error(`${algorithm.name} signs ${algorithm.digest.bytes} octets, not ${digest.length}`)
  if (algorithm.kind === 'ecdsa') return signEcdsaDigest(key, digest)
  // PKCS #1 v1.5, unless the key comes with another padding: Node throws and catches an error on its way to a key that comes with anything.
  if (algorithm.kind === 'rsa') return privateEncrypt(key, Buffer.concat([digestInfoHead(algorithm.digest), digest]))
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, pssEncoded(key, algorithm.digest, digest))
}

/** DER of DigestInfo up to the octets of the digest itself; RFC 8017 §9.2, note 1. */
function digestInfoHead({ oid, bytes }: Digest): Uint8Array {
  const last = Number(oid.slice(oid.lastIndexOf('.') + 1)) // 2.16.840.1.101.3.4.2.n
  return Buffer.from([0x30, 17 + bytes, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last, 5, 0, 4, bytes])
}

/** RFC 8017 §9.1.1, EMSA-PSS with MGF1 of the same digest and a salt as long as the digest; filled with zeros to the modulus. */
function pssEncoded(key: KeyObject, { node, bytes }: Digest, digest: Uint8Array): Uint8Array {
  const bits = (key.asymmetricKeyDetails?.modulusLength ?? 0) - 1
  const length = Math.ceil(bits / 8)
  const salt = randomBytes(bytes)
  const seed = createHash(node).update(Buffer.alloc(8)).update(digest).update(salt).digest()
  const block = Buffer.alloc(length - bytes - 1)
  block[block.length - bytes - 1] = 1
  salt.copy(block, block.length - bytes)
  maskGeneration(node, seed, block.length).forEach((octet, index) => {
    block[index] = (block[index] as number) ^ octet
  })
  block[0] = (block[0] as number) & (0xff >> (8 * length - bits))
  const encoded = Buffer.concat([block, seed, Buffer.from([0xbc])])
  return Buffer.concat([Buffer.alloc(Math.ceil((bits + 1) / 8) - length), encoded])
}

/** RFC 8017 §B.2.1. */
function maskGeneration(node: string, seed: Uint8Array, length: number): Uint8Array {
  const pieces: Uint8Array[] = []
  for (let counter = 0, made = 0; made < length; counter++) {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    const piece = createHash(node).update(seed).update(count).digest()
    pieces.push(piece)
    made += piece.length
  }
  return Buffer.concat(pieces).subarray(0, length)
}
