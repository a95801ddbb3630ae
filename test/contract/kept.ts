import { describe, expect, test } from 'vitest'
import { instant } from '../../src/base/clock.ts'
import { type EvidenceRecord, encodeRecord } from '../../src/evidence/record.ts'
import type { Acknowledge, Drain, Keep } from '../../src/exchange/ports.ts'

export type KeptUnderTest = {
  readonly keep: Keep
  readonly drain: Drain
  readonly acknowledge: Acknowledge
  /** Waits until what was given out and not acknowledged is given out again, where that takes time. */
  readonly reappear?: () => Promise<void>
}
const ALL = 100 * 1024 * 1024

export const sampleRecord = (requestId: string, size = 10): EvidenceRecord => ({
  side: 'consumer',
  direction: 'request',
  messageId: `m-${requestId}`,
  requestId,
  client: 'QRO/GOB/DIF/APOYOS',
  service: 'QRO/GOB/SEDESOQ/PADRON/consulta',
  at: instant(1_800_000_000_000),
  message: Buffer.from(`GET\r\n/r1/${requestId}\r\n`),
  attachments: [{ kind: 'bytes', bytes: Buffer.alloc(size, requestId) }],
  documents: { signature: Buffer.from('<firma/>') },
  configuration: 'c0ffee',
})

/** The request ids of sample records that were given out, in order. */
export const idsOf = (drained: readonly { readonly bytes: Uint8Array }[]): readonly string[] =>
  drained.map(({ bytes }) => /\/r1\/([^\r]+)/.exec(Buffer.from(bytes).toString('latin1'))?.[1] as string)

/** What every keeper of records must do, be it a file or a queue. `open` gives an empty one. */
export function keptContract(name: string, open: () => Promise<KeptUnderTest>): void {
  describe(`${name} as a keeper of records`, () => {
    test('gives kept records out byte for byte, and again until they are acknowledged', async () => {
      const { keep, drain, acknowledge, reappear } = await open()
      const record = sampleRecord('1')
      await keep(record)
      const [first] = await drain(10, ALL)
      await reappear?.()
      const [again] = await drain(10, ALL)
      expect(Buffer.compare(first?.bytes ?? Buffer.alloc(0), encodeRecord(record))).toBe(0)
      expect(Buffer.compare(again?.bytes ?? Buffer.alloc(0), encodeRecord(record))).toBe(0)
      await acknowledge([(again ?? first)?.receipt as string])
      expect(await drain(10, ALL)).toEqual([])
    })

    test('takes the same record twice without harm', async () => {
      const { keep, drain, acknowledge } = await open()
      await Promise.all([keep(sampleRecord('1')), keep(sampleRecord('1'))])
      await keep(sampleRecord('1'))
      const drained = await drain(10, ALL)
      expect(new Set(drained.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size).toBe(1)
      await acknowledge(drained.map(({ receipt }) => receipt))
    })

    test('gives no more than it is asked for, by number and by size, but at least one', async () => {
      const { keep, drain } = await open()
      for (const id of ['1', '2', '3']) await keep(sampleRecord(id, 1000))
      expect(await drain(2, ALL)).toHaveLength(2)
      expect(await drain(10, 1)).toHaveLength(1)
    })

    test('loses none of many kept at once', async () => {
      const { keep, drain, acknowledge } = await open()
      await Promise.all(Array.from({ length: 50 }, (_, n) => keep(sampleRecord(String(n)))))
      const seen = new Set<string>()
      for (let drained = await drain(7, ALL); drained.length > 0; drained = await drain(7, ALL)) {
        for (const { bytes } of drained) seen.add(Buffer.from(bytes).toString('hex'))
        await acknowledge(drained.map(({ receipt }) => receipt))
      }
      expect(seen.size).toBe(50)
    })
  })
}
