import { describe, expect, test } from 'vitest'
import { Busy } from '../../src/exchange/busy.ts'
import type { Keep, Sign } from '../../src/exchange/ports.ts'
import { codeIn, faultIn, type TwoNodes, twoNodes } from './two-nodes.ts'

const throttled: Sign & Keep = async () => {
  throw new Busy('Rate exceeded')
}
/** The second and later calls fail. */
const onceOnly =
  (port: Keep): Keep =>
  async (record) => {
    if (record.direction === 'response') throw new Busy('Rate exceeded')
    return port(record)
  }
const override = (world: TwoNodes, side: 'consumer' | 'provider', ports: object): void => void Object.assign(world[side].ports, ports)

describe('a port that is asked too often', () => {
  test('at the consumer, before anything is sent: busy, and no outcome to doubt', async () => {
    for (const ports of [{ sign: throttled }, { keep: throttled }]) {
      const world = await twoNodes()
      override(world, 'consumer', ports)
      const answer = await world.ask()
      expect([codeIn(answer), faultIn(answer).outcome]).toEqual(['server.clientproxy.busy', undefined])
      expect(world.register.calls).toHaveLength(0)
    }
  })

  test('at the provider, before the service is called: busy, and both sides know that it was not', async () => {
    const world = await twoNodes()
    override(world, 'provider', { keep: throttled })
    const answer = await world.ask()
    expect([codeIn(answer), faultIn(answer).outcome]).toEqual(['server.serverproxy.busy', undefined])
    expect(world.register.calls).toHaveLength(0)
  })

  test('after the service was called nobody says busy alone, which would mean that nothing was done', async () => {
    for (const [side, ports] of [
      ['provider', (world: TwoNodes) => ({ keep: onceOnly(world.provider.ports.keep) })],
      ['provider', () => ({ sign: throttled })],
      ['consumer', (world: TwoNodes) => ({ keep: onceOnly(world.consumer.ports.keep) })],
    ] as const) {
      const world = await twoNodes()
      override(world, side, ports(world))
      const answer = await world.ask()
      expect(codeIn(answer)).toMatch(/^server\.(server|client)proxy\.service_failed\.busy$/)
      expect(faultIn(answer).outcome).toBe('unknown')
      expect(world.register.calls).toHaveLength(1)
    }
  })
})
