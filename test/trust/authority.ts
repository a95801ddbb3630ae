import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { signDigest } from '../../src/adapters/local/digest-signature.ts'
import { type Instant, instant, later } from '../../src/base/clock.ts'
import type { Sign, SignatureName } from '../../src/protocol/sign.ts'
import { signatureNamed } from '../../src/protocol/signature-algorithms.ts'
import { type Certificate, readCertificate } from '../../src/trust/certificates.ts'
import { type CertificateUse, issueCertificate } from '../../src/trust/issue.ts'
import { type AttributeName, writeName } from '../../src/trust/names.ts'
import { profileClass } from '../../src/trust/profiles.ts'
import type { SharedParameters } from '../../src/trust/shared-parameters.ts'
import type { Authority } from '../../src/trust/sign-der.ts'
import { type Trust, trustOf } from '../../src/trust/trust.ts'
import type { AlternativeNames } from '../../src/trust/write-extensions.ts'

export const NOON = instant(Date.UTC(2026, 10, 24, 12, 0, 0))
const YEAR = 365 * 24 * 3600_000

const keys = new Map<string, KeyObject>()

/** Software keys made in the test; the name says nothing but which. */
export const sign: Sign = async (name, algorithm, digest) => {
  const key = keys.get(name)
  const row = signatureNamed(algorithm)
  if (!key || !row) throw new Error(`no key ${name} or algorithm ${algorithm}`)
  return signDigest(key, row, digest)
}

export function newKey(name: string, algorithm: SignatureName): KeyObject {
  const { privateKey } = algorithm.startsWith('ecdsa')
    ? generateKeyPairSync('ec', { namedCurve: algorithm.endsWith('384') ? 'secp384r1' : 'prime256v1' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 })
  keys.set(name, privateKey)
  return privateKey
}

export const spkiOf = (privateKey: KeyObject): Uint8Array => createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
export const privateKeyOf = (name: string): KeyObject => keys.get(name) as KeyObject

export type Wish = {
  readonly use: CertificateUse
  readonly subject: readonly (readonly [AttributeName, string])[]
  readonly algorithm?: SignatureName
  readonly notBefore?: Instant
  readonly notAfter?: Instant
  readonly names?: AlternativeNames
  readonly serial?: bigint
}

let serials = 0x1000n

/** A fresh key with a certificate from `by`, or from itself: ready to issue in turn. */
export async function issued(name: string, wish: Wish, by?: Authority): Promise<Authority> {
  const algorithm = wish.algorithm ?? 'rsa-sha256'
  const publicKey = spkiOf(newKey(name, algorithm))
  const { use, subject, notBefore = later(NOON, -YEAR), notAfter = later(NOON, YEAR), names, serial = ++serials } = wish
  const order = { use, serial, subject: writeName(subject), publicKey, notBefore, notAfter, ...(names && { names }) }
  const der = await issueCertificate(order, by ?? { key: name, algorithm }, sign)
  return { key: name, algorithm, certificate: certificate(der) }
}

export function certificate(der: Uint8Array): Certificate {
  const read = readCertificate(der)
  if (!read.ok) throw new Error(read.fault.detail)
  return read.value
}

/** A configuration of instance QRO that lists these authorities, each with its responders, and these stampers. */
export function trustIn(
  cas: readonly { readonly ca: Certificate; readonly responders?: readonly Certificate[] }[],
  stampers: readonly Certificate[] = [],
  verifyNextUpdate = true,
): Trust {
  const parameters: SharedParameters = {
    version: 6,
    instance: 'QRO',
    sources: [],
    approvedCas: cas.map(({ ca, responders = [] }) => ({
      name: ca.subject.text,
      authenticationOnly: false,
      profile: profileClass('Ejbca'),
      top: { certificate: ca, ocsp: responders.map((responder) => ({ url: 'http://ocsp.example', certificate: responder })) },
      intermediates: [],
    })),
    approvedTsas: stampers.map((stamper) => ({ name: stamper.subject.text, url: 'http://tsa.example', certificate: stamper })),
    members: [],
    servers: [],
    globalGroups: [],
    memberClasses: [],
    ocspFreshnessSeconds: 3600,
    sha512: '00',
  }
  return trustOf('QRO', [parameters], verifyNextUpdate)
}
