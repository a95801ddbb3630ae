import { createHash, sign as signNow } from 'node:crypto'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Instant, later } from '../../src/base/clock.ts'
import { loadTrust } from '../../src/cli/trust-folder.ts'
import { readTimestampReply, readToken, timestampQuery, verifyToken, withCertificate } from '../../src/evidence/timestamp.ts'
import { issueToken, rejection } from '../../src/evidence/timestamp-authority.ts'
import { CMS } from '../../src/evidence/timestamp-token.ts'
import { algorithmProtection, writeToken } from '../../src/evidence/timestamp-verify.ts'
import { readZip } from '../../src/evidence/zip.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'
import type { Certificate } from '../../src/trust/certificates.ts'
import { bytesOf, contentsOf, type Der, decodeDer } from '../../src/trust/der.ts'
import { boolean, context, generalizedTime, integer, octets, oid, sequence, setOf, sorted, time, tlv } from '../../src/trust/der-write.ts'
import type { Authority } from '../../src/trust/sign-der.ts'
import { ocspResponders, type Trust, tsaCertificates } from '../../src/trust/trust.ts'
import { issued, NOON, privateKeyOf, sign } from '../trust/authority.ts'
import { vector, vectors } from '../vectors.ts'

const POLICY = '1.3.6.1.4.1.99999.1'
const verdict = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : codeOf(outcome.fault))
const DATA = Buffer.from('what was said')
const DIGEST = sha512(DATA)

let ca: Authority
let stamper: Authority
let other: Authority
let manyUses: Authority
let expired: Authority

beforeAll(async () => {
  ca = await issued('tsa-ca', { use: 'root', subject: [['CN', 'CA']] })
  stamper = await issued(
    'tsa',
    {
      use: 'timestamping',
      subject: [
        ['C', 'MX'],
        ['CN', 'TSA'],
      ],
    },
    ca,
  )
  other = await issued('tsa-other', { use: 'timestamping', subject: [['CN', 'another TSA']] }, ca)
  manyUses = await issued('tsa-many', { use: 'server', subject: [['CN', 'no TSA']] }, ca)
  expired = await issued('tsa-expired', { use: 'timestamping', subject: [['CN', 'old TSA']], notAfter: later(NOON, -1000) }, ca)
})

const order = (by: Authority, at: Instant = NOON) => ({ ...by, serial: 7n, at, policy: POLICY })
const value = <T>(outcome: Outcome<T>): T => {
  if (!outcome.ok) throw new Error(`${codeOf(outcome.fault)} ${outcome.fault.detail}`)
  return outcome.value
}
const replyOf = (by: Authority = stamper, query = timestampQuery(DIGEST)) => issueToken(query, order(by), sign)
/** As kept: the certificate put in. */
const tokenOf = async (by: Authority = stamper) =>
  value(withCertificate(value(readTimestampReply(await replyOf(by), DIGEST)), by.certificate))
const check = (token: Uint8Array, strict: boolean, authorities: readonly Certificate[] = [stamper.certificate], data: Uint8Array = DATA) =>
  verdict(verifyToken(token, data, authorities, { strict }))
const both = (token: Uint8Array, authorities?: readonly Certificate[]) => [
  check(token, false, authorities),
  check(token, true, authorities),
]

describe('the query', () => {
  test('is octet by octet what stock servers send', () => {
    expect(Buffer.from(timestampQuery(DIGEST)).toString('hex')).toBe(
      `30560201013051300d060960864801650304020305000440${Buffer.from(DIGEST).toString('hex')}`,
    )
  })
  test('over something else than SHA-512 is our mistake', () => {
    expect(() => timestampQuery(new Uint8Array(32))).toThrow('64 bytes')
  })
})

describe('the reply', () => {
  test('granted gives the token', async () => {
    const token = value(readToken(value(readTimestampReply(await replyOf(), DIGEST))))
    expect(token.tstInfo).toMatchObject({ serial: 7n, genTime: NOON, policy: POLICY, nonce: null })
    expect(token.certificates).toEqual([])
  })
  test('with the certificate when it was wanted', async () => {
    const wanted = await replyOf(stamper, timestampQuery(DIGEST, true))
    expect(value(readToken(value(readTimestampReply(wanted, DIGEST)))).certificates).toHaveLength(1)
  })
  test('in BER comes out as DER', async () => {
    const der = Buffer.from(await replyOf())
    const token = value(readTimestampReply(der, DIGEST))
    const ber = Buffer.concat([Buffer.from([0x30, 0x80]), sequence(integer(0)), indefinite(token), Buffer.from([0, 0])])
    expect(Buffer.from(value(readTimestampReply(ber, DIGEST))).equals(token)).toBe(true)
  })
  const NOT_GRANTED = 'mlog.timestamp_non_granted_response'
  const INVALID = 'mlog.timestamp_response_validation_failed'
  const sha = (name: string, digest: Uint8Array) => sequence(integer(1), sequence(sequence(oid(name), tlv(5)), octets(digest)))
  const QUERIES: readonly (readonly [what: string, query: Uint8Array, why: string])[] = [
    ['no query', Buffer.from('hello'), 'badDataFormat'],
    ['version 2', sequence(integer(2), sequence(sequence(oid('2.16.840.1.101.3.4.2.3')), octets(DIGEST))), 'badRequest'],
    ['SHA-1', sha('1.3.14.3.2.26', DIGEST.subarray(0, 20)), 'badAlg'],
    ['an unknown digest', sha('1.2.3', DIGEST), 'badAlg'],
    ['a digest too short', sha('2.16.840.1.101.3.4.2.3', DIGEST.subarray(1)), 'badDataFormat'],
    [
      'another policy',
      sequence(integer(1), sequence(sequence(oid('2.16.840.1.101.3.4.2.3')), octets(DIGEST)), oid('1.2.3')),
      'unacceptedPolicy',
    ],
    [
      'an extension',
      sequence(
        integer(1),
        sequence(sequence(oid('2.16.840.1.101.3.4.2.3')), octets(DIGEST)),
        context(0, sequence(oid('1.2.3'), octets(DIGEST))),
      ),
      'unacceptedExtension',
    ],
  ]
  for (const [what, query, why] of QUERIES)
    test(`to ${what} is a rejection: ${why}`, async () => {
      const outcome = readTimestampReply(await issueToken(query, order(stamper), sign), DIGEST)
      expect(verdict(outcome)).toBe(NOT_GRANTED)
      expect(!outcome.ok && outcome.fault.detail).toContain(why)
    })
  test('that stamps something else, is cut off, or grants nothing, is refused', async () => {
    const reply = await replyOf()
    expect(verdict(readTimestampReply(reply, sha512(Buffer.from('else'))))).toBe(INVALID)
    expect(verdict(readTimestampReply(reply.subarray(0, -1), DIGEST))).toBe(INVALID)
    expect(verdict(readTimestampReply(sequence(sequence(integer(0))), DIGEST))).toBe(INVALID)
    expect(verdict(readTimestampReply(rejection('systemFailure', 'no clock'), DIGEST))).toBe(NOT_GRANTED)
  })
})

/** The outermost lengths indefinite, as some authorities answer. */
function indefinite(token: Uint8Array): Buffer {
  const open = token[1] as number
  const header = 2 + (open > 0x80 ? open & 0x7f : 0)
  return Buffer.concat([Buffer.from([0x30, 0x80]), token.subarray(header), Buffer.from([0, 0])])
}

describe('a token', () => {
  test('over the data, by an approved authority: ok, and says when and who', async () => {
    expect(verifyToken(await tokenOf(), DATA, [other.certificate, stamper.certificate], { strict: true })).toMatchObject({
      ok: true,
      value: { genTime: NOON, signer: { serial: stamper.certificate.serial } },
    })
  })
  test('each fault has its code, the same in both profiles', async () => {
    const token = await tokenOf()
    const flipped = Uint8Array.from(token)
    flipped[flipped.length - 1] = (flipped.at(-1) as number) ^ 1
    expect(both(Buffer.from('no token'))).toEqual(['io_error', 'io_error'])
    expect(both(token.subarray(0, -1))).toEqual(['io_error', 'io_error'])
    expect(both(Buffer.concat([token, Buffer.from([0])]))).toEqual(['io_error', 'io_error'])
    expect(both(integer(5))).toEqual(['internal_error', 'internal_error'])
    expect(check(token, false, [stamper.certificate], Buffer.from('else'))).toBe('malformed_signature')
    expect(both(token, [])).toEqual(['mlog.no_timestamping_provider_found', 'mlog.no_timestamping_provider_found'])
    expect(both(token, [other.certificate])).toEqual(['mlog.tsp_certificate_not_found', 'mlog.tsp_certificate_not_found'])
    expect(both(flipped)).toEqual(['mlog.timestamp_signer_verification_failed', 'mlog.timestamp_signer_verification_failed'])
  })
  test('by a certificate that had ended when it signed', async () => {
    const failed = 'mlog.timestamp_signer_verification_failed'
    expect(both(await tokenOf(expired), [expired.certificate])).toEqual([failed, failed])
  })
  test('by a certificate that is not for time stamping alone passes with stock servers only', async () => {
    expect(both(await tokenOf(manyUses), [manyUses.certificate])).toEqual(['ok', 'mlog.timestamp_signer_verification_failed'])
  })
  test('by ECDSA and PSS', async () => {
    for (const algorithm of ['ecdsa-sha256', 'ecdsa-sha384', 'pss-sha512', 'rsa-sha512'] as const) {
      const by = await issued(`tsa-${algorithm}`, { use: 'timestamping', subject: [['CN', algorithm]], algorithm }, ca)
      expect(both(await tokenOf(by), [by.certificate])).toEqual(['ok', 'ok'])
    }
  })
  test('does not bear a changed bit anywhere: strict refuses every one', async () => {
    const token = await tokenOf()
    const passed: number[] = []
    for (let bit = 0; bit < token.length * 8; bit++) {
      const damaged = Uint8Array.from(token)
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
      if (check(damaged, true) === 'ok') passed.push(bit)
    }
    expect(passed).toEqual([])
  })
})

/** A token as others write them, RSA with SHA-256 unless told: every part to choose. */
type Choice = {
  readonly digestAlgorithm?: Uint8Array
  readonly signatureAlgorithm?: Uint8Array
  readonly node?: 'sha1' | 'sha256'
  readonly drop?: readonly string[]
  readonly add?: readonly Uint8Array[]
  readonly tail?: readonly Uint8Array[]
  readonly copies?: number
}
const digestOf = (node: string, data: Uint8Array): Uint8Array => createHash(node).update(data).digest()
const attribute = (type: string, ...values: readonly Uint8Array[]) => sequence(oid(type), setOf(...values))
const hex = (text: string): Uint8Array => Buffer.from(text, 'hex')
const SHA256 = hex('300d06096086480165030402010500')
const SHA256_BARE = hex('300b0609608648016503040201')
const SHA1 = hex('300906052b0e03021a0500')
const RSA = hex('300d06092a864886f70d0101010500')
const RSA_BARE = hex('300b06092a864886f70d010101')
const RSA_SHA256 = hex('300d06092a864886f70d01010b0500')
const essV1 = (der: Uint8Array) => attribute(CMS.signingCertificate, sequence(sequence(sequence(octets(digestOf('sha1', der))))))
const essV2 = (der: Uint8Array) => attribute(CMS.signingCertificateV2, sequence(sequence(sequence(octets(digestOf('sha256', der))))))

function foreignToken(choice: Choice = {}): Uint8Array {
  const { digestAlgorithm = SHA256, signatureAlgorithm = RSA_SHA256, node = 'sha256', drop = [], add = [], tail = [], copies = 1 } = choice
  const imprint = sequence(sequence(oid('2.16.840.1.101.3.4.2.3'), tlv(5)), octets(DIGEST))
  const content = sequence(integer(1), oid(POLICY), imprint, integer(7), generalizedTime(NOON), ...tail)
  const usual: readonly (readonly [string, Uint8Array])[] = [
    [CMS.contentType, attribute(CMS.contentType, oid(CMS.tstInfo))],
    [CMS.messageDigest, attribute(CMS.messageDigest, octets(digestOf(node, content)))],
    [CMS.signingCertificate, essV1(stamper.certificate.der)],
  ]
  const kept = [...usual.filter(([type]) => !drop.includes(type)).map(([, written]) => written), ...add]
  const signature = signNow(node, setOf(...kept), privateKeyOf('tsa'))
  return writeToken(
    { content, signedAttributes: sorted(kept), signature, digestAlgorithm, signatureAlgorithm },
    stamper.certificate,
    copies,
  )
}

const FAILED = 'mlog.timestamp_signer_verification_failed'
const UNACCOUNTED = 'unaccounted_bytes'
const protection = (digest: Uint8Array, signature: Uint8Array) => attribute(CMS.algorithmProtection, algorithmProtection(digest, signature))

describe('a token as other authorities write it', () => {
  const LAW: readonly (readonly [what: string, token: () => Uint8Array, stock: string, strict: string])[] = [
    ['plain', () => foreignToken(), 'ok', 'ok'],
    ['the digest without NULL', () => foreignToken({ digestAlgorithm: SHA256_BARE }), 'ok', 'ok'],
    ['the bare key algorithm, as OpenSSL writes it', () => foreignToken({ signatureAlgorithm: RSA }), 'ok', 'ok'],
    ['that one without NULL', () => foreignToken({ signatureAlgorithm: RSA_BARE }), 'ok', UNACCOUNTED],
    ['the certificate twice, as OpenSSL writes it when told so', () => foreignToken({ copies: 2 }), 'ok', 'ok'],
    ['no certificate', () => foreignToken({ copies: 0 }), 'ok', UNACCOUNTED],
    ['SHA-1', () => foreignToken({ node: 'sha1', digestAlgorithm: SHA1, signatureAlgorithm: RSA }), 'ok', 'weak_algorithm'],
    [
      'a signing certificate attribute of version 2',
      () => foreignToken({ drop: [CMS.signingCertificate], add: [essV2(stamper.certificate.der)] }),
      'ok',
      'ok',
    ],
    [
      'one that names another certificate',
      () => foreignToken({ drop: [CMS.signingCertificate], add: [essV2(other.certificate.der)] }),
      'ok',
      FAILED,
    ],
    ['none', () => foreignToken({ drop: [CMS.signingCertificate] }), 'internal_error', 'internal_error'],
    ['no digest of the content', () => foreignToken({ drop: [CMS.messageDigest] }), FAILED, FAILED],
    [
      'a wrong digest of the content',
      () => foreignToken({ drop: [CMS.messageDigest], add: [attribute(CMS.messageDigest, octets(DIGEST.subarray(32)))] }),
      FAILED,
      FAILED,
    ],
    [
      'two digests of the content',
      () => foreignToken({ add: [attribute(CMS.messageDigest, octets(DIGEST.subarray(32)))] }),
      FAILED,
      FAILED,
    ],
    ['no content type', () => foreignToken({ drop: [CMS.contentType] }), FAILED, FAILED],
    [
      'another content type',
      () => foreignToken({ drop: [CMS.contentType], add: [attribute(CMS.contentType, oid(CMS.signedData))] }),
      FAILED,
      FAILED,
    ],
    ['signed at a time of validity', () => foreignToken({ add: [attribute(CMS.signingTime, time(NOON))] }), 'ok', 'ok'],
    [
      'signed before the certificate began',
      () => foreignToken({ add: [attribute(CMS.signingTime, time(later(stamper.certificate.notBefore, -1000)))] }),
      FAILED,
      FAILED,
    ],
    ['its algorithms protected', () => foreignToken({ add: [protection(SHA256, RSA_SHA256)] }), 'ok', 'ok'],
    ['other algorithms protected', () => foreignToken({ add: [protection(SHA256_BARE, RSA_SHA256)] }), FAILED, FAILED],
    [
      'its algorithms protected and the certificate twice',
      () => foreignToken({ add: [protection(SHA256, RSA_SHA256)], copies: 2 }),
      'ok',
      UNACCOUNTED,
    ],
    [
      'a critical extension',
      () => foreignToken({ tail: [context(1, sequence(oid('1.2.3'), boolean(true), octets(DIGEST)))] }),
      'ok',
      FAILED,
    ],
    [
      'an extension that is not critical, an accuracy and a nonce',
      () => foreignToken({ tail: [sequence(integer(1)), integer(9), context(1, sequence(oid('1.2.3'), octets(DIGEST)))] }),
      'ok',
      'ok',
    ],
  ]
  for (const [what, token, stock, strict] of LAW)
    test(`${what}: stock ${stock}, strict ${strict}`, () => {
      expect(both(token())).toEqual([stock, strict])
    })

  test('another certificate beside its own, unsigned attributes, a revocation list: strict accounts for none of them', () => {
    const token = foreignToken()
    const beside = value(withCertificate(token, other.certificate))
    expect(both(beside)).toEqual(['ok', UNACCOUNTED])
    expect(value(readToken(beside)).certificates).toHaveLength(2)
    expect(both(spliced(token, (parts) => [...parts.slice(0, -1), context(1, sequence()), parts.at(-1) as Uint8Array]))).toEqual([
      'ok',
      UNACCOUNTED,
    ])
    const unsigned = context(1, attribute('1.2.3', integer(1)))
    const withUnsigned = (signers: Uint8Array) => setOf(tlv(0x30, contentsOf(childOf(signers, 0)), unsigned))
    expect(both(spliced(token, (parts) => [...parts.slice(0, -1), withUnsigned(parts.at(-1) as Uint8Array)]))).toEqual(['ok', UNACCOUNTED])
    expect(both(spliced(token, ([, ...rest]) => [integer(1), ...rest]))).toEqual(['ok', UNACCOUNTED])
  })
})

const parsed = (bytes: Uint8Array): Der => {
  const read = decodeDer(bytes, (root) => root)
  if (!read.ok) throw new Error(read.fault)
  return read.value
}
const childOf = (bytes: Uint8Array, index: number): Der => parsed(bytes).children[index] as Der
/** The token with other parts in its SignedData. */
function spliced(token: Uint8Array, change: (parts: readonly Uint8Array[]) => readonly Uint8Array[]): Uint8Array {
  const parts = (parsed(token).children[1]?.children[0]?.children ?? []).map(bytesOf)
  return sequence(oid(CMS.signedData), context(0, sequence(...change(parts))))
}

test('a token with a crowd of certificates or attributes is refused, not tripped over', () => {
  const crowd = Buffer.concat(Array.from({ length: 60_000 }, () => Buffer.from([0x30, 0])))
  const token = foreignToken()
  const certificates = spliced(
    token,
    ([version, digests, content, , ...rest]) => [version, digests, content, context(0, crowd), ...rest] as Uint8Array[],
  )
  expect(both(certificates)).toEqual(['internal_error', 'internal_error'])
  expect(verdict(withCertificate(certificates, stamper.certificate))).toBe('internal_error')
  expect(
    verdict(
      withCertificate(
        spliced(token, (parts) => [...parts, crowd]),
        stamper.certificate,
      ),
    ),
  ).toBe('internal_error')
  expect(
    check(
      spliced(token, (parts) => [...parts.slice(0, -1), setOf(crowd)]),
      false,
    ),
  ).toBe('internal_error')
})

describe('the certificate in a kept token', () => {
  test('is put in once, and what is there stays', async () => {
    const bare = value(readTimestampReply(await replyOf(), DIGEST))
    const kept = value(withCertificate(bare, stamper.certificate))
    expect(value(readToken(kept)).certificates).toEqual([stamper.certificate.der])
    expect(Buffer.from(value(withCertificate(kept, stamper.certificate))).equals(kept)).toBe(true)
    expect(verdict(withCertificate(integer(1), stamper.certificate))).toBe('internal_error')
  })
})

const folder = vectors()
describe.skipIf(folder === null)('time stamps of the public vectors', () => {
  const conf = async (name: string): Promise<Trust> => value(await loadTrust(join(folder as string, 'globalconf', name)))
  async function validToken(): Promise<boolean> {
    const trust = await conf('EE-v2-trust')
    const [token, data] = [vector('timestamps/valid.tst'), Uint8Array.from(vector('timestamps/stamped-data'))]
    const stock = (stamped: Uint8Array, authorities: readonly Certificate[]) => verifyToken(token, stamped, authorities, { strict: false })
    const good = stock(data, tsaCertificates(trust))
    const changed = Uint8Array.from(data)
    changed[0] = (changed[0] as number) ^ 1
    return (
      good.ok &&
      good.value.genTime === Date.UTC(2012, 10, 29, 13, 10, 4) &&
      good.value.signer.subject.text === 'CN=timestamp1' &&
      verdict(stock(changed, tsaCertificates(trust))) === 'malformed_signature' &&
      verdict(stock(data, ocspResponders(trust))) === 'mlog.tsp_certificate_not_found'
    )
  }
  async function devToken(): Promise<boolean> {
    const zip = await readZip(vector('asice/valid-batch-ts.asice'))
    const result = zip.ok ? [...zip.value].find(([name]) => name.endsWith('ts-hashchainresult.xml'))?.[1] : undefined
    if (!result) return false
    const authorities = tsaCertificates(await conf('DEV-v3'))
    return [true, false].every((strict) => {
      const good = verifyToken(vector('timestamps/dev-batch.tst'), result, authorities, { strict })
      return good.ok && good.value.genTime === Date.UTC(2024, 11, 5, 7, 34, 14)
    })
  }
  /** Granted, for a digest we do not know: the token inside parses, and a reply to another question is told apart. */
  function reply(): boolean {
    const outcome = readTimestampReply(vector('timestamps/tsp.response'), DIGEST)
    return (
      !outcome.ok &&
      codeOf(outcome.fault) === 'mlog.timestamp_response_validation_failed' &&
      outcome.fault.detail === 'the token stamps something else'
    )
  }
  const ROWS: readonly (readonly [string, () => boolean | Promise<boolean>])[] = [
    ['timestamps/stamped-data', () => vector('timestamps/stamped-data').length > 0],
    ['timestamps/valid.tst', validToken],
    ['timestamps/dev-batch.tst', devToken],
    ['timestamps/tsp.response', reply],
  ]
  test('every time stamp row of family 09', async () => {
    const failed: string[] = []
    for (const [row, holds] of ROWS) if (!(await holds())) failed.push(row)
    console.log(`time stamps: ${ROWS.length - failed.length} of ${ROWS.length} rows`)
    expect(failed).toEqual([])
  })
})
