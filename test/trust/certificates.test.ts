import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DAY, instant, later } from '../../src/base/clock.ts'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'
import { dnsNamesOf } from '../../src/trust/certificate-extensions.ts'
import { buildPath, type Certificate, isIssuedBy, isValidAt, readCertificate } from '../../src/trust/certificates.ts'
import { decodeDer } from '../../src/trust/der.ts'
import { integer, sequence } from '../../src/trust/der-write.ts'
import { readCertificates, readConfiguredCertificate, readPem, writePem } from '../../src/trust/pem.ts'
import { vector, vectors } from '../vectors.ts'
import { certificate, issued, NOON } from './authority.ts'

const own = (name: string): Certificate => {
  const pem = readFileSync(join(import.meta.dirname, '..', 'vectors', 'own', 'pki', `${name}.pem`), 'latin1')
  return certificate(readPem('CERTIFICATE', pem)[0] as Uint8Array)
}
const verdict = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : codeOf(outcome.fault))
const AT = instant(Date.UTC(2026, 10, 25))

describe('a certificate', () => {
  test('agrees with OpenSSL on every certificate we made before', () => {
    for (const file of readdirSync(join(import.meta.dirname, '..', 'vectors', 'own', 'pki')).filter((name) => name.endsWith('.pem'))) {
      const mine = own(file.slice(0, -4))
      const theirs = new X509Certificate(mine.der)
      expect(mine.serial.toString(16).toUpperCase()).toBe(theirs.serialNumber.replace(/^0+(?=.)/, ''))
      expect([mine.notBefore, mine.notAfter]).toEqual([Date.parse(theirs.validFrom), Date.parse(theirs.validTo)])
      expect(mine.publicKey.equals(theirs.publicKey)).toBe(true)
      expect(mine.ca).toBe(theirs.ca)
      expect([...(mine.extendedKeyUsage ?? [])]).toEqual(theirs.keyUsage ?? [])
    }
  })

  test('damaged anywhere in its DER frame, it is refused or no longer issued by its authority', () => {
    const [authority, { der }] = [own('ca'), own('sign')]
    let refused = 0
    for (let at = 0; at < der.length; at++) {
      const damaged = Uint8Array.from(der)
      damaged[at] = (damaged[at] as number) ^ (1 << (at % 8))
      const read = readCertificate(damaged)
      if (!read.ok) expect(codeOf(read.fault)).toBe('incorrect_certificate')
      if (!read.ok) refused++
      else expect(isIssuedBy(read.value, authority), `octet ${at}`).toBe(false)
    }
    expect(refused).toBeGreaterThan(50)
  })

  test('whose inner signature algorithm is another than the outer is refused', () => {
    const { tbs, signature } = own('sign')
    const der = sequence(
      tbs,
      Buffer.from('300d06092a864886f70d01010d0500', 'hex'),
      Buffer.concat([Buffer.from([3, 0x82, 1, 1, 0]), signature]),
    )
    expect(readCertificate(der)).toMatchObject({
      ok: false,
      fault: { path: ['incorrect_certificate'], detail: 'two different signature algorithms' },
    })
  })

  test('with octets after it, as PEM where DER is due, or as something else, is refused', () => {
    const { der } = own('sign')
    expect(verdict(readCertificate(Buffer.concat([der, Buffer.from([0])])))).toBe('incorrect_certificate')
    expect(verdict(readCertificate(Buffer.from(writePem('CERTIFICATE', der))))).toBe('incorrect_certificate')
    expect(verdict(readCertificate(integer(5)))).toBe('incorrect_certificate')
    expect(verdict(readCertificate(new Uint8Array(70_000)))).toBe('incorrect_certificate')
  })

  test('reads alike from DER and from the PEM older centres publish', () => {
    const { der } = own('sign')
    const pem = Buffer.from(writePem('CERTIFICATE', der))
    for (const bytes of [der, pem]) {
      const read = readConfiguredCertificate(bytes)
      expect(read.ok && Buffer.from(read.value.der).equals(der)).toBe(true)
    }
    expect(verdict(readConfiguredCertificate(Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA')))).toBe('incorrect_certificate')
  })

  test('is valid from its first instant to its last', () => {
    const sign = own('sign')
    expect([-1, 0].map((ms) => isValidAt(sign, later(sign.notBefore, ms)))).toEqual([false, true])
    expect([0, 1].map((ms) => isValidAt(sign, later(sign.notAfter, ms)))).toEqual([true, false])
  })
})

describe('a path', () => {
  const at = AT
  const LAW: readonly (readonly [string, Outcome<readonly Certificate[]>, string])[] = [
    ['below its anchor', buildPath(own('sign'), [own('ca')], [], at), 'ok'],
    ['through an intermediate', buildPath(own('sign-sub'), [own('ca')], [own('subca')], at), 'ok'],
    ['without the intermediate', buildPath(own('sign-sub'), [own('ca')], [], at), 'cannot_create_cert_path.internal_error'],
    ['to the intermediate as anchor', buildPath(own('sign-sub'), [own('subca')], [], at), 'ok'],
    ['expired', buildPath(own('sign-expired'), [own('ca')], [], at), 'cannot_create_cert_path.internal_error'],
    ['not yet valid', buildPath(own('sign'), [own('ca')], [], instant(0)), 'cannot_create_cert_path.internal_error'],
    ['to an anchor that expired', buildPath(own('sign-oldca'), [own('ca-expired')], [], at), 'ok'],
    [
      'through an intermediate that expired',
      buildPath(own('sign-oldca'), [own('ca')], [own('ca-expired')], at),
      'cannot_create_cert_path.internal_error',
    ],
    [
      'through one that is no authority',
      buildPath(own('sign-sub'), [own('ca')], [own('ocsp')], at),
      'cannot_create_cert_path.internal_error',
    ],
    ['no anchors', buildPath(own('sign'), [], [], at), 'cannot_create_cert_path.internal_error'],
  ]
  for (const [what, outcome, code] of LAW) test(`${what}: ${code}`, () => expect(verdict(outcome)).toBe(code))

  test('does not go through a leaf, beyond a path length, or past an unknown critical extension', async () => {
    const root = await issued('path-root', { use: 'root', subject: [['CN', 'path root']] })
    const one = await issued('path-1', { use: 'issuing', subject: [['CN', 'path 1']] }, root)
    const two = await issued('path-2', { use: 'issuing', subject: [['CN', 'path 2']] }, one)
    const leaf = await issued('path-leaf', { use: 'signing', subject: [['CN', 'leaf']] }, two)
    const pool = [one.certificate, two.certificate]
    expect(verdict(buildPath(two.certificate, [root.certificate], pool, NOON))).toBe('ok')
    expect(verdict(buildPath(leaf.certificate, [root.certificate], pool, NOON))).toBe('cannot_create_cert_path.internal_error')
    const below = await issued('path-below', { use: 'signing', subject: [['CN', 'below']] }, leaf)
    expect(verdict(buildPath(below.certificate, [two.certificate], [leaf.certificate], NOON))).toBe(
      'cannot_create_cert_path.internal_error',
    )
    const odd: Certificate = { ...leaf.certificate, extensions: new Map([['1.2.3', { critical: true, value: new Uint8Array(0) }]]) }
    expect(verdict(buildPath(odd, [two.certificate], [], NOON))).toBe('cannot_create_cert_path.internal_error')
  })

  test('a crowd of authorities with one name that sign each other in a ring ends', async () => {
    const ring = await Promise.all(
      Array.from({ length: 12 }, (_, index) => issued(`ring-${index}`, { use: 'root', subject: [['CN', 'ring']] })),
    )
    const pool = ring.map(({ certificate }) => certificate)
    expect(verdict(buildPath(pool[0] as Certificate, [own('ca')], pool, NOON))).toBe('cannot_create_cert_path.internal_error')
  })
})

const folder = vectors()
describe.skipIf(folder === null)('certificates of the public vectors', () => {
  const at = (path: string) => readCertificates(vector(path))
  const one = (path: string): Certificate => {
    const read = at(path)
    if (!read.ok || !read.value[0]) throw new Error(path)
    return read.value[0]
  }
  const chain = (name: string) => one(`certs/chain/${name}.pem`)
  const cas = ['ca_1', 'ca_2', 'ca_3']
  const path = (user: string, day: Certificate, through: readonly string[]) =>
    verdict(buildPath(chain(user), [chain('root_ca')], through.map(chain), later(day.notBefore, DAY)))
  const count = (name: string) => {
    const read = at(name)
    return read.ok ? read.value.length : 0
  }
  const blocks = (name: string) => vector(name).toString('latin1').split('-----BEGIN CERTIFICATE-----').length - 1
  const subject = (name: string) => one(`certs/${name}.pem`).subject.text
  const AAA = '1.2.840.113549.1.9.1=#160b616161406262622e636363'

  const ROWS: readonly (readonly [row: string, holds: () => boolean])[] = [
    ['certs/root-ca.pem', () => subject('root-ca') === `${AAA},CN=Cyber,OU=ITO,O=Cybernetica,C=EE`],
    [
      'certs/consumer.pem',
      () =>
        subject('consumer') === `${AAA},CN=consumer,OU=ITO,O=Cybernetica,C=EE` &&
        isIssuedBy(one('certs/consumer.pem'), one('certs/root-ca.pem')),
    ],
    [
      'certs/producer.pem',
      () =>
        subject('producer') === `${AAA},CN=producer,OU=ITO,O=Cybernetica,C=EE` &&
        isIssuedBy(one('certs/producer.pem'), one('certs/root-ca.pem')),
    ],
    ['certs/ocspsigner.pem', () => subject('ocspsigner').includes('CN=consumer')],
    ['certs/chain/root_ca.pem', () => isIssuedBy(chain('root_ca'), chain('root_ca'))],
    ['certs/chain/ca_1.pem', () => isIssuedBy(chain('ca_1'), chain('root_ca')) && chain('ca_1').ca],
    ['certs/chain/ca_2.pem', () => isIssuedBy(chain('ca_2'), chain('ca_1'))],
    ['certs/chain/ca_3.pem', () => isIssuedBy(chain('ca_3'), chain('ca_2'))],
    ['certs/chain/user_0.pem', () => path('user_0', chain('user_0'), []) === 'ok'],
    [
      'certs/chain/user_3.pem',
      () =>
        path('user_3', chain('root_ca'), cas) === 'ok' &&
        path('user_3', chain('root_ca'), ['ca_1', 'ca_3']) === 'cannot_create_cert_path.internal_error',
    ],
    [
      'certs/chain/user_invalid_sig.pem',
      () => path('user_invalid_sig', chain('user_invalid_sig'), cas).startsWith('cannot_create_cert_path'),
    ],
    ['certs/pem/cert_simple.pem', () => count('certs/pem/cert_simple.pem') === 1],
    ['certs/pem/cert_multi.pem', () => count('certs/pem/cert_multi.pem') === blocks('certs/pem/cert_multi.pem')], // the index says several; the file has one
    ['certs/pem/validchain.crt', () => validChain(at('certs/pem/validchain.crt'))],
  ]

  test('every row of family 10', () => {
    const failed = ROWS.filter(([, holds]) => !holds()).map(([row]) => row)
    console.log(`certificates: ${ROWS.length - failed.length} of ${ROWS.length} rows`)
    expect(failed).toEqual([])
  })
})

/** Each certificate of the file is issued by the next; the last by itself or by nobody in the file. */
function validChain(read: Outcome<readonly Certificate[]>): boolean {
  const chain = read.ok ? read.value : []
  return chain.length > 1 && chain.slice(0, -1).every((each, index) => isIssuedBy(each, chain[index + 1] as Certificate))
}

test('alternative names of a certificate are read back', async () => {
  const names = { dns: ['nodo.qro.example', 'localhost'], addresses: [Uint8Array.of(127, 0, 0, 1)] }
  const server = await issued('names', { use: 'root', subject: [['CN', 'names']], names })
  expect(dnsNamesOf(server.certificate.extensions)).toEqual(names.dns)
  expect(new X509Certificate(server.certificate.der).subjectAltName).toBe('DNS:nodo.qro.example, DNS:localhost, IP Address:127.0.0.1')
  expect(decodeDer(server.certificate.der, ({ tag }) => tag)).toEqual({ ok: true, value: 0x30 })
})
