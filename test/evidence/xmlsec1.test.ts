import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CanonicalForm, canonicalize } from '../../src/evidence/canonical.ts'
import type { PartDigest } from '../../src/evidence/hash-chain.ts'
import { sealMessage } from '../../src/evidence/seal.ts'
import { readSignature } from '../../src/evidence/signature-document.ts'
import { type Digest, digestNamed, hash, sha512 } from '../../src/protocol/digests.ts'
import { parseXml, type XmlElement } from '../../src/protocol/xml.ts'
import { attribute, descendants, textOf } from '../../src/protocol/xml-lookup.ts'
import { needs, runTool } from '../tools.ts'
import { NOON, privateKeyOf, sign, spkiOf } from '../trust/authority.ts'
import { materialOf, must, type Workshop, workshop } from './containers.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sacbe-xmlsec1-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const pem = (key: string): string =>
  createPublicKey({ key: Buffer.from(spkiOf(privateKeyOf(key))), format: 'der', type: 'spki' }).export({
    type: 'spki',
    format: 'pem',
  }) as string

const MESSAGE = Buffer.from('GET\r\n/r1/QRO/GOB/SEDESOQ/PADRON/consulta\r\n')
const parts: readonly PartDigest[] = [{ name: '/message.xml', sha512: sha512(MESSAGE) }]

describe.skipIf(!needs('xmlsec1'))('xmlsec1 takes our signatures', () => {
  let shop: Workshop
  beforeAll(async () => {
    shop = await workshop()
  })
  const held = (signature: Uint8Array | string, message: Uint8Array, key: string): boolean => {
    const properties = ['--id-attr:Id', 'http://uri.etsi.org/01903/v1.3.2#:SignedProperties']
    const map = ['--url-map:/message.xml', file('message', message)]
    return (
      runTool('xmlsec1', ['--verify', ...properties, ...map, '--pubkey-pem', file('key.pem', pem(key)), file('signature.xml', signature)])
        .status === 0
    )
  }

  test.each(['dif', 'difBelow', 'difP256', 'sedesoqP384'] as const)('of %s, and refuses each damaged copy', async (who) => {
    const { key } = shop.signers[who]
    const { signature } = await sealMessage(parts, await materialOf(shop.signers[who], NOON, shop), sign, NOON)
    const text = Buffer.from(signature).toString('utf8')
    expect(held(signature, MESSAGE, key)).toBe(true)
    expect(held(signature, Buffer.from(`${MESSAGE} `), key)).toBe(false)
    expect(held(text.replace('<xades:SigningTime>2026', '<xades:SigningTime>2027'), MESSAGE, key)).toBe(false)
    expect(held(text.replace('signature-reference-0" URI', 'signature-reference-9" URI'), MESSAGE, key)).toBe(false)
    expect(
      held(
        text.replace(/(<ds:SignatureValue[^>]*>)(.)/, (_, tag, first) => tag + (first === 'A' ? 'B' : 'A')),
        MESSAGE,
        key,
      ),
    ).toBe(false)
    expect(held(signature, MESSAGE, shop.signers.difAgain.key)).toBe(false)
  })
})

describe.skipIf(!needs('openssl'))('openssl takes our RSA-PSS signatures, which xmlsec1 before 1.3 does not know', () => {
  test('over the canonical SignedInfo, and refuses a damaged one', async () => {
    const shop = await workshop()
    const { signature } = await sealMessage(parts, await materialOf(shop.signers.difPss, NOON, shop), sign, NOON)
    const parsed = must(readSignature(signature))
    const signed = canonicalize(parsed.signedInfo)
    const options = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:64', '-sigopt', 'rsa_mgf1_md:sha512']
    const held = (data: Uint8Array): boolean => {
      const files = [file('pss.pem', pem(shop.signers.difPss.key)), '-signature', file('pss.bin', parsed.value), file('pss.data', data)]
      return runTool('openssl', ['dgst', '-sha512', ...options, '-verify', ...files]).status === 0
    }
    expect(held(signed)).toBe(true)
    expect(held(Buffer.concat([signed, Buffer.from(' ')]))).toBe(false)
  })
})

const FORMS: readonly (readonly [uri: string, form: CanonicalForm])[] = [
  ['http://www.w3.org/TR/2001/REC-xml-c14n-20010315', {}],
  ['http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments', { comments: true }],
  ['http://www.w3.org/2001/10/xml-exc-c14n#', { exclusive: true }],
  ['http://www.w3.org/2001/10/xml-exc-c14n#WithComments', { exclusive: true, comments: true }],
]
const PREFIX_LISTS = [undefined, 'p SOAP-ENV', '#default q']
const DS = 'http://www.w3.org/2000/09/xmldsig#'
const EC = 'http://www.w3.org/2001/10/xml-exc-c14n#'

const NASTY = `<p:data p:other="no" Id="data" xml:lang="es" b="&#9;&lt;&amp;&quot;'" SOAP-ENV:a="1">\r\n<!--dropped: a reference by Id has no comments-->&#13;\u0085\u2028<![CDATA[<&>]]><?p  i ?><inner xmlns="" xmlns:q="urn:q2"><q:x/></inner></p:data>`

function template(formUri: string, transformUri: string, list: string | undefined): string {
  const inclusive =
    list !== undefined && transformUri.includes('exc') ? `<ec:InclusiveNamespaces xmlns:ec="${EC}" PrefixList="${list}"/>` : ''
  const reference = `<ds:Reference URI="#data"><ds:Transforms><ds:Transform Algorithm="${transformUri}">${inclusive}</ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference>`
  const signedInfo = `<ds:SignedInfo>\n<!--kept or not-->\n<ds:CanonicalizationMethod Algorithm="${formUri}"/><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>${reference}</ds:SignedInfo>`
  return `<root xmlns="urn:default" xmlns:p="urn:p" xmlns:q="urn:q" xmlns:SOAP-ENV="urn:s" xmlns:id="urn:i" xml:space="preserve">${NASTY}<ds:Signature xmlns:ds="${DS}">${signedInfo}<ds:SignatureValue/></ds:Signature></root>`
}

describe.skipIf(!needs('xmlsec1'))('we take signatures that xmlsec1 made', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })

  test('in every canonical form of SignedInfo, every transform, every prefix list', () => {
    const key = file('made.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
    let count = 0
    for (const [formUri, form] of FORMS)
      for (const [transformUri, transform] of FORMS)
        for (const list of PREFIX_LISTS) {
          const source = file('template.xml', template(formUri, transformUri, list))
          const said = runTool('xmlsec1', ['--sign', '--id-attr:Id', 'urn:p:data', '--privkey-pem', key, source])
          expect(said.status, said.stderr).toBe(0)
          const { root } = must(parseXml(said.stdout))
          const named = (name: string): XmlElement => [...descendants(root)].find((each) => each.name === name) as XmlElement
          const signed = canonicalize(named('ds:SignedInfo'), form)
          const value = Buffer.from(textOf(named('ds:SignatureValue')), 'base64')
          expect(verify('sha256', signed, publicKey, value), `${formUri} ${transformUri} ${list}`).toBe(true)
          const prefixes = transformUri.includes('exc') ? (list?.split(' ') ?? []) : []
          const data = canonicalize(named('p:data'), { ...transform, comments: false, inclusivePrefixes: prefixes })
          expect(attribute(named('p:data'), 'Id')).toBe('data')
          expect(Buffer.from(hash(digestNamed('SHA-256') as Digest, data)).toString('base64')).toBe(textOf(named('ds:DigestValue')).trim())
          count++
        }
    console.log(`signatures made by xmlsec1: ${count} of ${FORMS.length ** 2 * PREFIX_LISTS.length} hold`)
  })
})
