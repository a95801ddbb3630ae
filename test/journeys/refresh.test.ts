import { expect, test } from 'vitest'
import { fetchOverHttp } from '../../src/adapters/http/fetch-url.ts'
import { DAY, HOUR } from '../../src/base/clock.ts'
import { configurationOn } from '../../src/exchange/keep-configuration.ts'
import { openExchange } from './exchange.ts'

test('a node fetches the members of the exchange once for each configuration, however often it is signed anew, and knows for good since when it acts on which', async () => {
  const fetched: string[] = []
  const fetchUrl = fetchOverHttp()
  await using exchange = await openExchange({
    fetchUrl: (url, ...rest) => {
      fetched.push(new URL(url).pathname)
      return fetchUrl(url, ...rest)
    },
  })
  const bank = exchange.world.nodes.get('bank')
  if (!bank) throw new Error('no bank')
  const look = async () => {
    exchange.wait(4 * HOUR)
    await exchange.world.centre.tend()
    fetched.length = 0
    const trust = await bank.refreshTrust()
    if (!trust.ok) throw new Error(trust.fault.detail)
    return { ...trust.value, parts: fetched.filter((path) => path.endsWith('shared-params.xml')).length, at: exchange.now() }
  }
  const first = await look()
  const again = await look()
  expect([again.configuration, again.parts]).toEqual([first.configuration, 0])
  expect(again.validUntil).toBeGreaterThan(first.validUntil)
  await exchange.world.centre.change((registry) => ({
    ...registry,
    members: registry.members.map((member) => ({ ...member, name: `${member.name} 2` })),
  }))
  const changed = await look()
  expect([changed.configuration === first.configuration, changed.parts]).toEqual([false, 1])
  expect((await look()).parts).toBe(0)
  const on = (at: typeof first.at) => configurationOn(at, bank.files)
  expect([await on(again.at), await on(changed.at)]).toEqual([first.configuration, changed.configuration])
  expect(await configurationOn((first.at - DAY) as typeof first.at, bank.files)).toBeUndefined()
})
