import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HOUR, instant } from '../../src/base/clock.ts'
import { NODE_API } from '../../src/exchange/administration/node-api.ts'
import { callApi } from '../../src/exchange/centre/api/call-api.ts'
import { CENTRE_API } from '../../src/exchange/centre/api/centre-api.ts'
import { type Api, ROLES } from '../../src/exchange/centre/api/operation.ts'
import { type Administration, openCentre, openNode } from '../../src/local/administration.ts'
import { must } from '../../src/local/node-file.ts'
import { parseClientId } from '../../src/protocol/identifiers.ts'
import { type Exchange, expectRefusal, openExchange } from './exchange.ts'
import { BANK, PERSONS, STRANGER } from './plan.ts'

async function ask(opened: Administration, api: Api, method: string, path: string, body?: unknown) {
  const bytes = body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body))
  const [where = '', query = ''] = path.split('?')
  const answer = await callApi(api, { method, path: where, query, body: bytes }, { id: 'ana', roles: new Set(ROLES) }, opened.ports)
  await opened.close()
  return answer
}
const atRegister = async ({ folder, now }: Exchange, method: string, path: string, body?: unknown) =>
  ask(await openNode(join(folder, 'nodes', 'register'), now, () => {}), NODE_API, method, path, body)

describe('an agency’s people at their running node', () => {
  test('give and take rights that count at once, outlive a restart, and are remembered', async () => {
    const exchange = await openExchange()
    const node = exchange.world.nodes.get('register')
    const [bank, stranger] = [
      { service: PERSONS, subject: { client: BANK } },
      { service: PERSONS, subject: { client: STRANGER } },
    ]
    const began = exchange.now()
    expect((await exchange.get('/x')).status).toBe(200)
    expect((await atRegister(exchange, 'POST', '/rights/removals', bank)).status).toBe(200)
    expect((await atRegister(exchange, 'POST', '/rights', stranger)).status).toBe(201)
    await node?.tend()
    expectRefusal(await exchange.get('/x'), 'server.serverproxy.access_denied')
    expect((await exchange.get('/x', { as: STRANGER })).status).toBe(200)

    await exchange.stop()
    await using again = await openExchange({ folder: exchange.folder })
    expectRefusal(await again.get('/x'), 'server.serverproxy.access_denied')
    expect((await again.get('/x', { as: STRANGER })).status).toBe(200)
    const on = async (at: number) =>
      (
        await atRegister(
          again,
          'GET',
          `/rights/on?${new URLSearchParams({ at: new Date(at).toISOString(), client: BANK, service: PERSONS })}`,
        )
      ).body
    expect(await on(began)).toMatchObject([{ by: { who: 'rule node.json' }, member: true }])
    expect(await on(again.now())).toEqual([])
  })
})

test('who could call by a global group on a day is told by the configuration the node acted on then, whatever the group is today', async () => {
  await using exchange = await openExchange()
  const { centre } = exchange.world
  const grouped = async (code: string, members: readonly string[]) => {
    exchange.wait(HOUR)
    const group = { code, description: code, members: members.map((id) => must(parseClientId(id))) }
    await centre.change((registry) => ({ ...registry, groups: [...registry.groups.filter((each) => each.code !== code), group] }))
    for (const node of exchange.world.nodes.values()) await node.refreshTrust()
    return exchange.now()
  }
  const on = async (at: number, client?: string) =>
    (
      await atRegister(
        exchange,
        'GET',
        `/rights/on?${new URLSearchParams({ at: new Date(at).toISOString(), service: PERSONS, ...(client === undefined ? {} : { client }) })}`,
      )
    ).body as readonly Record<string, unknown>[]
  await atRegister(exchange, 'POST', '/rights', { service: PERSONS, subject: { globalGroup: 'salud' } })
  const without = await grouped('salud', [BANK])
  const within = await grouped('salud', [BANK, STRANGER])
  await grouped('salud', [])
  const byGroup = (rights: readonly Record<string, unknown>[]) =>
    rights.filter(({ right }) => 'globalGroup' in (right as { subject: object }).subject)
  expect(byGroup(await on(without, STRANGER))).toEqual([])
  expect(byGroup(await on(within, STRANGER))).toMatchObject([
    { member: true, served: true, configuration: expect.stringMatching(/^[0-9a-f]{128}$/) },
  ])
  expect(byGroup(await on(within))).toMatchObject([{ member: true, members: [BANK, STRANGER] }])
  expect(byGroup(await on(exchange.now(), STRANGER))).toEqual([])
})

test('a member whom people take out at the centre is out of the next configuration', async () => {
  await using exchange = await openExchange()
  const centre = () =>
    openCentre(
      exchange.folder,
      () => instant(exchange.now()),
      () => {},
    )
  expect((await ask(centre(), CENTRE_API, 'POST', '/members', { memberClass: 'GOV', memberCode: '9', name: 'Nueva' })).status).toBe(201)
  const trust = await exchange.world.nodes.get('bank')?.refreshTrust()
  expect(trust?.ok && trust.value.trust.instances.get('EE')?.members.map(({ name }) => name)).toContain('Nueva')
  expect((await ask(centre(), CENTRE_API, 'GET', '/status')).body).toMatchObject({ members: 4 })
})
