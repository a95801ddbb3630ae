import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openNodeStore } from '../../src/adapters/local/node-store.ts'
import { idsOf, sampleRecord } from './kept.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ALL = 1e9
const fresh = () => join(temporaryFolder(), 'node.sqlite')
const sumOf = (byDay: ReadonlyMap<string, number>) => [...byDay.values()].reduce((sum, n) => sum + n, 0)

describe('identities are counted when many wait, or when somebody asks', () => {
  type Step = { readonly keep: readonly string[] } | { readonly give: number } | 'ask' | 'open anew'
  const id = fc.constantFrom('1', '2', '3', '4', '5')
  const steps = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ keep: fc.array(id, { minLength: 1, maxLength: 6 }) }) },
      { weight: 2, arbitrary: fc.record({ give: fc.integer({ min: 0, max: 4 }) }) },
      fc.constantFrom<Step>('ask', 'open anew'),
    ),
    { maxLength: 20 },
  )

  test('and then each is there once while it waits, and counted once ever, in the order they came: whatever came twice, and whoever opens the file', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all: readonly Step[]) => {
        const file = fresh()
        let store = openNodeStore(file)
        const arrived: string[] = []
        const waiting: string[] = []
        const ever = new Set<string>()
        const counted = () => {
          for (const each of arrived.splice(0)) {
            if (!waiting.includes(each)) waiting.push(each)
            ever.add(each)
          }
        }
        for (const step of all) {
          if (step === 'open anew') {
            await store.close()
            store = openNodeStore(file)
          } else if (step === 'ask') {
            counted()
            expect([await store.waiting(), sumOf(await store.keptByDay())]).toEqual([waiting.length, ever.size])
          } else if ('keep' in step) {
            await Promise.all(step.keep.map((each) => store.keep(sampleRecord(each))))
            arrived.push(...step.keep)
          } else {
            const given = await store.drain(10, ALL)
            counted()
            expect(idsOf(given)).toEqual(waiting)
            await store.acknowledge(given.slice(0, step.give).map(({ receipt }) => receipt))
            waiting.splice(0, step.give)
          }
        }
        counted()
        expect(idsOf(await store.drain(10, ALL))).toEqual(waiting)
        expect(sumOf(await store.keptByDay())).toBe(ever.size)
        await store.close()
      }),
      { numRuns: 60 },
    )
  })

  test('one that is kept again after it was given out and before it is acknowledged is there again, and counted once', async () => {
    const store = openNodeStore(fresh())
    onTestFinished(store.close)
    await store.keep(sampleRecord('1'))
    const [given] = await store.drain(1, ALL)
    await store.keep(sampleRecord('1'))
    await store.acknowledge([given?.receipt as string])
    expect(idsOf(await store.drain(10, ALL))).toEqual(['1'])
    expect(sumOf(await store.keptByDay())).toBe(1)
  })

  test('so that no more than some thousands ever wait, though nobody asks', async () => {
    for (const keeping of ['here', 'apart'] as const) {
      const file = fresh()
      const store = openNodeStore(file, keeping)
      for (let from = 0; from < 10_000; from += 1000)
        await Promise.all(Array.from({ length: 1000 }, (_, n) => store.keep(sampleRecord(String(from + n), 1))))
      await store.close()
      const look = new DatabaseSync(file)
      const { waiting, counted } = look
        .prepare('SELECT (SELECT count(*) FROM counted) AS counted, (SELECT count(*) FROM kept, counting WHERE seq > through) AS waiting')
        .get() as { waiting: number; counted: number }
      look.close()
      expect([keeping, counted + waiting, counted > 8000, waiting < 2000]).toEqual([keeping, 10_000, true, true])
    }
  })

  test('and where that fails nobody is refused and nothing is lost: what was counted goes on, and who asks for more is told, until it can be done', async () => {
    const file = fresh()
    const store = openNodeStore(file, 'apart')
    onTestFinished(store.close)
    await store.keep(sampleRecord('the first', 1))
    expect(await store.waiting()).toBe(1)
    const other = new DatabaseSync(file)
    onTestFinished(() => other.close())
    other.exec("CREATE TRIGGER full BEFORE INSERT ON counted BEGIN SELECT RAISE(ABORT, 'no space left'); END")
    await Promise.all(Array.from({ length: 9000 }, (_, n) => store.keep(sampleRecord(String(n), 1))))
    await store.keep(sampleRecord('the last', 1))
    const given = await store.drain(10, ALL)
    expect(idsOf(given)).toEqual(['the first'])
    await store.acknowledge(given.map(({ receipt }) => receipt))
    for (const ask of [() => store.drain(1, ALL), store.waiting, () => store.keptByDay()])
      await expect(ask()).rejects.toThrow('no space left')
    other.exec('DROP TRIGGER full')
    expect([await store.waiting(), sumOf(await store.keptByDay())]).toEqual([9001, 9002])
    expect(idsOf(await store.drain(10_000, ALL)).at(-1)).toBe('the last')
  })

  test('and after a failure that lasted, in parts, so that nobody waits for all of it; what came twice in two of them is there once', async () => {
    const file = fresh()
    const store = openNodeStore(file)
    onTestFinished(store.close)
    await store.keep(sampleRecord('the first', 1))
    const other = new DatabaseSync(file)
    onTestFinished(() => other.close())
    other.exec(`
      CREATE TABLE parts (of INTEGER);
      CREATE TRIGGER part AFTER UPDATE ON counting BEGIN INSERT INTO parts VALUES (new.through - old.through); END;
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
      INSERT INTO kept (file, start, size, identity, day)
        SELECT file, start, size, iif(i % 30000 = 0, identity, CAST(printf('%032d', i % 30000) AS BLOB)), day FROM n, (SELECT * FROM kept LIMIT 1)`)
    expect([await store.waiting(), sumOf(await store.keptByDay())]).toEqual([30_000, 30_000])
    const parts = other
      .prepare('SELECT of FROM parts')
      .all()
      .map((part) => Number(part.of))
    expect([parts.reduce((sum, part) => sum + part, 0), parts.every((part) => part < 20_000)]).toEqual([40_001, true])
  })
})
