import { describe, expect, test } from 'vitest'
import { type Instant, instant, later, MINUTE, SECOND } from '../../src/base/clock.ts'
import { ok } from '../../src/base/result.ts'
import type { TrustInForce } from '../../src/exchange/ports.ts'
import { trustKeeper } from '../../src/exchange/trust-keeper.ts'
import { type Outcome, refuse } from '../../src/protocol/faults.ts'

/** A keeper whose clock and centre are set by the test; a configuration is known by its name alone. */
function keeper(last?: string) {
  const named = (configuration: string) => ({ configuration }) as TrustInForce
  let at = instant(1_900_000_000_000)
  let answer: () => Promise<Outcome<TrustInForce>> = async () => ok(named('one'))
  const seen = { looks: 0, warned: 0 }
  const made = trustKeeper(
    last === undefined ? undefined : named(last),
    () => {
      seen.looks++
      return answer()
    },
    () => at,
    () => void seen.warned++,
    (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  )
  return {
    seen,
    current: async () => {
      const now = await made.current()
      return now.ok ? now.value.configuration : now.fault.path[0]
    },
    refresh: made.refresh,
    wait: (ms: number) => {
      at = later(at, ms) as Instant
    },
    centre: (next: string | 'down' | 'hangs') => {
      answer = async () => (next === 'down' ? refuse('network_error') : next === 'hangs' ? new Promise(() => {}) : ok(named(next)))
    },
  }
}

describe('the configuration in force', () => {
  test('is looked up at the first message, and again on traffic after five minutes, once for many messages', async () => {
    const node = keeper()
    expect(await Promise.all([node.current(), node.current(), node.current()])).toEqual(['one', 'one', 'one'])
    node.wait(5 * MINUTE - SECOND)
    await node.current()
    expect(node.seen.looks).toBe(1)
    node.centre('two')
    node.wait(SECOND)
    expect(await node.current()).toBe('one') // the message does not wait
    expect(await node.current()).toBe('two')
    expect(node.seen.looks).toBe(2)
  })

  test('after a sleep the first message waits for the look', async () => {
    const node = keeper()
    await node.current()
    node.centre('two')
    node.wait(15 * MINUTE)
    expect(await node.current()).toBe('two')
  })

  test('a centre that is down changes nothing, is logged, and is not asked again at once', async () => {
    const node = keeper('kept')
    node.centre('down')
    expect(await node.current()).toBe('kept')
    expect(await node.current()).toBe('kept')
    expect(node.seen).toEqual({ looks: 1, warned: 1 })
    node.wait(30 * SECOND)
    node.centre('two')
    expect(await node.current()).toBe('two')
  })

  test('a centre that hangs holds a message up for three seconds at most', async () => {
    const node = keeper('kept')
    node.centre('hangs')
    const began = performance.now()
    expect(await node.current()).toBe('kept')
    expect(performance.now() - began).toBeLessThan(60_000)
  })

  test('without one, and without a centre, messages are refused with the centre’s trouble', async () => {
    const node = keeper()
    node.centre('down')
    expect(await node.current()).toBe('network_error')
  })

  test('a clock set back makes the node look again', async () => {
    const node = keeper()
    await node.current()
    node.wait(-60 * MINUTE)
    node.centre('two')
    expect(await node.current()).toBe('two')
  })
})
