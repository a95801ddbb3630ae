import { readTimestampReply, timestampQuery, verifyToken, withCertificate } from '../../src/evidence/timestamp.ts'
import { issueToken } from '../../src/evidence/timestamp-authority.ts'
import { readTimestampQuery } from '../../src/evidence/timestamp-query.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import type { Outcome } from '../../src/protocol/faults.ts'
import { dnsNamesOf, ocspAddressesOf } from '../../src/trust/certificate-extensions.ts'
import { buildPath, readCertificate } from '../../src/trust/certificates.ts'
import { certificateRequest, issueOcspResponse, readCertificateRequest } from '../../src/trust/issue.ts'
import { judgeOcsp, ocspRequest, readOcspRequest } from '../../src/trust/ocsp.ts'
import { certIdFor } from '../../src/trust/ocsp-response.ts'
import { issued, NOON, newKey, sign, spkiOf, trustIn } from '../trust/authority.ts'
import { type Seeded, seeded } from './seeded.ts'

export type PkiFigures = {
  readonly seed: number
  readonly cases: number
  readonly accepted: number
  readonly refused: number
  readonly slowestMs: number
}

/**
 * A reader with something good for it, and whether each octet must count: an OCSP response and a token under strict, a signed request.
 */
type Target = { readonly name: string; readonly good: Uint8Array; readonly read: (bytes: Uint8Array) => boolean; readonly counts: boolean }

/**
 * `count` damaged certificates, requests, OCSP messages and time stamps, every fourth one left whole. Nothing throws; what is whole is accepted;
 * of the kinds in which every octet counts nothing damaged is. Throws at the first case that breaks a rule.
 */
export async function run(count: number, seed: number): Promise<PkiFigures> {
  const random = seeded(seed)
  const targets = await goodOnes()
  let accepted = 0
  let slowestMs = 0
  for (let index = 0; index < count; index++) {
    const { name, good, read, counts } = targets[index % targets.length] as Target
    const bytes = random.chance(0.25) ? good : damaged(good, random)
    const whole = Buffer.compare(bytes, good) === 0
    const before = performance.now()
    const passed = read(bytes)
    slowestMs = Math.max(slowestMs, performance.now() - before)
    const where = `seed ${seed}, case ${index}, ${name}`
    if (whole && !passed) throw new Error(`${where}: refused though whole`)
    if (counts && passed && !whole) throw new Error(`${where}: accepted though damaged: ${Buffer.from(bytes).toString('hex')}`)
    if (passed) accepted++
  }
  return { seed, cases: count, accepted, refused: count - accepted, slowestMs: Math.round(slowestMs) }
}

const DATA = Buffer.from('what was said')

async function goodOnes(): Promise<readonly Target[]> {
  const ca = await issued('c-ca', { use: 'root', subject: [['CN', 'CA']] })
  const names = { dns: ['nodo.example'] }
  const member = await issued(
    'c-member',
    {
      use: 'authentication',
      subject: [
        ['C', 'QRO'],
        ['O', 'GOB'],
        ['CN', 'DIF'],
      ],
      names,
      algorithm: 'ecdsa-sha256',
    },
    ca,
  )
  const responder = await issued('c-ocsp', { use: 'ocsp', subject: [['CN', 'OCSP']], algorithm: 'pss-sha256' }, ca)
  const stamper = await issued('c-tsa', { use: 'timestamping', subject: [['CN', 'TSA']] }, ca)
  const trust = trustIn([{ ca: ca.certificate }], [stamper.certificate])
  const answer = { certId: certIdFor(member.certificate, ca.certificate), status: { kind: 'good' as const }, thisUpdate: NOON }
  const query = timestampQuery(sha512(DATA))
  const reply = await issueToken(query, { ...stamper, serial: 1n, at: NOON, policy: '1.2.3' }, sign)
  const token = must(withCertificate(must(readTimestampReply(reply, sha512(DATA))), stamper.certificate))
  const asked = {
    subject: member.certificate.subject.der,
    publicKey: spkiOf(newKey('c-request', 'rsa-sha256')),
    use: 'authentication' as const,
    names,
  }
  const authorities = [stamper.certificate]
  return [
    { name: 'certificate', counts: false, good: member.certificate.der, read: (bytes) => certificateReads(bytes, ca.certificate) },
    {
      name: 'OCSP request',
      counts: false,
      good: ocspRequest(member.certificate, ca.certificate),
      read: (bytes) => readOcspRequest(bytes).ok,
    },
    { name: 'time stamp query', counts: false, good: query, read: (bytes) => readTimestampQuery(bytes).ok },
    { name: 'time stamp reply', counts: false, good: reply, read: (bytes) => readTimestampReply(bytes, sha512(DATA)).ok },
    {
      name: 'OCSP response',
      counts: true,
      good: await issueOcspResponse({ producedAt: NOON, answers: [answer] }, responder, sign),
      read: (bytes) => subset((profile) => judgeOcsp([bytes], member.certificate, trust, NOON, profile)),
    },
    {
      name: 'token',
      counts: true,
      good: token,
      read: (bytes) => subset((profile) => verifyToken(bytes, DATA, authorities, { strict: profile === 'strict' })),
    },
    {
      name: 'certificate request',
      counts: true,
      good: await certificateRequest(asked, { key: 'c-request', algorithm: 'rsa-sha256' }, sign),
      read: (bytes) => readCertificateRequest(bytes).ok,
    },
  ]
}

const must = <T>(outcome: Outcome<T>): T => {
  if (!outcome.ok) throw new Error(outcome.fault.detail)
  return outcome.value
}

/** Strict refuses more than stock, never less. */
function subset(judge: (profile: 'stock' | 'strict') => Outcome<unknown>): boolean {
  const [stock, strict] = [judge('stock').ok, judge('strict').ok]
  if (strict && !stock) throw new Error('strict accepts what stock refuses')
  return strict
}

function certificateReads(bytes: Uint8Array, issuer: Parameters<typeof buildPath>[0]): boolean {
  const certificate = readCertificate(bytes)
  if (!certificate.ok) return false
  const { extensions } = certificate.value
  dnsNamesOf(extensions)
  ocspAddressesOf(extensions)
  const path = buildPath(certificate.value, [issuer], [], NOON)
  if (path.ok && Buffer.compare(path.value[0]?.tbs ?? bytes, certificate.value.tbs) !== 0) throw new Error('a path of another certificate')
  return true
}

const TAGS = [0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x0c, 0x30, 0x31, 0x80, 0xa0, 0xa1, 0xff]

function damaged(good: Uint8Array, random: Seeded): Uint8Array {
  const out = Buffer.from(good)
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(out.length)
    const how = random.below(4)
    if (how === 0) out[at] = random.below(256)
    else if (how === 1) out[at] = (out[at] as number) ^ (1 << random.below(8))
    else if (how === 2) out[at] = random.pick(TAGS)
    else out.copy(out, at, random.below(out.length), Math.min(out.length, at + 8))
  }
  return out
}
