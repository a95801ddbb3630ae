import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatId } from '../../src/protocol/identifiers.ts'
import { needsEmulators } from './emulators.ts'
import type { Fate } from './proxy.ts'
import { type AwsNode, type AwsWorld, openAwsWorld, REST } from './world.ts'

/** Whatever a message asks of AWS: on each side one signature, and two records kept. */
const CALLS = 3
const FATES = ['lost', 'done but unanswered'] as const

type Kept = { readonly identity: string; readonly requestId: string; readonly direction: string }

/**
 * A door that dies at one of its calls to AWS: the call is lost, or done and its answer lost, and nothing that it asks afterwards arrives. Its caller may still be
 * told something; what it is told must be true.
 */
describe.skipIf(!needsEmulators())('a message whose door falls silent at any call to AWS', () => {
  let world: AwsWorld
  beforeAll(async () => {
    world = await openAwsWorld()
    // Warm: what a door asks once is not what this is about.
    for (let n = 0; n < 2; n++) expect((await world.call(`/r1/${formatId(REST)}/tibio/${n}`)).status).toBe(200)
  }, 300_000)
  afterAll(() => world?.close())

  type Tried = { readonly path: string; readonly status: number; readonly outcome: string | undefined; readonly requestId: string }
  const tried: Tried[] = []

  for (const side of ['consume', 'provide'] as const)
    for (let at = 1; at <= CALLS; at++)
      for (const fate of FATES)
        test(`${side}, call ${at} ${fate}: nobody is told that it went well unless all of it is kept`, async () => {
          const { proxy } = side === 'consume' ? world.dif.doors.consume : world.sedesoq.doors.provide
          const path = `/r1/${formatId(REST)}/caso/${side}-${at}-${fate.replaceAll(' ', '-')}`
          let seen = 0
          proxy.decide((): Fate => (++seen < at ? 'pass' : seen === at ? fate : 'lost'))
          const reply = await world.call(path)
          proxy.decide(() => 'pass')
          expect(seen, 'the door asked for less than was thought').toBeGreaterThanOrEqual(at)
          const called = world.serviceCalls.some(({ url }) => path.endsWith(url))
          const outcome = reply.headers['x-sacbe-outcome'] as string | undefined
          expect(reply.status).not.toBe(200)
          if (called) expect(outcome).toBe('unknown')
          tried.push({ path, status: reply.status, outcome, requestId: String(reply.headers['x-road-request-id'] ?? '') })
        }, 60_000)

  test('afterwards both chains are whole: each call of the service has its request kept on both sides, nothing is there twice', async () => {
    expect(tried).toHaveLength(2 * CALLS * FATES.length)
    const kept = { dif: await sealedBy(world.dif), sedesoq: await sealedBy(world.sedesoq) }
    for (const [name, records] of Object.entries(kept))
      expect(new Set(records.map(({ identity }) => identity)).size, name).toBe(records.length)
    const requestsOf = (records: readonly Kept[]) =>
      new Set(records.filter(({ direction }) => direction === 'request').map(({ requestId }) => requestId))
    const [asked, taken] = [requestsOf(kept.dif), requestsOf(kept.sedesoq)]
    // Whatever reached the provider had been kept by the consumer before it left.
    for (const id of taken) expect(asked).toContain(id)
    expect(taken.size).toBeGreaterThanOrEqual(world.serviceCalls.length)
    // A response that the consumer keeps is one that the provider kept before it released it.
    const responses = (records: readonly Kept[]) =>
      records.filter(({ direction }) => direction === 'response').map(({ requestId }) => requestId)
    const released = new Set(responses(kept.sedesoq))
    for (const id of responses(kept.dif)) expect(released).toContain(id)
    console.log(
      `${tried.length} deaths; consumer keeps ${asked.size} requests, ${responses(kept.dif).length} responses; provider ${taken.size} and ${released.size}; the service was called ${world.serviceCalls.length} times`,
    )
  }, 120_000)
})

/** Runs the archive until the line is clear; what its receipts say is sealed. */
async function sealedBy({ doors, files }: AwsNode): Promise<readonly Kept[]> {
  for (let more = true; more; ) {
    const run = (await doors.archive.invoke()) as 'quiet' | { readonly more: boolean; readonly setAside: number }
    more = run !== 'quiet' && run.more
    if (run !== 'quiet') expect(run.setAside).toBe(0)
  }
  const kept: Kept[] = []
  for (const name of await files.listLocked('receipts/')) {
    const [, ...lines] = Buffer.from((await files.getLocked(name)) ?? [])
      .toString()
      .trim()
      .split('\n')
    kept.push(...lines.map((line) => JSON.parse(line) as Kept))
  }
  return kept
}
