import { describe, expect, test } from 'vitest'
import { stepValue } from '../../src/evidence/digest-list.ts'
import {
  buildChains,
  isCanonicalChain,
  type PartDigest,
  type Required,
  SIGNATURE_CHAIN,
  TIMESTAMP_CHAIN,
  verifyChain,
} from '../../src/evidence/hash-chain.ts'
import { readChain, readChainResult } from '../../src/evidence/hash-chain-documents.ts'
import { type Digest, digestNamed, hex, sha512 } from '../../src/protocol/digests.ts'
import { codeOf } from '../../src/protocol/faults.ts'

const SHA512 = digestNamed('SHA-512') as Digest
const [m, a, b] = ['m', 'a', 'b'].map((letter) => sha512(Buffer.from(letter))) as [Uint8Array, Uint8Array, Uint8Array]
const message = (digest: Uint8Array): PartDigest => ({ name: '/message.xml', sha512: digest })
const attachment = (digest: Uint8Array, n = 1): PartDigest => ({ name: `/attachment${n}`, sha512: digest })
const required = (parts: readonly PartDigest[]): Required =>
  new Map(parts.map(({ name, sha512: value }) => [name, { digest: SHA512, value }]))
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('utf8')

function rootOf(result: Uint8Array): string {
  const read = readChainResult(result)
  return read.ok ? hex(read.value.value) : codeOf(read.fault)
}

function verdict(
  result: Uint8Array,
  chain: Uint8Array | undefined,
  parts: readonly PartDigest[],
  profile: 'strict' | 'stock' = 'strict',
): string {
  const files = { fetch: (uri: string) => (uri === SIGNATURE_CHAIN.chain ? chain : undefined), looksUp: () => true }
  const outcome = verifyChain(result, files, required(parts), profile)
  return outcome.ok ? 'VALID' : codeOf(outcome.fault)
}

describe('the worked examples', () => {
  test('a digest list of one SHA-512 member is 113 bytes of DER around it', () => {
    const one = Buffer.concat([
      Buffer.from('306f306d0440', 'hex'),
      m,
      Buffer.from('0c27', 'hex'),
      Buffer.from('http://www.w3.org/2001/04/xmlenc#sha512'),
      Buffer.from('3000', 'hex'),
    ])
    expect(hex(stepValue(SHA512, [{ digest: SHA512, value: m }]))).toBe(hex(sha512(one)))
  })
  test('one message with an attachment', () => {
    expect(rootOf(buildChains([[message(m), attachment(a)]], SIGNATURE_CHAIN).result)).toBe(
      '7664f7da6acaa7ada62c5eeef0930ba47015daa7c55c5fe1befc7e0bf26520e46ef456ac4c543daf0f51a7c80b457df80ad216132825c91a08f0f8b8c0a78dd9',
    )
  })
  test('three single messages: the third is promoted, and the chain of the second has two steps', () => {
    const { result, chains } = buildChains([[message(m)], [message(a)], [message(b)]], SIGNATURE_CHAIN)
    expect(rootOf(result)).toBe(
      '171ed50941785280790ce644b55df0b98f7005823d3891d3872d0bd2858e6d7e399e71194ef3ed270e3f661e77599efe7491ae0711ee5fb1f5a4621e53de30eb',
    )
    const second = readChain(chains[1] as Uint8Array)
    expect(second).toMatchObject({
      value: {
        algorithm: SHA512.xmlUri,
        steps: [
          {
            id: 'STEP0',
            members: [
              { kind: 'step', uri: '#STEP1' },
              { kind: 'value', value: Buffer.from(b) },
            ],
          },
          {
            id: 'STEP1',
            members: [
              { kind: 'value', value: Buffer.from(m) },
              { kind: 'data', uri: '/message.xml', value: Buffer.from(a) },
            ],
          },
        ],
      },
    })
  })
  test('no domain separation: (m,a),(b) and (m),(a),(b) have one root', () => {
    const pair = buildChains([[message(m), attachment(a)], [message(b)]], SIGNATURE_CHAIN)
    expect(rootOf(pair.result)).toBe(rootOf(buildChains([[message(m)], [message(a)], [message(b)]], SIGNATURE_CHAIN).result))
  })
})

test('the document is indented by four spaces, declares both namespaces and ends in a line feed', () => {
  const { result, chains } = buildChains([[message(m), attachment(a)]], TIMESTAMP_CHAIN)
  expect(text(chains[0]).split('\n').slice(0, 5)).toEqual([
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
    '<HashChain xmlns="http://cyber.ee/hashchain" xmlns:ns2="http://www.w3.org/2000/09/xmldsig#">',
    '    <DefaultDigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/>',
    '    <HashStep id="STEP0">',
    '        <DataRef URI="/message.xml">',
  ])
  expect(text(result)).toContain('<HashChainResult URI="/ts-hashchain.xml#STEP0" xmlns=')
  expect(text(result).endsWith('</HashChainResult>\n')).toBe(true)
})

test('every batch of 1 to 40 messages of 1 to 3 parts holds, and each chain only for its own message', () => {
  for (let count = 1; count <= 40; count++) {
    const batch = Array.from({ length: count }, (_, n) =>
      Array.from({ length: count === 1 ? 2 : 1 + (n % 3) }, (__, part) => ({
        name: part === 0 ? '/message.xml' : `/attachment${part}`,
        sha512: sha512(Buffer.from(`${n}.${part}`)),
      })),
    )
    const { result, chains } = buildChains(batch, SIGNATURE_CHAIN)
    batch.forEach((parts, n) => {
      expect(verdict(result, chains[n], parts)).toBe('VALID')
      expect(verdict(result, chains[n], parts, 'stock')).toBe('VALID')
      const other = batch[(n + 1) % count] as PartDigest[]
      if (count > 1) expect(verdict(result, chains[n], other, 'stock')).not.toBe('VALID')
    })
  }
})

test('a batch of 10,000 is built in time linear in its size', () => {
  const batch = Array.from({ length: 10_000 }, (_, n) => [message(sha512(Buffer.from(String(n))))])
  const { result, chains } = buildChains(batch, SIGNATURE_CHAIN)
  expect(verdict(result, chains[9_999], batch[9_999] as PartDigest[])).toBe('VALID')
})

describe('a chain is refused', () => {
  const parts = [message(m), attachment(a)]
  const { result, chains } = buildChains([parts, [message(b)]], SIGNATURE_CHAIN)
  const chain = chains[0] as Uint8Array
  const edited = (from: string | RegExp, to: string): Uint8Array => {
    const after = text(chain).replace(from, to)
    expect(after).not.toBe(text(chain))
    return Buffer.from(after)
  }

  test.each<[string, string, string, () => [Uint8Array, Uint8Array | undefined, readonly PartDigest[]]]>([
    ['with another message', 'invalid_hash_chain', 'invalid_hash_chain_ref', () => [result, chain, [message(b), attachment(a)]]],
    ['with another attachment', 'invalid_hash_chain', 'invalid_hash_chain_ref', () => [result, chain, [message(m), attachment(b)]]],
    ['that names a part not received', 'invalid_reference', 'invalid_reference', () => [result, chain, [message(m)]]],
    [
      'that names not every part',
      'hashchain_unused_inputs',
      'hashchain_unused_inputs',
      () => [result, chain, [...parts, attachment(b, 2)]],
    ],
    ['that is missing', 'invalid_reference', 'invalid_reference', () => [result, undefined, parts]],
    ['without its first step', 'malformed_hash_chain', 'malformed_hash_chain', () => [result, edited('id="STEP0"', 'id="STEP9"'), parts]],
    ['that runs in a circle', 'malformed_hash_chain', 'malformed_hash_chain', () => [result, edited('#STEP1', '#STEP0'), parts]],
    ['without a default digest', 'internal_error', 'internal_error', () => [result, edited(/ *<DefaultDigestMethod.*\n/, ''), parts]],
    [
      'with an element of another name',
      'malformed_hash_chain',
      'malformed_hash_chain',
      () => [result, edited(/DataRef/g, 'DateRef'), parts],
    ],
    [
      'with an unknown attribute',
      'malformed_hash_chain',
      'malformed_hash_chain',
      () => [result, edited('id="STEP0"', 'id="STEP0" x="1"'), parts],
    ],
    ['with two steps of one id', 'malformed_hash_chain', 'malformed_hash_chain', () => [result, edited('id="STEP1"', 'id="STEP0"'), parts]],
    [
      'with another value beside',
      'invalid_hash_chain',
      'invalid_hash_chain',
      () => [result, edited(Buffer.from(b).toString('base64'), Buffer.from(m).toString('base64')), parts],
    ],
    [
      'with a changed result',
      'invalid_hash_chain',
      'invalid_hash_chain',
      () => [buildChains([parts], SIGNATURE_CHAIN).result, chain, parts],
    ],
    ['whose result is no XML', 'malformed_hash_chain', 'malformed_hash_chain', () => [Buffer.from('foobar'), chain, parts]],
    [
      'whose result names no step',
      'malformed_hash_chain',
      'malformed_hash_chain',
      () => [Buffer.from(text(result).replace('#STEP0', '#')), chain, parts],
    ],
  ])('%s: %s, strict %s', (_, stock, strict, make) => {
    expect(verdict(...make(), 'stock')).toBe(stock)
    expect(verdict(...make(), 'strict')).toBe(strict)
  })

  test.each<[string, string, () => Uint8Array]>([
    [
      'a DataRef value that nobody looks at',
      'invalid_hash_chain_ref',
      () => edited(Buffer.from(m).toString('base64'), Buffer.from(b).toString('base64')),
    ],
    ['a step that leads nowhere', 'unaccounted_bytes', () => edited('</HashChain>', '<HashStep id="X"/></HashChain>')],
  ])('under strict only: %s, %s', (_, code, make) => {
    expect(verdict(result, make(), parts, 'stock')).toBe('VALID')
    expect(verdict(result, make(), parts, 'strict')).toBe(code)
  })

  test('a thousand levels, each using the next twice, end in time', () => {
    const steps = Array.from(
      { length: 1000 },
      (_, n) => `<HashStep id="S${n}"><StepRef URI="#S${n + 1}"/><StepRef URI="#S${n + 1}"/></HashStep>`,
    )
    const bomb = edited(/<HashStep[\s\S]*<\/HashStep>/, `${steps.join('')}<HashStep id="S1000"/>`)
    expect(verdict(Buffer.from(text(result).replace('STEP0', 'S0')), bomb, parts, 'stock')).toBe('malformed_hash_chain')
  })
})

describe('canonical form', () => {
  const { result, chains } = buildChains([[message(m), attachment(a)], [message(b)]], SIGNATURE_CHAIN)
  test('what we write is canonical', () => {
    for (const each of [result, ...chains]) expect(isCanonicalChain(each)).toBe(true)
  })
  test.each([
    ['a blank', '/>', ' />'],
    ['a comment', '<HashStep', '<!----><HashStep'],
    ['a line end inside base64', '==</ns2', '\n==</ns2'],
    ['another quote', '"STEP0"', "'STEP0'"],
    ['a reference', 'STEP0', '&#83;TEP0'],
    ['a tail', '</HashChain>\n', '</HashChain>\n\n'],
  ])('%s more is not', (_, from, to) => {
    const changed = text(chains[0]).replace(from, to)
    expect(readChain(Buffer.from(changed)).ok).toBe(true)
    expect(isCanonicalChain(Buffer.from(changed))).toBe(false)
  })
})
