import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTimestampReply, timestampQuery, verifyToken, withCertificate } from '../../src/evidence/timestamp.ts'
import { issueToken } from '../../src/evidence/timestamp-authority.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import type { Outcome } from '../../src/protocol/faults.ts'
import { writePem } from '../../src/trust/pem.ts'
import type { Authority } from '../../src/trust/sign-der.ts'
import { needs, runTool } from '../tools.ts'
import { issued, NOON, privateKeyOf, sign } from '../trust/authority.ts'

const folder = mkdtempSync(join(tmpdir(), 'sacbe-tsa-'))
afterAll(() => rmSync(folder, { recursive: true }))
const put = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
const get = (name: string): Uint8Array => readFileSync(join(folder, name))
const openssl = (...args: readonly string[]): string => {
  const { stdout, stderr } = runTool('openssl', args)
  return `${stdout.toString('utf8')}${stderr}`
}
const value = <T>(outcome: Outcome<T>): T => {
  if (!outcome.ok) throw new Error(outcome.fault.detail)
  return outcome.value
}

const DATA = Buffer.from('lo que se dijo')
const DIGEST = sha512(DATA)

describe.skipIf(!needs('openssl'))('OpenSSL and our time stamps', () => {
  let root: Authority
  const stampers: Authority[] = []

  beforeAll(async () => {
    root = await issued('ts-root', { use: 'root', subject: [['CN', 'root']] })
    for (const algorithm of ['rsa-sha256', 'rsa-sha512', 'ecdsa-sha256', 'ecdsa-sha384'] as const)
      stampers.push(
        await issued(
          `ts-${algorithm}`,
          {
            use: 'timestamping',
            subject: [
              ['C', 'MX'],
              ['CN', algorithm],
            ],
            algorithm,
          },
          root,
        ),
      )
    put('root.pem', writePem('CERTIFICATE', root.certificate.der))
    put('data', DATA)
  })
  const ours = async (by: Authority) => {
    const reply = await issueToken(timestampQuery(DIGEST), { ...by, serial: 99n, at: NOON, policy: '1.2.3.4' }, sign)
    return value(withCertificate(value(readTimestampReply(reply, DIGEST)), by.certificate))
  }
  const judged = (token: Uint8Array, data = join(folder, 'data')) =>
    openssl(
      'ts',
      '-verify',
      '-data',
      data,
      '-in',
      put('t.tst', token),
      '-token_in',
      '-CAfile',
      join(folder, 'root.pem'),
      '-attime',
      String(NOON / 1000),
    )

  test('our tokens verify, whatever the algorithm', async () => {
    for (const by of stampers) expect(judged(await ours(by)), by.key).toMatch(/Verification: OK/)
  })

  test('a damaged token does not, nor a good one over other data', async () => {
    const token = await ours(stampers[0] as Authority)
    for (let at = 60; at < token.length; at += 97) {
      const damaged = Uint8Array.from(token)
      damaged[at] = (damaged[at] as number) ^ 4
      // what OpenSSL does not look at (the version, algorithm names beside the signature) strict refuses all the same
      const theirs = /Verification: OK/.test(judged(damaged))
      const mine = verifyToken(damaged, DATA, [(stampers[0] as Authority).certificate], { strict: true }).ok
      expect(mine, `octet ${at}`).toBe(false)
      if (at > token.length - 200) expect(theirs, `octet ${at}`).toBe(false)
    }
    expect(judged(token, put('other', 'otra cosa'))).toMatch(/Verification: FAILED/)
  })

  test('our query is OpenSSL’s own, octet by octet', () => {
    openssl('ts', '-query', '-data', join(folder, 'data'), '-sha512', '-no_nonce', '-out', join(folder, 'q.tsq'))
    expect(Buffer.from(timestampQuery(DIGEST)).equals(get('q.tsq'))).toBe(true)
  })

  test('our authority answers OpenSSL’s query, nonce and all', async () => {
    openssl('ts', '-query', '-data', join(folder, 'data'), '-sha256', '-cert', '-out', join(folder, 'n.tsq'))
    const reply = await issueToken(get('n.tsq'), { ...(stampers[2] as Authority), serial: 5n, at: NOON, policy: '1.2.3.4' }, sign)
    const said = openssl(
      'ts',
      '-verify',
      '-queryfile',
      join(folder, 'n.tsq'),
      '-in',
      put('n.tsr', reply),
      '-CAfile',
      join(folder, 'root.pem'),
      '-attime',
      String(NOON / 1000),
    )
    expect(said).toMatch(/Verification: OK/)
  })

  test('OpenSSL as the authority: its replies are taken, its tokens stand in both profiles once the certificate is in', async () => {
    const by = stampers[0] as Authority
    const key = put('key.pem', privateKeyOf(by.key).export({ type: 'pkcs8', format: 'pem' }) as string)
    const signer = put('signer.pem', writePem('CERTIFICATE', by.certificate.der))
    put('serial', '01\n')
    for (const ess of ['sha1', 'sha256']) {
      const config = `[t]\nserial=${join(folder, 'serial')}\nsigner_cert=${signer}\nsigner_key=${key}\nsigner_digest=sha256\ndefault_policy=1.2.3.4.1\ndigests=sha512\ness_cert_id_alg=${ess}\n`
      put('q.tsq', timestampQuery(DIGEST))
      openssl(
        'ts',
        '-reply',
        '-queryfile',
        join(folder, 'q.tsq'),
        '-config',
        put('tsa.cnf', config),
        '-section',
        't',
        '-out',
        join(folder, 'r.tsr'),
      )
      const token = value(withCertificate(value(readTimestampReply(get('r.tsr'), DIGEST)), by.certificate))
      for (const strict of [false, true]) expect(verifyToken(token, DATA, [by.certificate], { strict })).toMatchObject({ ok: true })
    }
  })
})
