import { describe, expect, test } from 'vitest'
import { DAY, later } from '../../../src/base/clock.ts'
import { EDGE_CERTIFICATES } from '../../../src/exchange/edge/reconcile.ts'
import type { OwedRenewal } from '../../../src/exchange/life/owed.ts'
import { askedIn } from '../../../src/exchange/watch/asked.ts'
import { base64 } from '../../../src/protocol/digests.ts'
import { NOON, newKey, spkiOf } from '../../trust/authority.ts'
import { castUntil } from '../centre/test-centre.ts'
import { outside } from './outside.ts'
import { type Day, inUse, live, registered } from './renewal.ts'

const YEAR = 365
const forYears = () => outside(castUntil(later(NOON, 10 * YEAR * DAY)))
const anotherSigning = spkiOf(newKey('renew-signing', 'rsa-sha512'))

describe('a node in the cloud renews its certificates by itself', () => {
  test('in its first year nothing is asked, ordered or owed', async () => {
    const world = await forYears()
    await registered(world)
    const before = await inUse(world)
    for (const quiet of [0, 100, 250]) {
      world.centre.wait(quiet * DAY)
      expect((await live(world, 3)).flatMap(({ steps }) => steps)).toEqual([])
    }
    expect(await inUse(world)).toEqual(before)
  }, 60_000)

  test('for three years, twice: both certificates, each in good time; what is in use is always listed and valid; the old one is withdrawn', async () => {
    const world = await forYears()
    await registered(world)
    const first = await inUse(world)
    const seen = { authentication: new Set([first.authentication]), signing: new Set([first.signing]), together: 0 }
    const look = async () => {
      const now = await inUse(world)
      expect([now.listed, now.valid]).toEqual([true, true])
      expect(now.published).toBeLessThanOrEqual(2)
      if (now.published === 2) seen.together++
      seen.authentication.add(now.authentication)
      seen.signing.add(now.signing)
    }
    const days: Day[] = []
    // Days on which nothing is due are left out.
    for (const [quiet, busy] of [
      [430, 80],
      [360, 125],
    ] as const) {
      world.centre.wait(quiet * DAY)
      days.push(...(await live(world, busy, look)))
    }
    const count = (step: string) => days.flatMap(({ steps }) => steps).filter((each) => each === step).length
    console.log(`${seen.authentication.size} TLS certificates, ${seen.signing.size} signing; both TLS ones listed on ${seen.together} days`)
    expect(seen.authentication.size).toBe(3)
    expect(seen.signing.size).toBe(3)
    expect(count('authentication taken up')).toBe(seen.authentication.size - 1)
    expect(count('signing taken up')).toBe(seen.signing.size - 1)
    expect(count('withdrawn')).toBe(seen.authentication.size - 1)
    // Peers met both for as long as anybody could act on a configuration without the new one, and a day besides.
    expect(seen.together).toBeGreaterThanOrEqual(4 * (seen.authentication.size - 1))
    const { certificates } = (await askedIn(world.store)) ?? { certificates: [] }
    expect(certificates).toEqual([(await inUse(world)).authentication])
    const edge = (await world.store.get<{ provider: { certificate: string } }>(EDGE_CERTIFICATES))?.value
    expect(edge?.provider.certificate).toBe(`arn:${seen.authentication.size}`)
  }, 300_000)

  test('without a message nothing is signed, so nothing is ordered: it waits, and says how near the end is', async () => {
    const world = await forYears()
    await registered(world)
    const said: string[] = []
    const silent = { ...world, pay: async () => {}, run: world.runAs({ log: (entry) => void said.push(entry.event) }) }
    world.centre.wait(480 * DAY)
    const days = await live(silent, 3)
    expect(days.flatMap(({ steps }) => steps)).toEqual(['asked'])
    world.centre.wait(210 * DAY)
    expect((await live(silent, 2)).flatMap(({ steps }) => steps)).toEqual([])
    expect(said).toContain('certificate_ends')
    const late = await live(world, 3)
    expect(late.flatMap(({ steps }) => steps)).toContain('ordered')
  }, 60_000)

  test('another key is to be signed with: its certificate is ordered, and taken up with it', async () => {
    const world = await forYears()
    await registered(world)
    const ports = { signingKey: { key: 'renew-signing', publicKey: async () => anotherSigning } }
    const days = await live({ ...world, run: world.runAs(ports) }, 3)
    expect(days.flatMap(({ steps }) => steps)).toEqual(['asked', 'ordered', 'signing taken up'])
    expect((await inUse(world)).signingKey).toBe('renew-signing')
  })

  test('the centre does not answer for a month: the renewal waits, and is done when it is back', async () => {
    const world = await forYears()
    await registered(world)
    world.centre.wait(480 * DAY)
    const away = {
      ...world,
      run: world.runAs({ fetchUrl: async () => ({ ok: false, fault: { path: ['network_error'], detail: 'away' } }) as never }),
    }
    const before = await inUse(world)
    await live(away, 3)
    world.centre.wait(30 * DAY)
    await live(world, 11)
    const now = await inUse(world)
    expect([now.listed, now.valid, now.published, now.authentication === before.authentication]).toEqual([true, true, 1, false])
  }, 60_000)

  test('an approval that never comes: the old one goes on, and after its time it is asked for anew', async () => {
    const world = await forYears()
    await registered(world)
    const refusing = { ...world, requests: async () => [] }
    world.centre.wait(490 * DAY)
    const first = await live(refusing, 4)
    world.centre.wait(60 * DAY)
    const steps = [...first, ...(await live(refusing, 4))].flatMap((day) => day.steps)
    expect(steps.filter((step) => step === 'ordered')).toHaveLength(2)
    expect(steps).not.toContain('authentication taken up')
    expect((await inUse(world)).listed).toBe(true)
  }, 60_000)

  test('the secret is good for one order, for this server, once its owner has spoken, and not before', async () => {
    const world = await forYears()
    await registered(world)
    world.centre.wait(480 * DAY)
    await world.run({})
    const owed = (await world.owed()).find((each): each is OwedRenewal => 'renewal' in each)
    if (!owed) throw new Error('nothing is owed')
    const { granted } = (await world.store.get<{ granted: { secret: string } }>('life/renewal'))?.value ?? { granted: { secret: '' } }
    const ask = async (server = 'LAB/GOB/DIF/nodo') =>
      world.ports.fetchUrl(
        'http://centro.example/node/enrol',
        {
          type: 'application/json',
          body: Buffer.from(
            JSON.stringify({
              secret: granted.secret,
              server,
              certificates: [{ use: 'signing', publicKey: base64(await world.ports.signingKey.publicKey()) }],
            }),
          ),
        },
        1000,
      )
    const codeOf = async (answer: ReturnType<typeof ask>) => {
      const said = await answer
      return said.ok ? [said.value.status, (JSON.parse(Buffer.from(said.value.body).toString()) as { code?: string }).code] : []
    }
    expect(await codeOf(ask())).toEqual([400, 'invalid_invitation'])
    await world.pay()
    expect(await codeOf(ask('LAB/GOB/DIF/otro'))).toEqual([400, 'invalid_invitation'])
    expect(await codeOf(ask())).toEqual([200, undefined])
    expect(await codeOf(ask())).toEqual([400, 'invalid_invitation'])
    expect((await inUse(world)).published).toBe(1) // what is registered stays as it is
  })

  test('killed at a call to the store, the centre, the key or the edge, before or after it is done, the days after end it, and nothing is left behind', async () => {
    /** On the day on which both are due. */
    const due = async () => {
      const world = await forYears()
      await registered(world)
      world.centre.wait(490 * DAY)
      return world
    }
    const counted = await due()
    const calls = await counted.countCalls((run) => live({ ...counted, run }, 10))
    expect((await counted.store.get('life/renewal'))?.value).toEqual({})
    let deaths = 0
    for (const at of sampleOf(calls, SAMPLE)) {
      const world = await due()
      if (await world.dyingAt(at, (run) => live({ ...world, run }, 10))) deaths++
      world.centre.wait(DAY)
      await live(world, 11)
      const now = await inUse(world)
      expect([now.listed, now.valid, now.published], `died at call ${at}`).toEqual([true, true, 1])
      expect((await world.store.get('life/renewal'))?.value, `died at call ${at}`).toEqual({})
      expect((await askedIn(world.store))?.certificates, `died at call ${at}`).toContain(now.authentication)
    }
    console.log(`${deaths} deaths at ${calls} calls`)
    expect(deaths).toBeGreaterThan(SAMPLE / 2)
  }, 300_000)
})

/** Deaths the suite looks at, of some hundred and forty. */
const SAMPLE = 16

/** Spread over all, odd and even. */
const sampleOf = (calls: number, many: number): readonly number[] => {
  const step = Math.max(1, Math.floor(calls / many)) | 1
  return Array.from({ length: Math.ceil(calls / step) }, (_, n) => 1 + n * step)
}
