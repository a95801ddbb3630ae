import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { largeCall } from '../large/memory.ts'

const MIB = 1024 * 1024
/** The whole of it, both ways, takes minutes: `node test/large/memory.ts 1024`, and `node test/large/memory.ts 650 attachment`. */
const SIZE = Number(process.env.SACBE_LARGE_MIB ?? 128)
const watched = existsSync('/proc/self/clear_refs')

test.skipIf(!watched).each(['body', 'attachment'] as const)(
  `${SIZE} MiB and back, of a %s, cost neither node more than 64 MiB of memory`,
  async (large) => {
    const { unchanged, status, consumer, provider, seconds } = await largeCall(SIZE * MIB, (SIZE + 1) * MIB, large)
    console.log(`${SIZE} MiB of ${large}: consumer ${grown(consumer)}, provider ${grown(provider)} MiB above idle, ${seconds.toFixed(1)} s`)
    expect([status, unchanged]).toEqual([200, true])
    expect(Math.max(grown(consumer), grown(provider))).toBeLessThan(64)
  },
  600_000,
)

test.skipIf(!watched)('100 MiB against a limit of 10 are refused after a few, and cost a node next to nothing', async () => {
  const { status, code, sent, consumer } = await largeCall(100 * MIB, 10 * MIB)
  console.log(`refused after ${(sent / MIB).toFixed(1)} MiB, ${grown(consumer)} MiB above idle`)
  expect([status, code]).toEqual([400, 'client.message_too_large'])
  expect(sent).toBeLessThan(20 * MIB)
  expect(grown(consumer)).toBeLessThan(64)
})

const grown = ({ idleMiB, peakMiB }: { readonly idleMiB: number; readonly peakMiB: number }) => Math.round(peakMiB - idleMiB)
