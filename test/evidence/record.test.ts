import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '../../src/base/clock.ts'
import { contentDigest, decodeRecord, type EvidenceRecord, encodeRecord, identityOf, type KeptBody } from '../../src/evidence/record.ts'
import { sha512 } from '../../src/protocol/digests.ts'

const bytes = fc.uint8Array({ maxLength: 200 })
const body: fc.Arbitrary<KeptBody> = fc.oneof(
  bytes.map((value): KeptBody => ({ kind: 'bytes', bytes: value })),
  fc.tuple(fc.string(), fc.nat(), bytes).map(([at, size, value]): KeptBody => ({ kind: 'stored', at, size, sha512: sha512(value) })),
  fc.tuple(fc.nat(), bytes).map(([size, value]): KeptBody => ({ kind: 'digest', size, sha512: sha512(value) })),
)
const record: fc.Arbitrary<EvidenceRecord> = fc.record({
  side: fc.constantFrom('consumer' as const, 'provider' as const),
  direction: fc.constantFrom('request' as const, 'response' as const),
  messageId: fc.string({ unit: 'binary' }),
  requestId: fc.string(),
  client: fc.string(),
  service: fc.string(),
  at: fc.nat().map(instant),
  message: bytes,
  attachments: fc.array(body, { maxLength: 3 }),
  documents: fc.oneof(fc.record({ signature: bytes }), fc.record({ signature: bytes, chain: fc.record({ result: bytes, chain: bytes }) })),
  configuration: fc.string(),
})

describe('an evidence record as bytes', () => {
  test('is read back as it was, and written again as the same bytes', () => {
    fc.assert(
      fc.property(record, (value) => {
        const written = encodeRecord(value)
        const read = decodeRecord(written)
        if (!read.ok) throw new Error(read.fault.detail)
        expect(Buffer.compare(encodeRecord(read.value), written)).toBe(0)
        expect(identityOf(read.value)).toBe(identityOf(value))
      }),
      { numRuns: 500, seed: 20260201 },
    )
  })

  test('is refused when it is cut short anywhere, or goes on', () => {
    const [value] = fc.sample(record, { seed: 7, numRuns: 1 }) as [EvidenceRecord]
    const written = encodeRecord(value)
    for (let end = 0; end < written.length; end++) expect(decodeRecord(written.subarray(0, end)).ok).toBe(false)
    expect(decodeRecord(Buffer.concat([written, Buffer.alloc(4)])).ok).toBe(false)
  })

  test('is refused with malformed_record when its version or the form of its head is another', () => {
    const [value] = fc.sample(record, { seed: 8, numRuns: 1 }) as [EvidenceRecord]
    const written = Buffer.from(encodeRecord(value))
    const other = Buffer.from(written)
    other[4] = 0x32
    expect(decodeRecord(other)).toMatchObject({ ok: false, fault: { path: ['malformed_record'] } })
    const head = written.indexOf('"side"')
    const spaced = Buffer.from(written)
    spaced.write(' ', head - 1, 'latin1')
    expect(decodeRecord(spaced)).toMatchObject({ ok: false, fault: { path: ['malformed_record'] } })
  })

  test('either is refused or gives the same bytes again, whatever octet is changed', () => {
    let accepted = 0
    fc.assert(
      fc.property(record, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, where, mask) => {
        const damaged = Buffer.from(encodeRecord(value))
        const at = where % damaged.length
        damaged[at] = (damaged[at] as number) ^ mask
        const read = decodeRecord(damaged)
        if (read.ok) expect(Buffer.compare(encodeRecord(read.value), damaged)).toBe(0)
        if (read.ok) accepted++
      }),
      { numRuns: 2000, seed: 20260202 },
    )
    expect(accepted).toBeGreaterThan(0)
  })
})

describe('the identity of a record', () => {
  test('is the same whether the body is held, lies elsewhere, or only its digest is known', () => {
    const [value] = fc.sample(record, { seed: 9, numRuns: 1 }) as [EvidenceRecord]
    const text = Buffer.from('hola')
    const held = { ...value, attachments: [{ kind: 'bytes' as const, bytes: text }] }
    const known = { ...value, attachments: [{ kind: 'digest' as const, size: 4, sha512: sha512(text) }] }
    expect(identityOf(known)).toBe(identityOf(held))
  })

  test('differs by side, direction, request id and content, and not by time', () => {
    const [value] = fc.sample(record, { seed: 10, numRuns: 1 }) as [EvidenceRecord]
    const others: Partial<EvidenceRecord>[] = [
      { side: value.side === 'consumer' ? 'provider' : 'consumer' },
      { direction: value.direction === 'request' ? 'response' : 'request' },
      { requestId: `${value.requestId}x` },
      { message: Buffer.concat([value.message, Buffer.from('x')]) },
    ]
    for (const other of others) expect(identityOf({ ...value, ...other })).not.toBe(identityOf(value))
    expect(identityOf({ ...value, at: instant(1) })).toBe(identityOf(value))
    expect(contentDigest(value)).toHaveLength(64)
  })
})
