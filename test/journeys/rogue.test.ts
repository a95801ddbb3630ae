import { describe, expect, test } from 'vitest'
import { cheat, type Form } from '../campaign/rogue.ts'
import { expectRefusal, openExchange } from './exchange.ts'

describe('a centre that cheats one node', () => {
  test.each([
    ['extra certificate', 'unknown_certificate'],
    ['back-dated stamp', 'stamp_out_of_time'],
    ['forked configuration', 'configuration_fork'],
    ['roll-back', 'configuration_rolled_back'],
  ] satisfies readonly (readonly [Form, string])[])('%s: the node says so within twenty minutes', async (form, kind) => {
    const { alarm, minutes } = await cheat(form)
    expect(alarm).toBe(kind)
    expect(minutes).toBeLessThanOrEqual(20)
  })

  test('a node that is set to stop sends nothing until somebody has looked', async () => {
    await using exchange = await openExchange()
    const bank = exchange.world.nodes.get('bank')
    if (!bank) throw new Error('no bank')
    await bank.tend()
    await exchange.world.centre.change((registry) => ({
      ...registry,
      servers: registry.servers.map((server) => (server.id.memberCode === '222' ? { ...server, address: 'localhost:9' } : server)),
    }))
    exchange.wait(3600_000)
    await bank.refreshTrust()
    await bank.tend()
    expect((await exchange.get('/x')).status).toBe(200)
    exchange.setStopOnAlarm('bank', true)
    await bank.reconfigure()
    expectRefusal(await exchange.get('/x'), 'server.clientproxy.centre_not_trusted')
    expect(await exchange.kept('bank')).toHaveLength(2)
  })
})
