import { expect, test } from 'vitest'
import { later } from '../../src/base/clock.ts'
import { healthOf } from '../../src/exchange/health.ts'
import type { Store } from '../../src/exchange/ports.ts'
import { type TwoNodes, twoNodes } from './two-nodes.ts'

const portsOf = (world: TwoNodes) => ({ ...world.provider.ports, store: world.provider.archivePorts.store })

test('a node that can do its work says nothing, and is not looked into again for two seconds', async () => {
  const world = await twoNodes()
  const health = healthOf(portsOf(world))
  expect(await health()).toEqual({ status: 200, text: '' })
  world.trust.current = { ...world.trust.current, validUntil: later(world.clock.now, -1) }
  expect((await health()).status).toBe(200)
  world.clock.now = later(world.clock.now, 2000)
  expect(await health()).toEqual({ status: 500, text: 'global configuration: global_conf_outdated' })
})
test('after trouble it is looked into again after half a minute', async () => {
  const world = await twoNodes()
  const health = healthOf(portsOf(world))
  const { trust } = world
  const good = trust.current
  trust.current = { ...good, validUntil: later(world.clock.now, -1) }
  expect((await health()).status).toBe(500)
  trust.current = good
  world.clock.now = later(world.clock.now, 29_000)
  expect((await health()).status).toBe(500)
  world.clock.now = later(world.clock.now, 1000)
  expect((await health()).status).toBe(200)
})
test('the TLS certificate must be good', async () => {
  const world = await twoNodes()
  world.centre.revoked.add(world.cast.sedesoq.tls.certificate.serial)
  expect(await healthOf(portsOf(world))()).toEqual({ status: 500, text: 'authentication certificate: cert_validation' })
})
test('the database must answer', async () => {
  const world = await twoNodes()
  const store = { ...portsOf(world).store, get: () => Promise.reject(new Error('gone')) } as Store
  expect(await healthOf({ ...portsOf(world), store })()).toEqual({ status: 500, text: 'database: database_error' })
})
test('whoever runs it may take it out of service, in their own words', async () => {
  const world = await twoNodes()
  const { configuration } = world.provider
  configuration.current = { ...configuration.current, outOfService: 'mudanza hasta las 5' }
  expect(await healthOf(portsOf(world))()).toEqual({ status: 503, text: 'mudanza hasta las 5' })
})
