import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { refreshTrustHandler } from '../../functions/refresh-trust/handler.ts'
import { fetchOverHttp } from '../../src/adapters/http/fetch-url.ts'
import { HOUR, SECOND } from '../../src/base/clock.ts'
import { newMemory } from '../../src/exchange/memory.ts'
import type { FetchUrl, LogEntry } from '../../src/exchange/ports.ts'
import { loadCertificate } from '../../src/local/certificate-files.ts'
import { certificatesOf, configurationOf, readNodeFile } from '../../src/local/node-file.ts'
import type { Registry } from '../../src/local/registry.ts'
import { openExchange } from '../journeys/exchange.ts'

/** The bank's door on the bank's own records, beside a centre that may cheat; its certificates are kept by nobody but its configuration. */
async function bankDoor() {
  const honestly = fetchOverHttp()
  const between: { fetchUrl: FetchUrl } = { fetchUrl: honestly }
  const exchange = await openExchange({ fetchUrl: (...asked) => between.fetchUrl(...asked) })
  const bank = exchange.world.nodes.get('bank')
  if (!bank) throw new Error('no bank')
  const folder = join(exchange.folder, 'nodes', 'bank')
  const configuration = await configurationOf(folder, readNodeFile(folder))
  const log: LogEntry[] = []
  const run = refreshTrustHandler({
    refreshTrust: bank.refreshTrust,
    configuration: async () => configuration,
    store: bank.store.store,
    fetchUrl: honestly,
    now: exchange.now,
    memory: newMemory(),
    log: (entry) => void log.push(entry),
  })
  return {
    ...{ exchange, between, honestly, folder, run },
    alarms: () => log.filter(({ event }) => event === 'alarm').map(({ kind }) => kind),
    cheat: (change: (server: Registry['servers'][number]) => Registry['servers'][number]) =>
      exchange.world.centre.change((registry) => ({
        ...registry,
        servers: registry.servers.map((server) => (server.id.memberCode === '222' ? change(server) : server)),
      })),
    [Symbol.asyncDispose]: () => exchange[Symbol.asyncDispose](),
  }
}

describe('the door that keeps the configuration fresh', () => {
  test('finds nothing to say of an honest centre', async () => {
    await using door = await bankDoor()
    const first = await door.run()
    door.exchange.wait(6 * HOUR)
    await door.exchange.world.centre.tend()
    expect([first.alarms, await door.run(), door.alarms()]).toEqual([0, { configuration: first.configuration, alarms: 0 }, []])
  })

  test('says what the centre publishes of the node that it did not ask for, once, and goes on', async () => {
    await using door = await bankDoor()
    await door.run()
    await door.cheat((server) => ({ ...server, address: 'localhost:9' }))
    expect((await door.run()).alarms).toBe(1)
    expect((await door.run()).alarms).toBe(1)
    expect(door.alarms()).toEqual(['unknown_address'])
  })

  test('says that a certificate was revoked which the node did not give up', async () => {
    await using door = await bankDoor()
    await door.run()
    await door.exchange.world.centre.revoke(loadCertificate(certificatesOf(door.folder), 'sign-EE-COM-222').serial)
    door.exchange.wait(HOUR)
    expect((await door.run()).alarms).toBe(1)
    expect(door.alarms()).toEqual(['unasked_revocation'])
  })

  test('fails when only yesterday’s configuration is to be had, and says that it was shown', async () => {
    await using door = await bankDoor()
    const before = new Map<string, Awaited<ReturnType<FetchUrl>>>()
    door.between.fetchUrl = async (url, ...rest) => {
      const answer = await door.honestly(url, ...rest)
      before.set(url, answer)
      return answer
    }
    await door.run()
    door.between.fetchUrl = door.honestly
    door.exchange.wait(10 * SECOND)
    await door.cheat((server) => ({ ...server }))
    await door.exchange.world.centre.change((registry) => ({
      ...registry,
      members: registry.members.map((member) => ({ ...member, name: `${member.name} 2` })),
    }))
    await door.run()
    door.between.fetchUrl = async (url, ...rest) => before.get(url) ?? door.honestly(url, ...rest)
    await expect(door.run()).rejects.toThrow('global_conf_rolled_back')
    expect(door.alarms()).toEqual(['configuration_rolled_back'])
  })
})
