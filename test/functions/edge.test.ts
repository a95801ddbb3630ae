import { describe, expect, test } from 'vitest'
import { edgeHandler, placesFrom } from '../../functions/edge/handler.ts'
import { later, SECOND } from '../../src/base/clock.ts'
import type { EdgePorts } from '../../src/exchange/edge/reconcile.ts'
import { NOON } from '../trust/authority.ts'

describe("the edge door's settings", () => {
  test('name both domains, the API of each, and the stage', () => {
    expect(placesFrom('dif.example c.dif.example', 'http1', 'rest1/live')).toEqual({
      provider: { name: 'dif.example', api: 'http1', stage: '$default' },
      consumer: { name: 'c.dif.example', api: 'rest1', stage: 'live' },
    })
  })

  test.each([
    ['dif.example', 'a', 'b/live'],
    ['dif.example c.dif.example', 'a', 'b'],
    ['', 'a', 'b/live'],
  ])('%s, %s, %s is refused when it starts', (...settings) => expect(() => placesFrom(...settings)).toThrow('NODE_DOMAINS'))
})

test('another process at the same moment: this one does nothing', async () => {
  const ports = { store: { lease: async () => false }, now: () => NOON } as unknown as EdgePorts
  const context = { getRemainingTimeInMillis: () => later(NOON, 60 * SECOND) - NOON }
  expect(await edgeHandler(ports, 'one')({}, context)).toEqual({ done: [], open: [] })
})
