import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { HOUR, type Instant, instant, later } from '../../src/base/clock.ts'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'
import type { SignatureName } from '../../src/protocol/sign.ts'
import { checkPart } from '../../src/trust/directory-part.ts'
import { readSharedParameters } from '../../src/trust/read-shared-parameters.ts'
import { isAllOf, readSignedDirectory } from '../../src/trust/signed-directory.ts'
import { writeSharedParameters } from '../../src/trust/write-shared-parameters.ts'
import { type DirectoryDraft, partLocation, writeSignedDirectory } from '../../src/trust/write-signed-directory.ts'
import { seeded } from '../campaign/seeded.ts'
import { needs, runTool } from '../tools.ts'
import { exampleDraft } from './example.ts'
import { directorySigner } from './signer.ts'

const AT = instant(Date.UTC(2026, 1, 6, 10, 1, 12, 123))
const shared = writeSharedParameters(exampleDraft(), 6)
const draft: DirectoryDraft = {
  version: 6,
  expires: later(AT, HOUR),
  parts: [
    { identifier: 'SHARED-PARAMETERS', instance: 'LAB', location: partLocation(6, AT, 'shared-params.xml'), bytes: shared },
    { identifier: 'FOO', instance: 'LAB', location: partLocation(6, AT, 'foo.xml'), bytes: Buffer.from('<foo/>') },
  ],
}
const { signer, sign } = directorySigner()
const verdict = (outcome: Outcome<unknown>) => (outcome.ok ? 'valid' : codeOf(outcome.fault))
const read = (bytes: Uint8Array, at: Instant = AT) => readSignedDirectory(bytes, [signer.certificate], at)

let written: Uint8Array
beforeAll(async () => {
  written = await writeSignedDirectory(draft, signer, sign)
})
const text = () => Buffer.from(written).toString('latin1')
const edited = (change: (text: string) => string) => Buffer.from(change(text()), 'latin1')
/** The same content under a signature of its own, after a change to the signed octets. */
async function resigned(change: (signed: string) => string): Promise<Uint8Array> {
  const signed = change(signedOctets(text()))
  const digest = createHash('sha512').update(signed, 'latin1').digest()
  const signature = Buffer.from(await sign(signer.key, signer.algorithm, digest)).toString('base64')
  return edited((all) =>
    all
      .replace(signedOctets(all), () => signed)
      .replace(/\r\n\r\n[A-Za-z0-9+/=]+(\r\n--[0-9a-f]+--\r\n)$/, (_, end) => `\r\n\r\n${signature}${end}`),
  )
}
function signedOctets(all: string): string {
  const boundary = /multipart\/mixed; charset=UTF-8; boundary=(\S+)/.exec(all)?.[1]
  const start = all.indexOf(`--${boundary}\r\n`)
  return all.slice(start, all.indexOf(`--${boundary}--\r\n`) + `--${boundary}--\r\n`.length)
}

describe('a directory we write', () => {
  test('reads back with its version, its expiry and its parts', () => {
    const directory = read(written)
    if (!directory.ok) throw new Error(directory.fault.detail)
    const { version, expires, parts } = directory.value
    expect([version, expires]).toEqual([6, draft.expires])
    expect(parts.map(({ identifier, instance, location }) => ({ identifier, instance, location }))).toEqual(
      draft.parts.map(({ identifier, instance, location }) => ({ identifier, instance, location })),
    )
    expect(parts.map((part, index) => verdict(checkPart(part, version, draft.parts[index]?.bytes as Uint8Array)))).toEqual([
      'valid',
      'valid',
    ])
  })
  test('has exactly the lines of a stock one, each ended by CR LF', () => {
    expect(
      text()
        .replace(/[A-Za-z0-9+/]{80,}={0,2}/g, 'BASE64')
        .replace(/\b[0-9a-f]{20}\b/g, (id) => (id === /boundary=(\S+)/.exec(text())?.[1] ? 'B1' : 'B2'))
        .split('\r\n'),
    ).toEqual([
      'Content-Type: multipart/related; charset=UTF-8; boundary=B1',
      '',
      '--B1',
      'Content-Type: multipart/mixed; charset=UTF-8; boundary=B2',
      '',
      '--B2',
      'Expire-date: 2026-02-06T11:01:12.123Z',
      'Version: 6',
      '',
      ...['SHARED-PARAMETERS', 'FOO'].flatMap((identifier) => [
        '--B2',
        'Content-type: application/octet-stream',
        'Content-transfer-encoding: base64',
        `Content-identifier: ${identifier}; instance='LAB'`,
        `Content-location: /V6/20260206100112123000000/${identifier === 'FOO' ? 'foo.xml' : 'shared-params.xml'}`,
        'Hash-algorithm-id: http://www.w3.org/2001/04/xmlenc#sha512',
        '',
        'BASE64',
      ]),
      '--B2--',
      '',
      '--B1',
      'Content-Type: application/octet-stream',
      'Content-Transfer-Encoding: base64',
      'Signature-Algorithm-Id: http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
      'Verification-certificate-hash: BASE64; hash-algorithm-id="http://www.w3.org/2001/04/xmlenc#sha512"',
      '',
      'BASE64',
      '--B1--',
      '',
    ])
  })
  test('is the same to the octet when written again', async () => expect(await writeSignedDirectory(draft, signer, sign)).toEqual(written))
  test('quotes an instance with an apostrophe in the other way, and reads it back', async () => {
    const parts = draft.parts.map((part) => ({ ...part, identifier: 'FOO', instance: "O'Higgins" })).slice(0, 1)
    const directory = read(await writeSignedDirectory({ ...draft, parts }, signer, sign))
    expect(directory.ok && directory.value.parts[0]?.instance).toBe("O'Higgins")
  })

  const ALGORITHMS: readonly (readonly [SignatureName, 'rsa' | 'ec', readonly string[]])[] = [
    ['rsa-sha512', 'rsa', ['-sha512']],
    ['rsa-sha256', 'rsa', ['-sha256']],
    ['pss-sha512', 'rsa', ['-sha512', '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:64']],
    ['ecdsa-sha512', 'ec', ['-sha512']],
  ]
  test.skipIf(!needs('openssl')).each(ALGORITHMS)(
    '%s: openssl verifies the signature over the octets between the boundaries',
    async (algorithm, kind, options) => {
      const own = directorySigner(algorithm, kind)
      const bytes = await writeSignedDirectory(draft, own.signer, own.sign)
      expect(verdict(readSignedDirectory(bytes, [own.signer.certificate], AT))).toBe('valid')
      const all = Buffer.from(bytes).toString('latin1')
      const folder = mkdtempSync(join(tmpdir(), 'sacbe-directory-'))
      const file = (name: string, content: Uint8Array | string) => {
        writeFileSync(join(folder, name), content)
        return join(folder, name)
      }
      const key = file('key.pem', runTool('openssl', ['x509', '-in', file('cert.pem', own.pem), '-pubkey', '-noout']).stdout)
      const signature = file('signature', Buffer.from(/\r\n\r\n([A-Za-z0-9+/=]+)\r\n--[0-9a-f]+--\r\n$/.exec(all)?.[1] as string, 'base64'))
      const check = (signed: string) =>
        runTool('openssl', ['dgst', ...options, '-verify', key, '-signature', signature, file('signed', Buffer.from(signed, 'latin1'))])
          .status
      expect(check(signedOctets(all))).toBe(0)
      expect(check(signedOctets(all).replace('Version: 6', 'Version: 5'))).not.toBe(0)
      rmSync(folder, { recursive: true })
    },
  )
})

describe('a directory we read', () => {
  test('must not have expired at the instant given', () => {
    expect(verdict(read(written, instant(draft.expires - 1)))).toBe('valid')
    expect(verdict(read(written, draft.expires))).toBe('global_conf_outdated')
  })
  test('must be signed by a key among those given', () => {
    const stranger = directorySigner('rsa-sha256').signer.certificate
    expect(verdict(readSignedDirectory(written, [stranger], AT))).toBe('global_conf_missing_verification_cert')
    expect(verdict(readSignedDirectory(written, [], AT))).toBe('global_conf_missing_verification_cert')
    expect(verdict(readSignedDirectory(written, [stranger, signer.certificate], AT))).toBe('valid')
  })
  test('loses its signature with its line ends', () =>
    expect(verdict(read(edited((all) => all.replaceAll('\r\n', '\n'))))).toBe('global_conf_signature_verification_failure'))
  test('may have its outer lines ended by LF, a type on its inner boundary and the algorithm unquoted, as proxies write it', () =>
    expect(
      verdict(
        read(
          edited((all) => {
            const signed = signedOctets(all)
            const rest = all
              .replace(signed, '\0')
              .replaceAll('\r\n', '\n')
              .replace('multipart/mixed;', 'multipart/mixed; type="multipart/mixed";')
            return rest.replace(/hash-algorithm-id="([^"]+)"/, 'hash-algorithm-id=$1').replace('\0', () => signed)
          }),
        ),
      ),
    ).toBe('valid'))
  test.each([
    ['no expiry', (signed: string) => signed.replace(/Expire-date: .*\r\n/, ''), 'global_conf_header_field_missing'],
    [
      'an expiry that is no instant',
      (signed: string) => signed.replace(/Expire-date: .*\r\n/, 'Expire-date: tomorrow\r\n'),
      'malformed_global_conf',
    ],
    ['an expiry with an offset', (signed: string) => signed.replace('11:01:12.123Z', '12:31:12.123456789+01:30'), 'valid'],
    ['a version nobody knows', (signed: string) => signed.replace('Version: 6', 'Version: 7'), 'malformed_global_conf'],
    ['no version, which is version 2', (signed: string) => signed.replace('Version: 6\r\n', ''), 'valid'],
    [
      'a part without an instance',
      (signed: string) => signed.replace("PARAMETERS; instance='LAB'", 'PARAMETERS'),
      'global_conf_header_field_missing',
    ],
    ['an unknown part without an instance', (signed: string) => signed.replace("FOO; instance='LAB'", 'FOO'), 'valid'],
    ['an instance in double quotes', (signed: string) => signed.replaceAll("'LAB'", '"LAB"'), 'valid'],
    ['an instance without quotes', (signed: string) => signed.replaceAll("'LAB'", 'LAB'), 'valid'],
    ['a part without a place', (signed: string) => signed.replace(/Content-location: .*\r\n/, ''), 'global_conf_header_field_missing'],
    ['a part in another encoding', (signed: string) => signed.replace('encoding: base64', 'encoding: BASE64'), 'malformed_global_conf'],
    ['a digest cut short', (signed: string) => signed.replace(/\r\n\r\n[A-Za-z0-9+/=]{88}/, '\r\n\r\nAAAA'), 'malformed_global_conf'],
    ['a weak digest', (signed: string) => signed.replace('2001/04/xmlenc#sha512', '2000/09/xmldsig#sha1'), 'weak_algorithm'],
    ['an unknown digest', (signed: string) => signed.replace('#sha512', '#sha3'), 'malformed_global_conf'],
    ['a part twice', (signed: string) => signed.replace('FOO;', 'SHARED-PARAMETERS;'), 'malformed_global_conf'],
    ['a header twice', (signed: string) => signed.replace('Version: 6\r\n', 'Version: 6\r\nVersion: 6\r\n'), 'mime_parsing_failed'],
    ['a folded header', (signed: string) => signed.replace('Version: 6\r\n', 'Version:\r\n 6\r\n'), 'mime_parsing_failed'],
    ['no closing delimiter inside, as old ones', (signed: string) => signed.replace(/--[0-9a-f]+--\r\n$/, ''), 'valid'],
  ])('validly signed, with %s: %s', async (_what, change, code) => expect(verdict(read(await resigned(change)))).toBe(code))
  test.each([
    ['a third part', (all: string) => all.replace(/(--[0-9a-f]+)--\r\n$/, '$1\r\nA: b\r\n\r\nc\r\n$1--\r\n'), 'mime_parsing_failed'],
    ['its end cut off', (all: string) => all.replace(/--\r\n$/, '\r\n'), 'mime_parsing_failed'],
    ['text after its end', (all: string) => `${all}more`, 'mime_parsing_failed'],
    ['text before its parts', (all: string) => all.replace('\r\n\r\n', '\r\n\r\nhello\r\n'), 'mime_parsing_failed'],
    ['no boundary', (all: string) => all.replace(/; boundary=\S+/, ''), 'mime_parsing_failed'],
    ['another inner boundary', (all: string) => all.replace(/(mixed; charset=UTF-8; boundary=)\S+/, '$1other'), 'mime_parsing_failed'],
    [
      'the signature of a weak algorithm',
      (all: string) => all.replace('2001/04/xmldsig-more#rsa-sha512', '2000/09/xmldsig#rsa-sha1'),
      'weak_algorithm',
    ],
    ['the signature of an unknown algorithm', (all: string) => all.replace('#rsa-sha512', '#rsa-sha3'), 'unsupported_sign_algorithm'],
    ['no signature algorithm', (all: string) => all.replace(/Signature-Algorithm-Id: .*\r\n/, ''), 'global_conf_header_field_missing'],
    [
      'a signature that is no base64',
      (all: string) => all.replace(/\r\n\r\n[^\r]+(\r\n--[0-9a-f]+--\r\n)$/, '\r\n\r\n***$1'),
      'global_conf_signature_verification_failure',
    ],
    ['nothing in it', () => '', 'mime_parsing_failed'],
  ])('with %s: %s', (_what, change, code) => expect(verdict(read(edited(change)))).toBe(code))
  test('that is larger than any is refused unread', () =>
    expect(verdict(read(Buffer.concat([written, Buffer.alloc(2 * 1024 * 1024, 10)])))).toBe('mime_parsing_failed'))
  test('with weak digests is read only where that is asked for', async () => {
    const weak = await resigned((signed) =>
      signed
        .replace('2001/04/xmlenc#sha512', '2000/09/xmldsig#sha1')
        .replace(/\r\n\r\n[A-Za-z0-9+/=]{88}/, `\r\n\r\n${createHash('sha1').update(shared).digest('base64')}`),
    )
    expect(verdict(read(weak))).toBe('weak_algorithm')
    expect(verdict(readSignedDirectory(weak, [signer.certificate], AT, { weak: 'accepted' }))).toBe('valid')
  })
  test('must be of the instance of the anchor: a partner cannot publish under our name', () => {
    const directory = read(written)
    if (!directory.ok) throw new Error(directory.fault.detail)
    expect(verdict(isAllOf(directory.value, 'LAB'))).toBe('valid')
    expect(verdict(isAllOf(directory.value, 'OTRA'))).toBe('malformed_global_conf')
  })
  test('never says another thing after a change of one octet', () => {
    const random = seeded(20260206)
    const meaning = JSON.stringify(read(written), plain)
    const counts = { refused: 0, same: 0 }
    for (let round = 0; round < 3000; round++) {
      const bytes = Uint8Array.from(written)
      const place = random.below(bytes.length)
      bytes[place] = (bytes[place] as number) ^ (1 << random.below(8))
      const outcome = read(bytes)
      counts[outcome.ok ? 'same' : 'refused']++
      if (outcome.ok) expect(JSON.stringify(outcome, plain)).toBe(meaning)
    }
    console.log(`directories with one bit changed (seed 20260206): ${counts.refused} refused, ${counts.same} unchanged in meaning`)
    expect(counts.refused).toBeGreaterThan(2000)
  })
})
const plain = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value instanceof Map ? [...value] : value)

describe('a part', () => {
  const part = () => {
    const directory = read(written)
    if (!directory.ok) throw new Error(directory.fault.detail)
    return directory.value.parts[0] as NonNullable<(typeof directory.value.parts)[0]>
  }
  test('with other octets fails its integrity', () =>
    expect(verdict(checkPart(part(), 6, Buffer.concat([shared, Buffer.from(' ')])))).toBe(
      'global_conf_part_downloaded_file_integrity_failure',
    ))
  test('of another instance than its label is malformed', () =>
    expect(verdict(checkPart({ ...part(), instance: 'OTRA' }, 6, shared))).toBe('malformed_global_conf'))
  test('that does not read in the version of its directory is malformed', () =>
    expect(verdict(checkPart(part(), 2, shared))).toBe('malformed_global_conf'))
  test('gives what it holds', () => {
    const content = checkPart(part(), 6, shared)
    expect(content.ok && content.value.shared).toEqual((readSharedParameters(shared, 6) as { value: unknown }).value)
  })
})
