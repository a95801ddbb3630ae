import { expect, test } from 'vitest'
import { keepInQueue, MOST_IN_QUEUE } from '../../src/adapters/aws/sqs-keep.ts'
import { encodeRecord } from '../../src/evidence/record.ts'
import { MOST_QUEUED, priceLines } from '../../src/metering/price-lines.ts'
import { ASSUMED, type Usage } from '../../src/metering/usage.ts'
import { sampleRecord } from '../contract/kept.ts'
import { tariffOf } from './prices.ts'

/** How the queue and the bucket are used for a record of that size: by the door, and by what it is charged. */
async function used(octets: number) {
  const sent: string[] = []
  const put: string[] = []
  const ask = async (_action: string, input: unknown) => void sent.push((input as { MessageBody: string }).MessageBody)
  const record = sampleRecord('1', octets)
  const bytes = encodeRecord(record).length
  await keepInQueue({ ask: ask as never }, 'queue', async (name) => {
    put.push(name)
    return 'kept'
  })(record)
  const usage = {
    edge: 'rest',
    key: 'kms',
    signatures: 1,
    queued: [Math.ceil(bytes * ASSUMED.queueGrowth)],
    memoryMb: 512,
    billedMs: 100,
    startMs: 0,
  }
  const noBytes = { edgeBytes: 0, outBytes: 0, regionBytes: 0, logBytes: 0 }
  const lines = priceLines({ ...usage, ...noBytes } as unknown as Usage, tariffOf(), [])
  return { bytes, text: sent[0]?.length ?? 0, staged: put.length, charged: lines.filter(({ item }) => item === 'archive-objects').length }
}

test('a record is charged as staged in the bucket exactly when the door stages it', async () => {
  expect(MOST_QUEUED).toBe(Buffer.alloc(MOST_IN_QUEUE).toString('base64').length)
  const least = MOST_IN_QUEUE - encodeRecord(sampleRecord('1', 0)).length - 200
  for (const octets of [0, 1000, least, least + 100, least + 300, 800_000, 1_500_000]) {
    const { bytes, staged, charged, text } = await used(octets)
    expect([charged, staged], `${bytes} octets`).toEqual([staged, bytes > MOST_IN_QUEUE ? 1 : 0])
    if (staged === 0) expect(text).toBeLessThanOrEqual(MOST_QUEUED)
  }
})
