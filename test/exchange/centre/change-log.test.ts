import { describe, expect, test } from 'vitest'
import { instant } from '../../../src/base/clock.ts'
import { ok } from '../../../src/base/result.ts'
import { type Actor, act, type ChangeLogPorts, caughtUp, readLog, stateAt } from '../../../src/exchange/register/change-log.ts'
import { codeOf, refuse } from '../../../src/protocol/faults.ts'
import { storeContract } from '../../contract/store.ts'
import { memoryFiles, memoryStore } from './memory-store.ts'

storeContract('the store in memory', async () => memoryStore())

const ANA: Actor = { kind: 'person', id: 'ana' }
function register() {
  const clock = { now: instant(1_800_000_000_000) }
  const store = memoryStore()
  const locked = memoryFiles()
  const ports: ChangeLogPorts = { store, ...locked, now: () => clock.now, log: () => {} }
  const put = (key: string, value: unknown, what = 'put') =>
    act(ports, { who: ANA, what }, async (work) => {
      work.put(key, value)
      return ok(true)
    })
  return { clock, store, locked, ports, put }
}
const lines = async (ports: ChangeLogPorts) => {
  const read = await readLog(ports)
  if (!read.ok) throw new Error(read.fault.detail)
  return read.value
}

describe('an act', () => {
  test('changes all it changes at once, and leaves one line: who, what, when, before and after', async () => {
    const { ports, put, store } = register()
    await put('registry/a', 1)
    await act(ports, { who: ANA, what: 'two' }, async (work) => {
      work.put('registry/a', 2)
      work.put('registry/b', 3)
      return ok(true)
    })
    expect((await store.get('registry/b'))?.value).toBe(3)
    const [, second] = await lines(ports)
    expect(second).toMatchObject({
      number: 2,
      who: ANA,
      what: 'two',
      at: 1_800_000_000_000,
      changes: [
        { key: 'registry/a', before: 1, after: 2 },
        { key: 'registry/b', before: null, after: 3 },
      ],
    })
  })
  test('that is refused changes nothing and is a line all the same', async () => {
    const { ports, store } = register()
    const outcome = await act(ports, { who: ANA, what: 'bad' }, async (work) => {
      work.put('registry/a', 1)
      return refuse('conflict', 'porque no')
    })
    expect(outcome.ok ? '' : codeOf(outcome.fault)).toBe('conflict')
    expect(await store.get('registry/a')).toBeUndefined()
    expect(await lines(ports)).toMatchObject([{ what: 'bad', refused: { code: 'conflict', why: 'porque no' }, changes: [] }])
  })
  test('that changes nothing leaves no line', async () => {
    const { ports, put } = register()
    await put('registry/a', 1)
    await put('registry/a', 1)
    expect(await lines(ports)).toHaveLength(1)
  })
  test('of many at the same time loses none: each is decided on the state after the one before', async () => {
    const { ports, store } = register()
    const add = () =>
      act(ports, { who: ANA, what: 'add' }, async (work) => {
        const sum = ((await work.get<number>('registry/sum')) ?? 0) + 1
        work.put('registry/sum', sum)
        return ok(sum)
      })
    const sums = await Promise.all(Array.from({ length: 12 }, add))
    expect((await store.get('registry/sum'))?.value).toBe(sums.filter(({ ok }) => ok).length)
    expect(new Set((await lines(ports)).map(({ changes }) => changes[0]?.after)).size).toBe(12)
  })
  test('on what is no more the newest is refused when its author asks for that', async () => {
    const { ports, put } = register()
    await put('registry/a', 1)
    await put('registry/a', 2)
    const late = await act(ports, { who: ANA, what: 'late' }, async () => ok(true), { onlyAfter: 1 })
    expect(late.ok ? '' : codeOf(late.fault)).toBe('conflict')
  })
})

describe('the log', () => {
  test('says what each record was on any day, and by whom; what was removed is not there', async () => {
    const { ports, put, clock } = register()
    await put('registry/a', 'uno')
    const monday = clock.now
    clock.now = instant(clock.now + 1000)
    await put('registry/a', 'dos', 'rename')
    const tuesday = clock.now
    clock.now = instant(clock.now + 1000)
    await put('registry/a', null)
    const all = await lines(ports)
    expect(stateAt(all, monday).get('registry/a')?.value).toBe('uno')
    expect(stateAt(all, tuesday).get('registry/a')).toMatchObject({ value: 'dos', by: { what: 'rename', who: ANA } })
    expect(stateAt(all, clock.now).has('registry/a')).toBe(false)
    expect(stateAt(all, instant(monday - 1)).size).toBe(0)
  })
  test.each([
    ['a line changed', (text: string) => text.replace('"uno"', '"UNO"')],
    ['a line cut short', (text: string) => text.slice(0, -1)],
    ['a line with a blank more', (text: string) => `${text} `],
  ])('%s: refused, and the first wrong line named', async (_, change) => {
    const { ports, put, locked } = register()
    for (const value of ['uno', 'dos', 'tres']) await put('registry/a', value)
    const name = 'audit/000000000001.json'
    locked.files.set(name, Buffer.from(change(Buffer.from(locked.files.get(name) as Uint8Array).toString())))
    const read = await readLog(ports)
    expect(read.ok ? '' : codeOf(read.fault)).toBe('archive_linking_broken')
    expect(read.ok ? '' : read.fault.detail).toMatch(/line [12] /)
  })
  test('brings a store restored from an old copy, or a new one, to where it was', async () => {
    const { ports, put, store } = register()
    await put('registry/a', 'uno')
    const copy = store.copy()
    for (const value of ['dos', 'tres']) await put('registry/a', value)
    await put('registry/b', 1)
    await put('registry/b', null)
    const whole = (await store.query('registry/')).map(({ key, value }) => [key, value])
    for (const old of [copy, new Map()]) {
      store.restore(old)
      expect((await caughtUp(ports)).value.number).toBe(5)
      expect((await store.query('registry/')).map(({ key, value }) => [key, value])).toEqual(whole)
    }
  })
  test('a line that did not get under lock is there after the next act', async () => {
    const { ports, put, locked } = register()
    const broken = { ...ports, putLocked: async () => Promise.reject(new Error('no room')) }
    await expect(
      act(broken, { who: ANA, what: 'put' }, async (work) => {
        work.put('registry/a', 1)
        return ok(true)
      }),
    ).rejects.toThrow('no room')
    expect(locked.files.size).toBe(0)
    await put('registry/a', 2)
    expect(await lines(ports)).toHaveLength(2)
  })
})
