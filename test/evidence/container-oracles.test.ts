import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writePem } from '../../src/trust/pem.ts'
import { needs, runTool } from '../tools.ts'
import { NOON, privateKeyOf } from '../trust/authority.ts'
import { type Filed, fileContainers, type Workshop, workshop } from './containers.ts'

// A person with common tools and without Sacbé: unpacks our container, and checks signature, stamp and OCSP answer one by one.
const TOOLS = ['unzip', 'xmlsec1', 'openssl']
let folder: string
let shop: Workshop
let filed: readonly Filed[]
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sacbe-oracles-'))
  shop = await workshop()
  filed = await fileContainers(8)
})
afterAll(() => rmSync(folder, { recursive: true }))

const put = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
const damaged = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

/** The entries as unzip writes them out. */
function unpacked(bytes: Uint8Array, name: string): (entry: string) => Buffer {
  const target = join(folder, name)
  mkdirSync(target)
  expect(runTool('unzip', ['-q', put(`${name}.asice`, bytes), '-d', target]).status).toBe(0)
  return (entry) => readFileSync(join(target, entry))
}

const base64Of = (signature: string, element: string): Buffer =>
  Buffer.from(new RegExp(`<xades:${element}[^>]*>([^<]+)<`).exec(signature)?.[1] ?? '', 'base64')

const AT = ['-attime', String(NOON / 1000)]

describe.skipIf(!TOOLS.every(needs))('a container we wrote', () => {
  test('passes unzip -t, and a damaged copy does not', () => {
    for (const [index, { bytes }] of filed.entries()) {
      expect(runTool('unzip', ['-t', put(`t${index}.asice`, bytes)]).status).toBe(0)
      expect(runTool('unzip', ['-t', put(`d${index}.asice`, damaged(bytes, 50 + index))]).status).not.toBe(0)
    }
  })

  test('passes xmlsec1 for signature and references, and a damaged message or signature does not', () => {
    let checked = 0
    for (const [index, { bytes, signer, attachments }] of filed.entries()) {
      if (signer.algorithm.startsWith('pss')) continue // xmlsec1 before 1.3 does not know RSA-PSS
      const entry = unpacked(bytes, `x${index}`)
      const name = attachments.length > 0 ? 'sig-hashchainresult.xml' : 'message.xml'
      const signature = entry('META-INF/signatures.xml')
      const uri = /URI="\/([^"#]+)"/.exec(signature.toString())?.[1] ?? name
      const key = put('key.pem', privateKeyOf(signer.key).export({ type: 'pkcs8', format: 'pem' }) as string)
      const holds = (document: Uint8Array, content: Uint8Array): boolean =>
        runTool('xmlsec1', [
          '--verify',
          '--id-attr:Id',
          'http://uri.etsi.org/01903/v1.3.2#:SignedProperties',
          `--url-map:/${uri}`,
          put('content', content),
          '--privkey-pem',
          key,
          put('s.xml', document),
        ]).status === 0
      expect(holds(signature, entry(uri)), signer.key).toBe(true)
      expect(holds(signature, damaged(entry(uri), 20)), signer.key).toBe(false)
      const edited = signature.toString().replace(/(?<=<ds:SignatureValue[^>]*>.{9})./, (character) => (character === 'A' ? 'B' : 'A'))
      expect(holds(Buffer.from(edited), entry(uri)), signer.key).toBe(false)
      checked++
    }
    expect(checked).toBeGreaterThan(5)
  })

  test('passes openssl ts over its stamped chain, and another chain or a damaged token does not', () => {
    const ca = put('ca.pem', writePem('CERTIFICATE', shop.signers.dif.issuers[0]?.certificate.der as Uint8Array))
    for (const [index, { bytes }] of filed.entries()) {
      const entry = unpacked(bytes, `o${index}`)
      const [token, result] = [entry('META-INF/timestamp.tst'), entry('ts-hashchainresult.xml')]
      const holds = (tokenBytes: Uint8Array, data: Uint8Array): boolean =>
        runTool('openssl', [
          'ts',
          '-verify',
          '-in',
          put('token', tokenBytes),
          '-token_in',
          '-data',
          put('data', data),
          '-CAfile',
          ca,
          ...AT,
        ]).status === 0
      expect(holds(token, result)).toBe(true)
      expect(holds(token, damaged(result, 100))).toBe(false)
      expect(holds(damaged(token, token.length - 20), result)).toBe(false)
    }
  })

  test('passes openssl ocsp for the answer about its signer, and a damaged answer does not', () => {
    for (const { signer, bytes, at } of filed) {
      const signature = unpacked(bytes, `c${at}${signer.key}${bytes.length}`)('META-INF/signatures.xml').toString()
      const [issuer, ...above] = signer.issuers.map(({ certificate }) => writePem('CERTIFICATE', certificate.der))
      const files = ['-issuer', put('issuer.pem', issuer ?? ''), '-cert', put('cert.pem', writePem('CERTIFICATE', signer.certificate.der))]
      const anchors = put(
        'anchors.pem',
        [issuer, ...above, writePem('CERTIFICATE', shop.signers.dif.issuers[0]?.certificate.der as Uint8Array)].join('\n'),
      )
      const responder = put('responder.pem', writePem('CERTIFICATE', shop.ocsp.certificate.der))
      const said = (answer: Uint8Array): string => {
        const trusted = [
          '-CAfile',
          anchors,
          '-VAfile',
          responder,
          '-attime',
          String(Math.floor(at / 1000)),
          '-validity_period',
          '999999999',
        ]
        const { stdout, stderr } = runTool('openssl', ['ocsp', '-respin', put('answer', answer), ...files, ...trusted, '-no_nonce'])
        return `${stdout.toString()}${stderr}`
      }
      const answer = base64Of(signature, 'EncapsulatedOCSPValue')
      expect(said(answer)).toMatch(/: good[\s\S]*Response verify OK/)
      expect(said(damaged(answer, answer.length - shop.ocsp.certificate.der.length - 60))).not.toMatch(/Response verify OK/)
    }
  })
})
