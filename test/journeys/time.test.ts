import { describe, expect, test } from 'vitest'
import { fetchOverHttp } from '../../src/adapters/http/fetch-url.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../../src/base/clock.ts'
import type { FetchUrl } from '../../src/exchange/ports.ts'
import type { Registry } from '../../src/local/registry.ts'
import { codeOf, type Fault } from '../../src/protocol/faults.ts'
import { type Exchange, expectRefusal, openExchange, requestIdOf, text } from './exchange.ts'
import { PERSONS } from './plan.ts'

const bothAreSealed = async (exchange: Exchange, requestId: string) => {
  for (const node of ['bank', 'register'])
    for (const item of (await exchange.sealed(node)).filter((each) => each.requestId === requestId)) {
      expect(item.state).toBe('sealed')
      expect((await exchange.verdict(item)).fault).toBeUndefined()
    }
}

describe('a node whose clock is wrong', () => {
  test.each([
    ['bank', 60 * SECOND],
    ['bank', -60 * SECOND],
  ])('%s by %i ms: signs nothing, says so, keeps nothing', async (node, off) => {
    await using exchange = await openExchange({ skew: { [node]: off } })
    const answer = await exchange.get('/x')
    expectRefusal(answer, 'server.clientproxy.clock_skew')
    expect(await exchange.kept('bank')).toEqual([])
    expect(exchange.world.serviceCalls(PERSONS)).toBe(0)
  })
  test('the provider’s: it does not call its service for an answer it could not sign', async () => {
    await using exchange = await openExchange({ skew: { register: 60 * SECOND } })
    expectRefusal(await exchange.get('/x'), 'server.serverproxy.service_failed.clock_skew')
    expect(await exchange.kept('register')).toEqual([])
    expect(exchange.world.serviceCalls(PERSONS)).toBe(0)
  })
  test('by less than half a minute: it works and is warned about', async () => {
    await using exchange = await openExchange({ skew: { bank: 10 * SECOND } })
    expect((await exchange.get('/x')).status).toBe(200)
    expect(exchange.log.some(({ event }) => event === 'clock_differs')).toBe(true)
  })
})

describe('an outage of the centre', () => {
  test('OCSP: traffic goes on for half a day, and stops before an answer counts that is too old', async () => {
    await using exchange = await openExchange()
    expect((await exchange.get('/x')).status).toBe(200)
    exchange.world.centre.outage('ocsp', true)
    exchange.wait(11 * HOUR)
    expect((await exchange.get('/x')).status).toBe(200)
    exchange.wait(HOUR + MINUTE)
    const answer = await exchange.get('/x')
    expect(answer.status).toBe(500)
    expect(text(answer)).toMatch(/"server\.clientproxy\.(cannot_create_signature|ssl_authentication_failed)[."]/)
    expect(await exchange.kept('bank', requestIdOf(answer))).toEqual([])
    exchange.world.centre.outage('ocsp', false)
    exchange.wait(MINUTE)
    expect((await exchange.get('/x')).status).toBe(200)
  })

  test('time stamps: traffic goes on, the evidence is in custody, and is sealed with fresh OCSP answers afterwards', async () => {
    await using exchange = await openExchange()
    exchange.world.centre.outage('timestamp', true)
    const answer = await exchange.get('/x')
    expect(answer.status).toBe(200)
    const run = await exchange.world.nodes.get('bank')?.archive()
    expect([run?.secured, run?.sealed, run?.waiting?.path[0]]).toEqual([2, 0, expect.any(String)])
    exchange.wait(3 * DAY)
    exchange.world.centre.outage('timestamp', false)
    await bothAreSealed(exchange, requestIdOf(answer))
  })

  test('the configuration: acted on until it runs out after four days, then nothing is signed; and taken up again', async () => {
    await using exchange = await openExchange()
    exchange.world.centre.outage('published', true)
    exchange.wait(95 * HOUR)
    expect((await exchange.get('/x')).status).toBe(200)
    exchange.wait(2 * HOUR)
    const refused = await exchange.get('/x')
    expectRefusal(refused, 'server.clientproxy.global_conf_outdated')
    expect(await exchange.kept('bank', requestIdOf(refused))).toEqual([])
    exchange.world.centre.outage('published', false)
    exchange.wait(MINUTE)
    expect((await exchange.get('/x')).status).toBe(200)
  })
})

describe('the global configuration', () => {
  /** Somebody between a node and its centre, who can play back what was published before. */
  function playback() {
    const fetchUrl = fetchOverHttp()
    const recorded = new Map<string, Awaited<ReturnType<FetchUrl>>>()
    const state = { playing: false }
    const between: FetchUrl = async (url, post, budget) => {
      const known = recorded.get(url)
      if (state.playing && known) return known
      const answer = await fetchUrl(url, post, budget)
      if (!post && !state.playing) recorded.set(url, answer)
      return answer
    }
    return { between, state, recorded }
  }

  test('a step back is refused though it is signed and has not run out, and the newer one stays in force', async () => {
    const { between, state, recorded } = playback()
    await using exchange = await openExchange({ fetchUrl: between })
    const old = new Map(recorded)
    const bank = exchange.world.nodes.get('bank')
    await exchange.world.centre.change(renamed)
    const newer = await bank?.refreshTrust()
    for (const [url, answer] of old) recorded.set(url, answer)
    state.playing = true
    const back = await bank?.refreshTrust()
    expect(back?.ok ? 'taken' : codeOf(back?.fault as Fault)).toBe('global_conf_rolled_back')
    const asked = await exchange.get('/x')
    expect(asked.status).toBe(200)
    const [item] = (await exchange.sealed('bank')).filter(({ requestId }) => requestId === requestIdOf(asked))
    expect(item?.configuration).toBe(newer?.ok && newer.value.configuration)
  })

  test('every one a node acted on stays with it, and old evidence verifies by the trust of its day', async () => {
    await using exchange = await openExchange()
    const first = await exchange.get('/1')
    await exchange.world.centre.change(renamed)
    await exchange.world.nodes.get('bank')?.refreshTrust()
    const second = await exchange.get('/2')
    const items = await exchange.sealed('bank')
    const of = (answer: typeof first) => items.find(({ requestId }) => requestId === requestIdOf(answer))
    expect(of(first)?.configuration).not.toBe(of(second)?.configuration)
    await bothAreSealed(exchange, requestIdOf(first))
    await bothAreSealed(exchange, requestIdOf(second))
  })

  const renamed = (registry: Registry): Registry => ({
    ...registry,
    members: registry.members.map((member) => ({ ...member, name: `${member.name} 2` })),
  })
})

describe('left alone for half a year', () => {
  test('nodes, centre and evidence go on without a hand being lifted', async () => {
    await using exchange = await openExchange()
    const asked: string[] = []
    for (let month = 0; month < 6; month++) {
      const answer = await exchange.get(`/${month}`)
      expect([month, answer.status]).toEqual([month, 200])
      asked.push(requestIdOf(answer))
      for (const node of ['bank', 'register']) await exchange.sealed(node)
      exchange.wait(30 * DAY)
    }
    expect((await exchange.get('/wake')).status).toBe(200)
    for (const requestId of asked) await bothAreSealed(exchange, requestId)
  })
})
