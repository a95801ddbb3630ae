import { describe, expect, test } from 'vitest'
import { instant, later, MINUTE, SECOND } from '../../src/base/clock.ts'
import { keptFresh } from '../../src/exchange/kept-fresh.ts'

function kept() {
  let at = instant(1_900_000_000_000)
  let answer: () => Promise<string> = async () => 'one'
  const seen = { readings: 0, warned: 0 }
  const read = () => {
    seen.readings++
    return answer()
  }
  const current = keptFresh(
    'node',
    read,
    () => at,
    () => void seen.warned++,
  )
  return {
    seen,
    current,
    wait: (ms: number) => {
      at = later(at, ms)
    },
    place: (next: () => Promise<string>) => {
      answer = next
    },
  }
}
const down = async (): Promise<string> => {
  throw new Error('down')
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a value of somewhere else', () => {
  test('is read once for many, and again on traffic after five minutes, without anybody waiting', async () => {
    const value = kept()
    expect(await Promise.all([value.current(), value.current()])).toEqual(['one', 'one'])
    value.place(async () => 'two')
    value.wait(5 * MINUTE - SECOND)
    expect([await value.current(), value.seen.readings]).toEqual(['one', 1])
    value.wait(SECOND)
    expect(await value.current()).toBe('one')
    await settled()
    expect([await value.current(), value.seen.readings]).toEqual(['two', 2])
  })

  test('stays while it cannot be read again, is asked for every thirty seconds, and is acted on for fifteen minutes, no longer', async () => {
    const value = kept()
    await value.current()
    value.place(down)
    value.wait(6 * MINUTE)
    for (let n = 0; n < 3; n++) expect(await value.current()).toBe('one')
    await settled()
    expect(await value.current()).toBe('one')
    expect([value.seen.readings, value.seen.warned]).toEqual([2, 1])
    value.wait(31 * SECOND)
    await value.current()
    await settled()
    expect(value.seen.readings).toBe(3)
    value.wait(9 * MINUTE)
    await expect(value.current()).rejects.toThrow('down')
    value.place(async () => 'two')
    expect(await value.current()).toBe('two')
  })

  test('is read anew when the clock was set back, and never given when it was never read', async () => {
    const value = kept()
    value.place(down)
    await expect(value.current()).rejects.toThrow('down')
    value.place(async () => 'one')
    expect(await value.current()).toBe('one')
    value.wait(-MINUTE)
    value.place(async () => 'two')
    expect(await value.current()).toBe('two')
  })
})
