import { describe, expect, test } from 'vitest'
import { instant, later, MINUTE, SECOND } from '../../../src/base/clock.ts'
import { segmentName } from '../../../src/exchange/archive-names.ts'
import { keptExchanges, type Question } from '../../../src/exchange/monitoring/kept-exchanges.ts'
import { noteOperations } from '../../../src/exchange/monitoring/operations-file.ts'
import { encodeSegment } from '../../../src/exchange/segment.ts'
import { NOON } from '../../trust/authority.ts'
import { record } from './questions.ts'

/** What is noted of a journal of one exchange a minute, asked and answered in different segments; the last one still waits. */
async function journalOf(count: number) {
  const records = Array.from({ length: count }, (_, number) => [
    record(number, 'request', number * MINUTE),
    record(number, 'response', number * MINUTE + SECOND),
  ]).flat()
  const files = new Map<string, Uint8Array>()
  const put = async (name: string, bytes: Uint8Array) => {
    files.set(name, bytes)
    return 'kept' as const
  }
  for (let at = 1; at < records.length - 1; at += 2)
    await noteOperations(segmentName(files.size + 1), encodeSegment(at === 1 ? records.slice(0, 3) : records.slice(at, at + 2)), put)
  const read: string[] = []
  const ports = {
    peek: async () => records.slice(-1),
    listLocked: async (prefix: string, after = '') =>
      [...files.keys()].filter((name) => name.startsWith(prefix) && name > after).toSorted(),
    getLocked: async (name: string) => {
      read.push(name)
      return files.get(name)
    },
  }
  return { ports, read, files }
}
const asking = (from: number, to: number, more: Partial<Question> = {}): Question => ({
  ...{ from: later(NOON, from), to: later(NOON, to), most: 1000, end: 'oldest', wanted: () => true },
  ...more,
})
const numbers = (found: Awaited<ReturnType<typeof keptExchanges>>) => found.exchanges.map(({ requestId }) => Number(requestId.slice(2)))
const upTo = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

describe('the exchanges of a time', () => {
  test('are put together of records that lie apart, in order, those that wait among them', async () => {
    const { ports } = await journalOf(10)
    const found = await keptExchanges(asking(0, 60 * MINUTE), ports)
    expect(numbers(found)).toEqual(upTo(0, 10))
    expect(found.exchanges.every(({ request, response }) => request && response)).toBe(true)
  })
  test('begin and end with the last message of an exchange', async () => {
    const { ports } = await journalOf(10)
    expect(numbers(await keptExchanges(asking(3 * MINUTE + SECOND, 5 * MINUTE + SECOND), ports))).toEqual([3, 4, 5])
    expect(numbers(await keptExchanges(asking(3 * MINUTE + SECOND + 1, 5 * MINUTE), ports))).toEqual([4])
  })
  test('are found in a long journal without reading it all', async () => {
    const { ports, read, files } = await journalOf(4000)
    expect(numbers(await keptExchanges(asking(3000 * MINUTE, 3002 * MINUTE), ports))).toEqual([3000, 3001])
    expect(files.size).toBe(3999)
    expect(read.length).toBeLessThan(9)
  })
  test('stop where the search was cut short, whole until there, and go on from it to the end', async () => {
    const { ports, read } = await journalOf(100)
    const seen: number[] = []
    for (let from = NOON; from <= NOON + 100 * MINUTE; ) {
      read.length = 0
      const found = await keptExchanges({ ...asking(0, 100 * MINUTE), from }, ports)
      seen.push(...numbers(found))
      expect(read.length).toBeLessThanOrEqual(16)
      from = later(found.through, 1)
    }
    expect(seen).toEqual(upTo(0, 100))
  })
  test('stop when enough are known', async () => {
    const { ports } = await journalOf(100)
    const found = await keptExchanges(asking(0, 100 * MINUTE, { most: 5 }), ports)
    expect(numbers(found).slice(0, 5)).toEqual(upTo(0, 5))
    expect(found.exchanges.length).toBeLessThan(9)
    expect(found.through).toBeLessThan(NOON + 10 * MINUTE)
  })
  test('are the newest when those are what counts, and it is told since when', async () => {
    const { ports } = await journalOf(100)
    const found = await keptExchanges(asking(0, 100 * MINUTE, { end: 'newest' }), ports)
    expect(numbers(found).at(-1)).toBe(99)
    expect(found.exchanges.every(({ at }) => at >= found.since)).toBe(true)
    expect(numbers(found)).toEqual(upTo(numbers(found)[0] as number, 100))
    expect([found.since > NOON + 80 * MINUTE, found.through]).toEqual([true, instant(NOON + 100 * MINUTE)])
  })
  test('are told without a word of what was said', async () => {
    const { files } = await journalOf(3)
    const text = Buffer.concat([...files.values()]).toString('utf8')
    expect(
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => Object.keys(JSON.parse(line)).toSorted().join(' ')),
    ).toContain('at client direction messageId method protocolVersion requestId service side size')
    expect(text).not.toMatch(/aGFzaA==|\/r1\/|signature/)
  })
  test('leave out what is no record of a message', async () => {
    const { ports } = await journalOf(3)
    const peek = async () => [Buffer.from('x'), ...(await ports.peek())]
    expect(numbers(await keptExchanges(asking(0, 60 * MINUTE), { ...ports, peek }))).toEqual([0, 1, 2])
  })
})
