import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { base64 } from '../../src/protocol/digests.ts'
import { type OrderedCertificate, readOrder } from '../../src/trust/registry/certificate-order.ts'

const SERVER = { instance: 'LAB', memberClass: 'GOB', memberCode: 'DIF', serverCode: 'nodo' }
const keyOf = (bits: number) =>
  base64(generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ type: 'spki', format: 'der' }))
const bare = (publicKey: string, use = 'signing') => ({ use, publicKey }) as OrderedCertificate
const good = keyOf(2048)

describe('a key that does not sign its own request', () => {
  test('is taken by invitation, under the name of the member that is invited', () =>
    expect(readOrder(bare(good), SERVER, 'DIF', 'invitation')).toMatchObject({ ok: true, value: { use: 'signing', dns: [] } }))

  test.each([
    ['by a statement', bare(good), 'statement', 'bad_request'],
    ['for TLS', bare(good, 'authentication'), 'invitation', 'bad_request'],
    ['that is none', bare('AAAA'), 'invitation', 'bad_request'],
    ['that is too weak', bare(keyOf(1024)), 'invitation', 'weak_algorithm'],
  ] as const)('is refused %s', (_, order, by, code) =>
    expect(readOrder(order, SERVER, 'DIF', by)).toMatchObject({ ok: false, fault: { path: [code] } }),
  )
})
