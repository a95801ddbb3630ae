import { describe, expect, test } from 'vitest'
import type { Digested } from '../../src/evidence/digest-list.ts'
import { isCanonicalChain, verifyChain } from '../../src/evidence/hash-chain.ts'
import { type Digest, digestNamed, hash } from '../../src/protocol/digests.ts'
import { codeOf } from '../../src/protocol/faults.ts'
import { vector, vectors } from '../vectors.ts'

const SHA256 = digestNamed('SHA-256') as Digest
type Row = {
  readonly what: string
  readonly set: 1 | 2 | 3
  readonly inputs: Record<string, Uint8Array | null>
  readonly without?: string
  readonly expected: string
}

const digested = (name: string): Uint8Array => hash(SHA256, vector(`hashchain/hc-verifier1-${name}.xml`))
const bytes = (...octets: number[]): Uint8Array => Uint8Array.from(octets)

/** The assertions of family 08 of the index, one a row. */
const ROWS = (): readonly Row[] => [
  { what: 'the message is fetched', set: 1, inputs: { '/message.xml': null }, expected: 'VALID' },
  { what: 'the digest of the message is known', set: 1, inputs: { '/message.xml': digested('message') }, expected: 'VALID' },
  {
    what: 'inputs that the chain lacks',
    set: 1,
    inputs: { '/message.xml': null, '/unused1': null, '/unused2': null },
    expected: 'hashchain_unused_inputs',
  },
  { what: 'the digest of another file', set: 1, inputs: { '/message.xml': digested('hashchain') }, expected: 'invalid_hash_chain' },
  {
    what: 'three attachments known by digest',
    set: 2,
    inputs: { '/message.xml': bytes(0x0b), '/attachment1': bytes(0x0c), '/attachment2': bytes(0x0d), '/attachment3': bytes(0x0e) },
    expected: 'VALID',
  },
  {
    what: 'attachments that cannot be resolved',
    set: 2,
    inputs: { '/message.xml': bytes(0x0b) },
    without: '/attachment',
    expected: 'VALID',
  },
  { what: 'a canonical form as transform', set: 3, inputs: { '/message.xml': null }, expected: 'VALID' },
]

function verdict({ set, inputs, without }: Row): string {
  const file = (name: string) => vector(`hashchain/hc-verifier${set}-${name}.xml`)
  const fetch = (uri: string) => (uri === '/hashchain.xml' ? file('hashchain') : uri === '/message.xml' ? file('message') : undefined)
  const required = new Map<string, Digested | null>(
    Object.entries(inputs).map(([name, value]) => [name, value && { digest: SHA256, value }]),
  )
  const outcome = verifyChain(file('hashchainresult'), { fetch, looksUp: (uri) => !without || !uri.startsWith(without) }, required, 'stock')
  return outcome.ok ? 'VALID' : codeOf(outcome.fault)
}

describe.skipIf(vectors() === null)('hash chains made by stock', () => {
  test('the rows of family 08', () => {
    const rows = ROWS()
    const held = rows.filter((row) => verdict(row) === row.expected)
    console.log(`hash chains: ${held.length} of ${rows.length} rows`)
    expect(rows.map((row) => [row.what, verdict(row)])).toEqual(rows.map((row) => [row.what, row.expected]))
  })
  test('are canonical, chain and result', () => {
    for (const set of [1, 2])
      for (const name of ['hashchain', 'hashchainresult'])
        expect(isCanonicalChain(vector(`hashchain/hc-verifier${set}-${name}.xml`))).toBe(true)
    for (const name of ['hash-chain-1', 'hash-chain-result']) expect(isCanonicalChain(vector(`signatures/${name}.xml`))).toBe(true)
  })
})
