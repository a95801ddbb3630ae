import { describe, expect, test } from 'vitest'
import { instant, SECOND } from '../../src/base/clock.ts'
import type { Store } from '../../src/exchange/ports.ts'

/** What every store of small records must do, be it a file or a table in the cloud. `open` gives an empty one. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`${name} as a store of small records`, () => {
    test('puts only on the version it is told, counting up from 1', async () => {
      const store = await open()
      expect(await store.get('head')).toBeUndefined()
      expect(await store.put('head', { n: 1 }, 1)).toBe(false)
      expect(await store.put('head', { n: 1 }, 0)).toBe(true)
      expect(await store.put('head', { n: 9 }, 0)).toBe(false)
      expect(await store.put('head', { n: 2 }, 1)).toBe(true)
      expect(await store.put('head', { n: 9 }, 1)).toBe(false)
      expect(await store.get('head')).toEqual({ key: 'head', value: { n: 2 }, version: 2 })
    })

    test('lets one of many putters win', async () => {
      const store = await open()
      const won = await Promise.all(Array.from({ length: 10 }, (_, n) => store.put('head', n, 0)))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect((await store.get('head'))?.value).toBe(won.indexOf(true))
    })

    test('queries by prefix, in order of keys', async () => {
      const store = await open()
      for (const key of ['right/2', 'right/10', 'rights', 'other', 'right/ñ']) await store.put(key, key, 0)
      expect((await store.query('right/')).map(({ key }) => key)).toEqual(['right/10', 'right/2', 'right/ñ'])
    })

    test('transacts all or nothing', async () => {
      const store = await open()
      await store.put('a', 1, 0)
      const stale = [
        { key: 'b', value: 2, ifVersion: 0 },
        { key: 'a', value: 2, ifVersion: 7 },
      ]
      expect(await store.transact(stale)).toBe(false)
      expect(await store.get('b')).toBeUndefined()
      const right = [
        { key: 'b', value: 2, ifVersion: 0 },
        { key: 'a', value: 2, ifVersion: 1 },
      ]
      expect(await store.transact(right)).toBe(true)
      expect((await store.get('a'))?.version).toBe(2)
    })

    test('leases to one holder at a time, who may renew; another gets it when it ran out', async () => {
      const store = await open()
      const now = instant(1_800_000_000_000)
      expect(await store.lease('archive', 'uno', now, 60 * SECOND)).toBe(true)
      expect(await store.lease('archive', 'dos', now, 60 * SECOND)).toBe(false)
      expect(await store.lease('archive', 'uno', instant(now + 30 * SECOND), 60 * SECOND)).toBe(true)
      expect(await store.lease('archive', 'dos', instant(now + 89 * SECOND), 60 * SECOND)).toBe(false)
      expect(await store.lease('archive', 'dos', instant(now + 90 * SECOND), 60 * SECOND)).toBe(true)
      expect(await store.lease('other', 'uno', now, 60 * SECOND)).toBe(true)
    })
  })
}
