import { constants, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  isWeakKey,
  type SignatureAlgorithm,
  signatureByUri,
  signatureNamed,
  toRawEcdsa,
  verifySignature,
} from '../../src/protocol/signature-algorithms.ts'

const DATA = Buffer.from('<ds:SignedInfo/>')
const row = (name: string): SignatureAlgorithm => {
  const found = signatureNamed(name)
  if (!found) throw new Error(name)
  return found
}
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const p256 = ec('P-256')
const verifies = (name: string, key: KeyObject, signature: Uint8Array, encoding: 'raw' | 'der' = 'raw') =>
  verifySignature(row(name), createPublicKey(key), DATA, signature, encoding)
const raw = (key: KeyObject, node = 'sha512') => sign(node, DATA, { key, dsaEncoding: 'ieee-p1363' })

/** A PSS key that names its own digest, mask digest and least salt. (The types take the salt's length for a text.) */
const boundPair = (hashAlgorithm: string, mgf1HashAlgorithm: string, saltLength: number) =>
  generateKeyPairSync('rsa-pss', { modulusLength: 2048, hashAlgorithm, mgf1HashAlgorithm, saltLength: saltLength as unknown as string })

describe('signature algorithms', () => {
  test('are found by the URI exactly as written, and by their own name', () => {
    expect(signatureByUri('http://www.w3.org/2001/04/xmldsig-more#rsa-sha512')?.name).toBe('rsa-sha512')
    expect(signatureByUri('http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1')?.name).toBe('pss-sha512')
    expect(signatureByUri('http://www.w3.org/2000/09/xmldsig#rsa-sha1')?.weak).toBe(true)
    for (const unknown of [
      '',
      'http://www.w3.org/2001/04/xmldsig-more#rsa-md5',
      'http://www.w3.org/2001/04/xmldsig-more#RSA-SHA512',
      'constructor',
    ])
      expect(signatureByUri(unknown), unknown).toBeUndefined()
    expect(signatureNamed('constructor')).toBeUndefined()
  })

  test('RSA and PSS: only the right padding, digest and salt', () => {
    const pkcs1 = sign('sha512', DATA, rsa)
    const pss = (saltLength: number) => sign('sha512', DATA, { key: rsa, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
    expect([verifies('rsa-sha512', rsa, pkcs1), verifies('rsa-sha256', rsa, pkcs1), verifies('pss-sha512', rsa, pkcs1)]).toEqual([
      true,
      false,
      false,
    ])
    expect([verifies('pss-sha512', rsa, pss(64)), verifies('pss-sha512', rsa, pss(32)), verifies('rsa-sha512', rsa, pss(64))]).toEqual([
      true,
      false,
      false,
    ])
    expect(verifies('rsa-sha512', rsa, new Uint8Array(0))).toBe(false)
  })

  test('a PSS key that is bound to another digest or salt verifies nothing, and nothing throws', () => {
    const keys = [boundPair('sha256', 'sha256', 32), boundPair('sha512', 'sha1', 20), boundPair('sha512', 'sha512', 65)]
    for (const { publicKey } of keys) expect(verifySignature(row('pss-sha512'), publicKey, DATA, new Uint8Array(256), 'raw')).toBe(false)
    const { privateKey, publicKey } = boundPair('sha512', 'sha512', 64)
    const good = sign('sha512', DATA, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 })
    expect(verifySignature(row('pss-sha512'), publicKey, DATA, good, 'raw')).toBe(true)
  })

  test('keys are weak below 2048 bits of RSA and below a curve of 256 bits', () => {
    const weak = [
      generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey,
      createPublicKey(ec('secp224r1')),
      generateKeyPairSync('ed25519').publicKey,
    ]
    expect(weak.map(isWeakKey)).toEqual([true, true, true])
    expect([rsa, p256, ec('P-521')].map((key) => isWeakKey(createPublicKey(key)))).toEqual([false, false, false])
  })

  test('a key of another kind verifies nothing, and nothing throws', () => {
    expect(verifies('rsa-sha512', p256, raw(p256))).toBe(false)
    expect(verifies('ecdsa-sha512', rsa, sign('sha512', DATA, rsa))).toBe(false)
    const { publicKey } = generateKeyPairSync('ed25519')
    expect(verifySignature(row('ecdsa-sha512'), publicKey, DATA, new Uint8Array(64), 'raw')).toBe(false)
  })

  for (const [curve, octets] of [
    ['P-256', 32],
    ['P-384', 48],
    ['P-521', 66],
  ] as const)
    test(`ECDSA on ${curve}: raw and DER are two things`, () => {
      const key = ec(curve)
      const der = sign('sha512', DATA, key)
      expect(raw(key)).toHaveLength(2 * octets)
      expect([verifies('ecdsa-sha512', key, raw(key)), verifies('ecdsa-sha512', key, der, 'der')]).toEqual([true, true])
      expect([verifies('ecdsa-sha512', key, der), verifies('ecdsa-sha512', key, raw(key), 'der')]).toEqual([false, false])
      const written = toRawEcdsa(der, createPublicKey(key))
      expect(written).toHaveLength(2 * octets)
      expect(verifies('ecdsa-sha512', key, written)).toBe(true)
    })

  test('raw halves are padded when both lost a zero in front, and cut when they have zeros too many', () => {
    const shortKey = createPublicKey({ key: SHORT_KEY, format: 'der', type: 'spki' })
    expect(SHORT).toHaveLength(62)
    expect(verifySignature(row('ecdsa-sha512'), shortKey, DATA, SHORT, 'raw')).toBe(true)
    const full = raw(p256)
    const long = Buffer.concat([Buffer.alloc(2), full.subarray(0, 32), Buffer.alloc(2), full.subarray(32)])
    expect(verifies('ecdsa-sha512', p256, long)).toBe(true)
    const wrong = [
      full.subarray(1),
      full.subarray(0, 62),
      Buffer.concat([full, Buffer.alloc(2)]),
      Buffer.alloc(64),
      Buffer.alloc(0),
      Buffer.alloc(100_000, 1),
    ]
    for (const value of wrong) expect(verifies('ecdsa-sha512', p256, value)).toBe(false)
  })

  test('a DER value with octets behind it or padded integers is none', () => {
    const der = sign('sha512', DATA, p256)
    expect(verifies('ecdsa-sha512', p256, Buffer.concat([der, Buffer.alloc(1)]), 'der')).toBe(false)
    const padded = Buffer.concat([Buffer.from([0x30, (der[1] as number) + 1, 2, (der[3] as number) + 1, 0]), der.subarray(4)])
    expect(verifies('ecdsa-sha512', p256, padded, 'der')).toBe(false)
    for (const broken of [der.subarray(1), Buffer.concat([der, Buffer.alloc(1)]), Buffer.alloc(0), Buffer.from([0x30, 0])])
      expect(() => toRawEcdsa(broken, createPublicKey(p256))).toThrow('no ECDSA signature')
  })
})

/** A signature over DATA whose halves both begin with a zero octet, which stock servers then leave out: one in 65,536. */
const SHORT_KEY = Buffer.from(
  '3059301306072a8648ce3d020106082a8648ce3d03010703420004b67ff54402c5c8952607ab3cca070cc782336814c5adcf8bd195f59ac55a4a3513afb43b2eae0fec49e7a9581a1e21838e188d2527b0080b9e60a8f9d8f5bda7',
  'hex',
)
const SHORT = Buffer.from(
  '39119bb8ce9c96d3129761fce823bc1bd1ef12485049ed40821541b505665c078233594fefa1ca85e18edeae45d436a317866c20805c63a837e7d1d6f84d',
  'hex',
)
