import { createECDH, type KeyObject, randomBytes } from 'node:crypto'

/** Orders of the curves; SEC 2 §2.4.2 and §2.5.1. */
const CURVES: Readonly<Record<string, { readonly octets: number; readonly order: bigint }>> = {
  prime256v1: { octets: 32, order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n },
  secp384r1: {
    octets: 48,
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
}

/**
 * ECDSA over a ready digest (FIPS 186-5 §6.4.1), for a laptop's software keys: node:crypto has no such call. OpenSSL makes the one-time key
 * and its point; the arithmetic on top is blinded by a random factor, since big integers here do not take constant time.
 * @returns ECDSA-Sig-Value in DER. Throws for curves other than P-256 and P-384.
 */
export function signEcdsaDigest(key: KeyObject, digest: Uint8Array): Uint8Array {
  const name = key.asymmetricKeyDetails?.namedCurve ?? ''
  const curve = CURVES[name]
  if (!curve) throw new Error(`signing with curve ${name} is not supported`)
  const { octets, order } = curve
  const secret = numberOf(Buffer.from(key.export({ format: 'jwk' }).d as string, 'base64url'))
  const value = numberOf(digest.subarray(0, octets)) % order
  for (;;) {
    const once = createECDH(name)
    const point = once.generateKeys()
    const k = numberOf(once.getPrivateKey())
    const r = numberOf(point.subarray(1, 1 + octets)) % order
    const blind = (numberOf(randomBytes(octets)) % (order - 1n)) + 1n
    const s = (inverse((k * blind) % order, order) * ((blind * value + ((blind * secret) % order) * r) % order)) % order
    if (r !== 0n && s !== 0n) return sequence(integer(r, octets), integer(s, octets))
  }
}

const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`)

/** Extended Euclid; `of` is not zero and the order is prime. */
function inverse(of: bigint, order: bigint): bigint {
  let [a, b, x, y] = [of, order, 1n, 0n]
  while (b !== 0n) {
    const quotient = a / b
    ;[a, b] = [b, a - quotient * b]
    ;[x, y] = [y, x - quotient * y]
  }
  return ((x % order) + order) % order
}

function integer(value: bigint, octets: number): Buffer {
  const padded = Buffer.from(value.toString(16).padStart(2 * octets + 2, '0'), 'hex')
  let first = 0
  while (padded[first] === 0 && (padded[first + 1] as number) < 0x80) first++
  const body = padded.subarray(first)
  return Buffer.concat([Buffer.from([0x02, body.length]), body])
}

function sequence(...items: readonly Buffer[]): Uint8Array {
  const body = Buffer.concat(items)
  return Buffer.concat([Buffer.from([0x30, body.length]), body])
}
