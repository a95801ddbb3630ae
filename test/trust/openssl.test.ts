import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instant, later } from '../../src/base/clock.ts'
import { certificateRequest, issueCrl, issueOcspResponse, readCertificateRequest } from '../../src/trust/issue.ts'
import { writeName } from '../../src/trust/names.ts'
import { ocspRequest, readOcspRequest } from '../../src/trust/ocsp.ts'
import { certIdFor } from '../../src/trust/ocsp-response.ts'
import { writePem } from '../../src/trust/pem.ts'
import type { Authority } from '../../src/trust/sign-der.ts'
import { authenticationSubject, signingSubject } from '../../src/trust/subjects.ts'
import { needs, runTool } from '../tools.ts'
import { issued, NOON, newKey, sign, spkiOf } from './authority.ts'

/** OpenSSL takes the machine's own time for OCSP, so these answers are of today. */
const TODAY = instant(Math.floor(Date.now() / 1000) * 1000)
const HOUR = 3600_000

const folder = mkdtempSync(join(tmpdir(), 'sacbe-pki-'))
afterAll(() => rmSync(folder, { recursive: true }))
const put = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
const pem = (name: string, { certificate }: Authority) => put(`${name}.pem`, writePem('CERTIFICATE', certificate.der))
const openssl = (...args: readonly string[]) => {
  const { status, stdout, stderr } = runTool('openssl', args)
  return { status, said: `${stdout.toString('utf8')}${stderr}` }
}
/** One bit of the signature at the end is another. */
const damaged = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 5 ? byte ^ 1 : byte))
const AT = ['-attime', String(NOON / 1000)]

describe.skipIf(!needs('openssl'))('OpenSSL on what we issue', () => {
  const party: Record<string, Authority> = {}
  const file: Record<string, string> = {}
  const get = (name: string) => party[name] as Authority
  const at = (name: string) => file[name] as string

  beforeAll(async () => {
    party.root = await issued('o-root', {
      use: 'root',
      subject: [
        ['C', 'MX'],
        ['O', 'Estado de Querétaro'],
        ['CN', 'Raíz'],
      ],
      algorithm: 'ecdsa-sha384',
    })
    party.ca = await issued(
      'o-ca',
      {
        use: 'issuing',
        subject: [
          ['C', 'MX'],
          ['CN', 'Autoridad'],
        ],
        algorithm: 'rsa-sha512',
      },
      party.root,
    )
    const member = { instance: 'QRO', memberClass: 'GOB', memberCode: 'DIF' }
    expect(signingSubject('Ejbca', member, 'DIF')).toEqual(
      writeName([
        ['C', 'QRO'],
        ['O', 'GOB'],
        ['CN', 'DIF'],
      ]),
    )
    party.signing = await issued(
      'o-signing',
      {
        use: 'signing',
        subject: [
          ['C', 'QRO'],
          ['O', 'GOB'],
          ['CN', 'DIF'],
        ],
      },
      party.ca,
    )
    party.auth = await issued(
      'o-auth',
      {
        use: 'authentication',
        subject: [
          ['C', 'QRO'],
          ['CN', 'nodo1'],
        ],
        names: { dns: ['localhost'] },
        algorithm: 'ecdsa-sha256',
      },
      party.ca,
    )
    party.ocsp = await issued('o-ocsp', { use: 'ocsp', subject: [['CN', 'OCSP']], algorithm: 'pss-sha256' }, party.ca)
    party.tsa = await issued('o-tsa', { use: 'timestamping', subject: [['CN', 'TSA']] }, party.ca)
    party.server = await issued(
      'o-server',
      { use: 'server', subject: [['CN', 'localhost']], names: { dns: ['localhost'], addresses: [Uint8Array.of(127, 0, 0, 1)] } },
      party.ca,
    )
    party.client = await issued('o-client', { use: 'client', subject: [['CN', 'sistema']], algorithm: 'pss-sha512' }, party.root)
    for (const name of Object.keys(party)) file[name] = pem(name, get(name))
  })

  const PURPOSES: readonly (readonly [name: string, purpose: string, ok: boolean])[] = [
    ['signing', 'any', true],
    ['signing', 'sslclient', false],
    ['auth', 'sslclient', true],
    ['auth', 'sslserver', true],
    ['ocsp', 'ocsphelper', true],
    ['tsa', 'timestampsign', true],
    ['tsa', 'sslserver', false],
    ['server', 'sslserver', true],
    ['server', 'sslclient', false],
    ['server', 'timestampsign', false],
    ['client', 'sslclient', true],
    ['client', 'sslserver', false],
  ]
  for (const [name, purpose, holds] of PURPOSES)
    test(`a ${name} certificate ${holds ? 'serves' : 'does not serve'} as ${purpose}`, () => {
      const chain = name === 'client' ? [] : ['-untrusted', at('ca')]
      const { status, said } = openssl('verify', '-x509_strict', ...AT, '-purpose', purpose, '-CAfile', at('root'), ...chain, at(name))
      expect(status === 0, said).toBe(holds)
    })

  test('a damaged certificate is refused', () => {
    const broken = put('broken.pem', writePem('CERTIFICATE', damaged(get('signing').certificate.der)))
    expect(openssl('verify', ...AT, '-CAfile', at('root'), '-untrusted', at('ca'), broken).status).not.toBe(0)
  })

  test('a certificate request verifies, carries what it asks for, and reads back; a damaged one does neither', async () => {
    const publicKey = spkiOf(newKey('o-request', 'rsa-sha256'))
    const subject = authenticationSubject(
      'Ejbca',
      { instance: 'QRO', memberClass: 'GOB', memberCode: 'DIF', serverCode: 'nodo1' },
      'DIF',
      'nodo1',
    )
    const request = await certificateRequest(
      { subject, publicKey, use: 'authentication', names: { dns: ['nodo1.example'] } },
      { key: 'o-request', algorithm: 'rsa-sha256' },
      sign,
    )
    const said = openssl('req', '-inform', 'DER', '-in', put('r.der', request), '-verify', '-noout', '-text')
    expect(said.said).toMatch(/verify OK/)
    expect(said.said).toMatch(/Digital Signature, Key Encipherment, Data Encipherment/)
    expect(said.said).toMatch(/DNS:nodo1.example/)
    const read = readCertificateRequest(request)
    expect(read).toMatchObject({ ok: true, value: { subject: { text: 'CN=nodo1,C=QRO' }, dnsNames: ['nodo1.example'] } })
    expect(read.ok && Buffer.from(read.value.spki).equals(publicKey)).toBe(true)
    expect(readCertificateRequest(damaged(request))).toMatchObject({ ok: false, fault: { path: ['bad_request'] } })
    expect(openssl('req', '-inform', 'DER', '-in', put('rb.der', damaged(request)), '-verify', '-noout').said).toMatch(
      /verify failure|verify error|failure/i,
    )
  })

  test('a request by OpenSSL itself is read', () => {
    const made = runTool('openssl', [
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      join(folder, 'k.pem'),
      '-subj',
      '/C=MX/CN=otro',
      '-addext',
      'keyUsage=nonRepudiation',
      '-outform',
      'DER',
    ])
    const read = readCertificateRequest(made.stdout)
    expect(read.ok && [read.value.subject.text, [...(read.value.keyUsage ?? [])]]).toEqual(['CN=otro,C=MX', ['nonRepudiation']])
  })

  test('a revocation list verifies; a damaged one does not', async () => {
    const list = { number: 3n, thisUpdate: NOON, nextUpdate: later(NOON, HOUR), revoked: [{ serial: 0x77n, at: later(NOON, -HOUR) }] }
    const crl = await issueCrl(list, get('ca'), sign)
    const good = openssl('crl', '-inform', 'DER', '-in', put('c.crl', crl), '-CAfile', at('ca'), '-noout', '-text')
    expect(good.said).toMatch(/verify OK/)
    expect(good.said).toMatch(/Serial Number: 77/)
    expect(openssl('crl', '-inform', 'DER', '-in', put('cb.crl', damaged(crl)), '-CAfile', at('ca'), '-noout').said).toMatch(/failure/)
    expect(
      openssl(
        'crl',
        '-inform',
        'DER',
        '-in',
        put('e.crl', await issueCrl({ ...list, revoked: [] }, get('ca'), sign)),
        '-CAfile',
        at('ca'),
        '-noout',
      ).said,
    ).toMatch(/verify OK/)
  })

  const ask = (response: Uint8Array) =>
    openssl(
      'ocsp',
      '-respin',
      put('o.der', response),
      '-issuer',
      at('ca'),
      '-cert',
      at('signing'),
      '-CAfile',
      at('root'),
      '-verify_other',
      at('ca'),
      '-no_nonce',
    )
  const answered = (status: 'good' | 'revoked' | 'unknown', by: Authority, responder: 'name' | 'key' = 'name') =>
    issueOcspResponse(
      {
        producedAt: TODAY,
        responder,
        answers: [
          {
            certId: certIdFor(get('signing').certificate, get('ca').certificate),
            status: status === 'revoked' ? { kind: 'revoked', at: later(TODAY, -HOUR) } : { kind: status },
            thisUpdate: TODAY,
            nextUpdate: later(TODAY, HOUR),
          },
        ],
      },
      by,
      sign,
    )

  test('an OCSP response verifies, by name and by key, from the responder and from the authority', async () => {
    for (const [status, by, responder] of [
      ['good', 'ocsp', 'name'],
      ['good', 'ocsp', 'key'],
      ['good', 'ca', 'name'],
      ['revoked', 'ocsp', 'name'],
      ['unknown', 'ocsp', 'key'],
    ] as const) {
      const { said } = ask(await answered(status, get(by), responder))
      expect(said).toMatch(/Response verify OK/)
      expect(said).toMatch(new RegExp(`signing.pem: ${status}`))
    }
  })

  test('a damaged OCSP response, or one by a certificate that is for something else, does not', async () => {
    const response = await issueOcspResponse(
      {
        producedAt: TODAY,
        carried: [],
        answers: [{ certId: certIdFor(get('signing').certificate, get('ca').certificate), status: { kind: 'good' }, thisUpdate: TODAY }],
      },
      get('ca'),
      sign,
    )
    expect(ask(response).said).toMatch(/Response verify OK/)
    expect(ask(damaged(response)).said).not.toMatch(/Response verify OK/)
    expect(ask(await answered('good', get('server'))).said).not.toMatch(/Response verify OK/)
  })

  test('an OCSP request is OpenSSL’s own, octet by octet, and its requests are read', () => {
    const out = join(folder, 'q.der')
    openssl('ocsp', '-issuer', at('ca'), '-cert', at('signing'), '-no_nonce', '-reqout', out)
    const mine = ocspRequest(get('signing').certificate, get('ca').certificate)
    expect(openssl('ocsp', '-reqin', put('m.der', mine), '-req_text').said).toMatch(/Serial Number/)
    const theirs = runTool('cat', [out]).stdout
    expect(Buffer.from(mine).equals(theirs)).toBe(true)
    openssl('ocsp', '-issuer', at('ca'), '-cert', at('signing'), '-cert', at('auth'), '-nonce', '-reqout', out)
    const read = readOcspRequest(runTool('cat', [out]).stdout)
    expect(read.ok && read.value.map(({ serial }) => serial)).toEqual([get('signing').certificate.serial, get('auth').certificate.serial])
  })
})
