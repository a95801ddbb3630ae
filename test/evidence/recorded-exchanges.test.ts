import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { instant } from '../../src/base/clock.ts'
import type { PartDigest } from '../../src/evidence/hash-chain.ts'
import { type Profile, verifyMessage } from '../../src/evidence/verify.ts'
import { sha512 } from '../../src/protocol/digests.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import { readRequestBlock, readResponseBlock } from '../../src/protocol/rest-message.ts'
import type { SignatureDocuments } from '../../src/protocol/signature-documents.ts'
import { decodeSoap, packageDigests } from '../../src/protocol/soap-message.ts'
import { decodeRest } from '../../src/protocol/transport.ts'
import { profileClass } from '../../src/trust/profiles.ts'
import { type Trust, trustOf } from '../../src/trust/trust.ts'
import { type RawHttp, rawHttp } from '../protocol/raw-http.ts'
import { must } from '../protocol/soap-examples.ts'
import { exampleDraft, published } from '../trust/example.ts'
import { vector, vectors } from '../vectors.ts'

const der = (pem: Buffer): Uint8Array => Buffer.from(pem.toString('latin1').replace(/-----[^-]+-----|\s/g, ''), 'base64')

/** One authority and its responder. Their subjects hold no member class, so the organisation stands for it (profile of EJBCA). */
function trustIn(read: (file: string) => Buffer): Trust {
  const responder = { url: 'http://ca.example', certificate: { der: der(read('ocsp.pem')) } }
  const approved = {
    name: 'Cyber',
    authenticationOnly: false,
    profile: profileClass('Ejbca'),
    top: { certificate: { der: der(read('ca.pem')) }, ocsp: [responder] },
    intermediates: [],
  }
  return trustOf('EE', [published({ ...exampleDraft('EE'), approvedCas: [approved] })])
}

const header = ({ headers }: RawHttp, name: string): string => headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? ''
type Signed = { readonly documents: SignatureDocuments; readonly parts: readonly PartDigest[]; readonly signer: string }

function signedIn(kind: 'request' | 'response', http: RawHttp, isRest: boolean): Signed {
  const type = header(http, 'content-type')
  if (isRest) {
    const { message, body, documents } = must(decodeRest(kind, type, http.body))
    const { client, service } = kind === 'request' ? must(readRequestBlock(message, body)) : must(readResponseBlock(message, body))
    const parts = [{ name: '/message.xml', sha512: sha512(message) }]
    if (body?.kind === 'bytes') parts.push({ name: '/attachment1', sha512: sha512(body.bytes) })
    return { documents, parts, signer: kind === 'request' ? client.memberCode : service.memberCode }
  }
  const { message, attachments, documents } = must(decodeSoap(kind, type, http))
  const signer = kind === 'request' ? message.client.memberCode : message.service.memberCode
  return { documents, parts: packageDigests(message.bytes, attachments), signer }
}

function verdict({ documents, parts, signer }: Signed, trust: Trust, date: string, profile: Profile): string {
  const member = { instance: 'EE', memberClass: 'Cybernetica', memberCode: signer }
  const outcome = verifyMessage(documents, parts, member, trust, instant(Date.parse(date)), profile)
  return outcome.ok ? 'VALID' : codeOf(outcome.fault)
}

/** Both messages hold; with a part changed, left out or added, or for another member, neither does. */
function judge(request: RawHttp, response: RawHttp, isRest: boolean, trust: Trust, profile: Profile): void {
  for (const [kind, http] of [
    ['request', request],
    ['response', response],
  ] as const) {
    const signed = signedIn(kind, http, isRest)
    const judged = (change: Partial<Signed>) => verdict({ ...signed, ...change }, trust, header(response, 'date'), profile)
    expect(judged({})).toBe('VALID')
    expect(judged({ signer: 'nobody' })).toBe('incorrect_certificate')
    for (const index of signed.parts.keys()) {
      const other = signed.parts.map((part, at) => (at === index ? { ...part, sha512: sha512(part.sha512) } : part))
      expect(judged({ parts: other })).not.toBe('VALID')
    }
    if (signed.parts.length > 1) expect(judged({ parts: signed.parts.slice(0, -1) })).not.toBe('VALID')
  }
}

describe.skipIf(vectors() === null)('the signatures of exchanges recorded between stock servers', () => {
  const folder = vectors() as string
  // Their test responder dates its answers a day ahead, which only the reference verifier lets pass.
  const trust = vectors() === null ? undefined : trustIn((file) => vector(`recorded/${file}`))
  const recorded = (name: string, file: string): RawHttp => {
    const lines = vector(`recorded/${name}/${file}.headers`).toString('latin1').split(/\r?\n/)
    const head = lines.filter((line) => line && !/^transfer-encoding/i.test(line)).join('\r\n')
    return { ...rawHttp(Buffer.from(`${head}\r\n\r\n`, 'latin1')), body: vector(`recorded/${name}/${file}.body`) }
  }
  const signed =
    vectors() === null ? [] : readdirSync(join(folder, 'recorded')).filter((name) => /^(?:rest|soap)-(?!denied|missingbody)/.test(name))
  for (const name of signed)
    test(`${name}: both hold`, () =>
      judge(recorded(name, 'proxy-request'), recorded(name, 'proxy-response'), name.startsWith('rest-'), trust as Trust, 'stock'))
  test('all of them', () => console.log(`signatures of recorded exchanges: ${signed.length} of ${signed.length} rows`))
})

describe('the signatures of our own exchanges with a stock server', () => {
  const folder = join(import.meta.dirname, '../vectors/own/exchanges')
  const trust = trustIn((file) => readFileSync(join(folder, file)))
  const of = (name: string, file: string): RawHttp => rawHttp(readFileSync(join(folder, name, `${file}.http`)))
  const names = readdirSync(folder).filter((name) => /^\d/.test(name))
  for (const name of names.filter((each) => !each.startsWith('10')))
    test(`${name}: both hold`, () => judge(of(name, 'proxy-request'), of(name, 'proxy-response'), name.includes('-rest-'), trust, 'stock'))
  test('10: attachments no signature covers pass the reference verifier, and are refused with uncovered_part', () => {
    const [request, response] = [
      of('10-to-sp-uncovered-attachment', 'proxy-request'),
      of('10-to-sp-uncovered-attachment', 'proxy-response'),
    ]
    const signed = signedIn('request', request, false)
    expect(verdict(signed, trust, header(response, 'date'), 'stock')).toBe('VALID')
    expect(verdict(signed, trust, header(response, 'date'), 'strict')).toBe('uncovered_part')
  })
  test('what we wrote ourselves holds strictly too', () => {
    for (const name of names.filter((each) => !each.startsWith('10'))) {
      const ours = name.includes('to-sp') ? 'request' : 'response'
      const signed = signedIn(ours, of(name, `proxy-${ours}`), name.includes('-rest-'))
      expect([name, verdict(signed, trust, header(of(name, 'proxy-response'), 'date'), 'strict')]).toEqual([name, 'VALID'])
    }
  })
  test('all of them', () => console.log(`signatures of own exchanges: ${names.length} of ${names.length} rows`))
})
