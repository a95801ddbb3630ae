import { sign as signNow } from 'node:crypto'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Instant, instant, later } from '../../src/base/clock.ts'
import { loadTrust } from '../../src/cli/trust-folder.ts'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'
import { type Certificate, readCertificate } from '../../src/trust/certificates.ts'
import { type CertificateStatus, issueOcspResponse, type OcspOrder, ocspRefusal } from '../../src/trust/issue-ocsp.ts'
import { judgeOcsp, judgePath, type OcspProfile, ocspRequest, readOcspRequest, readOcspResponse } from '../../src/trust/ocsp.ts'
import { certIdFor, wrapBasicResponse } from '../../src/trust/ocsp-response.ts'
import type { Authority } from '../../src/trust/sign-der.ts'
import type { Trust } from '../../src/trust/trust.ts'
import { vector, vectors } from '../vectors.ts'
import { issued, NOON, privateKeyOf, sign, trustIn } from './authority.ts'

const SECONDS = 1000
const verdict = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : codeOf(outcome.fault))

let ca: Authority
let member: Authority
let listed: Authority
let unlisted: Authority
let noPurpose: Authority
let foreign: Authority
let trust: Trust

beforeAll(async () => {
  ca = await issued('ocsp-ca', { use: 'root', subject: [['CN', 'CA']] })
  member = await issued(
    'ocsp-member',
    {
      use: 'signing',
      subject: [
        ['C', 'QRO'],
        ['O', 'GOB'],
        ['CN', 'DIF'],
      ],
    },
    ca,
  )
  listed = await issued('ocsp-listed', { use: 'ocsp', subject: [['CN', 'listed responder']] }, ca)
  unlisted = await issued('ocsp-unlisted', { use: 'ocsp', subject: [['CN', 'unlisted responder']] }, ca)
  noPurpose = await issued('ocsp-no-purpose', { use: 'client', subject: [['CN', 'no responder']] }, ca)
  const otherCa = await issued('ocsp-other-ca', { use: 'root', subject: [['CN', 'other CA']] })
  foreign = await issued('ocsp-foreign', { use: 'ocsp', subject: [['CN', 'foreign responder']] }, otherCa)
  trust = trustIn([{ ca: ca.certificate, responders: [listed.certificate] }])
})

type Change = Partial<Omit<OcspOrder, 'answers'>> & {
  readonly by?: Authority
  readonly thisUpdate?: Instant
  readonly nextUpdate?: Instant
  readonly status?: CertificateStatus
  readonly certId?: Uint8Array
}

/** A good answer about the member of one minute ago, with one change. */
function answer(change: Change = {}): Promise<Uint8Array> {
  const { by = listed, thisUpdate = later(NOON, -60 * SECONDS), nextUpdate, status = { kind: 'good' }, certId, ...order } = change
  const id = certId ?? certIdFor(member.certificate, ca.certificate)
  const single = { certId: id, status, thisUpdate, ...(nextUpdate !== undefined && { nextUpdate }) }
  return issueOcspResponse({ producedAt: thisUpdate, ...order, answers: [single] }, by, sign)
}
const judge = (response: Uint8Array, profile: OcspProfile = 'strict') =>
  verdict(judgeOcsp([response], member.certificate, trust, NOON, profile))

const at = (seconds: number) => later(NOON, seconds * SECONDS)
const withoutNull = (id: Uint8Array): Uint8Array => {
  const text = Buffer.from(id).toString('hex').replace('300906052b0e03021a0500', '300706052b0e03021a')
  return Buffer.from(`30${(text.length / 2 - 2).toString(16)}${text.slice(4)}`, 'hex')
}

const LAW: readonly (readonly [what: string, change: () => Change, stock: string, strict: string])[] = [
  ['a good answer by a listed responder', () => ({}), 'ok', 'ok'],
  ['named by its key', () => ({ responder: 'key' }), 'ok', 'ok'],
  ['without certificates', () => ({ carried: [] }), 'ok', 'ok'],
  ['by the authority itself', () => ({ by: ca, carried: [] }), 'ok', 'ok'],
  ['by a responder that the authority made one', () => ({ by: unlisted }), 'ok', 'ok'],
  [
    'by that one, who does not show its certificate',
    () => ({ by: unlisted, carried: [] }),
    'incorrect_validation_info',
    'incorrect_validation_info',
  ],
  ['by a certificate that is for something else', () => ({ by: noPurpose }), 'incorrect_validation_info', 'incorrect_validation_info'],
  ['by a responder of another authority', () => ({ by: foreign }), 'incorrect_validation_info', 'incorrect_validation_info'],
  ['revoked', () => ({ status: { kind: 'revoked', at: at(-3600) } }), 'cert_validation', 'cert_validation'],
  ['unknown', () => ({ status: { kind: 'unknown' } }), 'cert_validation', 'cert_validation'],
  ['as old as the freshness', () => ({ thisUpdate: at(-3600) }), 'ok', 'ok'],
  ['a second older', () => ({ thisUpdate: at(-3601) }), 'incorrect_validation_info', 'incorrect_validation_info'],
  ['superseded now', () => ({ nextUpdate: NOON }), 'ok', 'ok'],
  ['superseded a second ago', () => ({ nextUpdate: at(-1) }), 'incorrect_validation_info', 'incorrect_validation_info'],
  [
    'revoked and too old: the age comes first',
    () => ({ thisUpdate: at(-3601), status: { kind: 'unknown' } }),
    'incorrect_validation_info',
    'incorrect_validation_info',
  ],
  ['about somebody else', () => ({ certId: certIdFor(listed.certificate, ca.certificate) }), 'cert_validation', 'cert_validation'],
  [
    'a certificate id without NULL',
    () => ({ certId: withoutNull(certIdFor(member.certificate, ca.certificate)) }),
    'cert_validation',
    'cert_validation',
  ],
  ['from a minute ahead', () => ({ thisUpdate: at(60) }), 'ok', 'ok'],
  ['from the future', () => ({ thisUpdate: at(61) }), 'ok', 'incorrect_validation_info'],
  ['signed before what it says', () => ({ producedAt: at(-200) }), 'ok', 'incorrect_validation_info'],
  ['signed in the future', () => ({ producedAt: at(3600) }), 'ok', 'incorrect_validation_info'],
  [
    'signed when its responder was not yet certified',
    () => ({ producedAt: instant(0), thisUpdate: at(-60) }),
    'ok',
    'incorrect_validation_info',
  ],
  [
    'carrying a certificate that has no part in it',
    () => ({ carried: [listed.certificate.der, member.certificate.der] }),
    'ok',
    'unaccounted_bytes',
  ],
  ['carrying its certificate twice', () => ({ carried: [listed.certificate.der, listed.certificate.der] }), 'ok', 'unaccounted_bytes'],
  ['carrying its certificate and that of the authority', () => ({ carried: [listed.certificate.der, ca.certificate.der] }), 'ok', 'ok'],
]

describe('an OCSP response', () => {
  for (const [what, change, stock, strict] of LAW)
    test(`${what}: stock ${stock}, strict ${strict}`, async () => {
      const response = await answer(change())
      expect([judge(response, 'stock'), judge(response, 'strict')]).toEqual([stock, strict])
    })

  test('in which the certificate comes second is not looked at', async () => {
    const single = (about: Authority) => ({
      certId: certIdFor(about.certificate, ca.certificate),
      status: { kind: 'good' as const },
      thisUpdate: at(-60),
    })
    const both = await issueOcspResponse({ producedAt: at(-60), answers: [single(listed), single(member)] }, listed, sign)
    expect(judge(both, 'stock')).toBe('cert_validation')
  })

  test('past its nextUpdate passes where the centre switched that check off', async () => {
    const lenient = trustIn([{ ca: ca.certificate, responders: [listed.certificate] }], [], false)
    const response = await answer({ nextUpdate: at(-1) })
    expect(verdict(judgeOcsp([response], member.certificate, lenient, NOON, 'stock'))).toBe('ok')
  })

  test('that is no answer, or no OCSP at all, or missing: each its own code', async () => {
    expect(judge(ocspRefusal('tryLater'))).toBe('internal_error')
    expect(judge(Buffer.from('no OCSP'))).toBe('malformed_signature')
    expect(verdict(judgeOcsp([], member.certificate, trust, NOON))).toBe('cert_validation')
    expect(verdict(judgeOcsp([await answer()], foreign.certificate, trust, NOON))).toBe('internal_error')
  })

  test('with more certificates than any responder sends is refused unread', async () => {
    const crowd = Array.from({ length: 50_000 }, () => Uint8Array.of(0x30, 0))
    const response = await answer()
    const read = readOcspResponse(response)
    if (!read.ok) throw new Error(read.fault.detail)
    const { tbs, algorithm, signature } = read.value
    expect(judge(wrapBasicResponse(tbs, algorithm.der, signature, crowd), 'stock')).toBe('malformed_signature')
  })

  test('among several is found; the verdict on a path is that on its first certificate', async () => {
    const other = await answer({ certId: certIdFor(listed.certificate, ca.certificate) })
    const good = await answer()
    expect(judgePath([member.certificate], [other, good], trust, NOON)).toMatchObject({ ok: true, value: { thisUpdate: at(-60) } })
    expect(verdict(judgePath([member.certificate], [other], trust, NOON))).toBe('invalid_cert_path.cert_validation')
  })

  test('signed with SHA-1 passes with stock servers and is weak in strict', async () => {
    const good = readOcspResponse(await answer())
    if (!good.ok) throw new Error(good.fault.detail)
    const { tbs, carried } = good.value
    const sha1Rsa = Buffer.from('300d06092a864886f70d0101050500', 'hex')
    const old = wrapBasicResponse(tbs, sha1Rsa, signNow('sha1', tbs, privateKeyOf('ocsp-listed')), carried)
    expect([judge(old, 'stock'), judge(old, 'strict')]).toEqual(['ok', 'weak_algorithm'])
  })

  test('signed with ECDSA and with PSS is judged alike', async () => {
    for (const algorithm of ['ecdsa-sha256', 'ecdsa-sha384', 'pss-sha256', 'pss-sha512'] as const) {
      const by = await issued(`ocsp-${algorithm}`, { use: 'ocsp', subject: [['CN', algorithm]], algorithm }, ca)
      expect(judge(await answer({ by }))).toBe('ok')
    }
  })

  test('does not bear a changed bit anywhere: strict refuses every one', async () => {
    for (const response of [
      await answer(),
      await answer({ by: unlisted, responder: 'key', nextUpdate: at(3600) }),
      await answer({ by: ca, carried: [] }),
    ]) {
      expect(judge(response)).toBe('ok')
      const passed: number[] = []
      for (let bit = 0; bit < response.length * 8; bit++) {
        const damaged = Uint8Array.from(response)
        damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
        if (judge(damaged) === 'ok') passed.push(bit)
      }
      expect(passed).toEqual([])
    }
  })
})

describe('an OCSP request', () => {
  test('is what stock servers send, and reads back', () => {
    const request = ocspRequest(member.certificate, ca.certificate)
    const read = readOcspRequest(request)
    expect(read.ok && read.value.map(({ serial }) => serial)).toEqual([member.certificate.serial])
    expect(read.ok && Buffer.from(read.value[0]?.der ?? []).equals(certIdFor(member.certificate, ca.certificate))).toBe(true)
    expect(verdict(readOcspRequest(request.subarray(1)))).toBe('bad_request')
    expect(verdict(readOcspRequest(Buffer.from('3004300230 00'.replace(' ', ''), 'hex')))).toBe('bad_request')
  })
})

const folder = vectors()
describe.skipIf(folder === null)('OCSP responses of the public vectors', () => {
  const dev = async (): Promise<Trust> => {
    const loaded = await loadTrust(join(folder as string, 'globalconf', 'DEV-v3'))
    if (!loaded.ok) throw new Error(loaded.fault.detail)
    return loaded.value
  }
  const subject = (): Certificate => {
    const read = readCertificate(vector('ocsp/dev-4321-subject.der'))
    if (!read.ok) throw new Error(read.fault.detail)
    return read.value
  }
  const THIS_UPDATE = instant(Date.UTC(2024, 11, 5, 13, 13, 26))

  async function devResponse(): Promise<boolean> {
    const judged = (when: Instant, conf: Trust, profile: OcspProfile) =>
      judgeOcsp([vector('ocsp/dev-4321.der')], subject(), conf, when, profile)
    const conf = await dev()
    for (const profile of ['stock', 'strict'] as const) {
      const good = judged(later(THIS_UPDATE, 3600_000), conf, profile)
      if (!good.ok || good.value.thisUpdate !== THIS_UPDATE || good.value.nextUpdate !== null) return false
      if (verdict(judged(later(THIS_UPDATE, 3601_000), conf, profile)) !== 'incorrect_validation_info') return false
    }
    return true
  }
  function oldResponse(): boolean {
    const read = readOcspResponse(vector('ocsp/test.ocsp'))
    if (!read.ok) return false
    const [single] = read.value.singles
    const { responder, algorithm } = read.value
    return (
      single.status === 'good' &&
      single.certId.serial === 0x3e5f51c4793db444n &&
      responder.kind === 'key' &&
      algorithm.signature?.name === 'rsa-sha1'
    )
  }
  const ROWS: readonly (readonly [string, () => boolean | Promise<boolean>])[] = [
    ['ocsp/test.ocsp', oldResponse],
    ['ocsp/dev-4321.der', devResponse],
    ['ocsp/dev-4321-subject.der', () => subject().subject.text.includes('CN=4321')],
  ]

  test('every OCSP row of family 09', async () => {
    const failed: string[] = []
    for (const [row, holds] of ROWS) if (!(await holds())) failed.push(row)
    console.log(`OCSP responses: ${ROWS.length - failed.length} of ${ROWS.length} rows`)
    expect(failed).toEqual([])
  })
})
