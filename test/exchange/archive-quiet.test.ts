import { describe, expect, test } from 'vitest'
import { door } from '../../functions/door.ts'
import { QUICK_LOOK, WHOLE_LOOK } from '../../lib/bill/idle-runs.ts'
import { HOUR, later, MINUTE } from '../../src/base/clock.ts'
import { type ArchivePorts, type ArchiveRun, archive } from '../../src/exchange/archive.ts'
import { archiveWhenNeeded, type Line, type QuietPorts } from '../../src/exchange/archive-quiet.ts'
import { noteBug } from '../../src/exchange/noted-bugs.ts'
import { archiveAll } from './archive-checks.ts'
import { twoNodes } from './two-nodes.ts'

const EMPTY: Line = { visible: 0, inFlight: 0, dead: 0 }

/** A node that has said something and sealed it, and every call it makes to the world from here on. */
async function settled(line: () => Line = () => EMPTY) {
  const world = await twoNodes()
  await world.ask()
  const bound = world.provider.archivePorts
  await archiveAll(bound)
  const counted = { look: 0, drain: 0, get: 0, put: 0, lease: 0, listLocked: 0, getLocked: 0, putLocked: 0 }
  const count =
    <Args extends unknown[], Result>(name: keyof typeof counted, call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      counted[name]++
      return call(...args)
    }
  const store = {
    ...bound.store,
    get: count('get', bound.store.get) as typeof bound.store.get,
    put: count('put', bound.store.put),
    query: count('get', bound.store.query) as typeof bound.store.query,
    lease: count('lease', bound.store.lease),
  }
  const ports: ArchivePorts & QuietPorts = {
    ...bound,
    store,
    drain: count('drain', bound.drain),
    listLocked: count('listLocked', bound.listLocked),
    getLocked: count('getLocked', bound.getLocked),
    putLocked: count('putLocked', bound.putLocked),
    look: count('look', async () => line()),
  }
  const call = (run: () => Promise<ArchiveRun> = () => archive('prueba', ports)) => archiveWhenNeeded(run, ports)
  return { world, counted, call, store: bound.store }
}

const doorWith = (handler: () => Promise<string>, note: () => Promise<void>, lines: string[] = []) =>
  door<object, string>(handler, { log: ({ event }) => void lines.push(event), noteBug: note, answerBug: () => 'internal_error' })

const NOTHING_DONE: ArchiveRun = { secured: 0, sealed: 0, setAside: 0, more: false, busy: false }

describe('a call of the schedule', () => {
  test('looks at everything when nobody looked within the hour, and then only at the line', async () => {
    const { world, call } = await settled()
    expect(await call()).toMatchObject(NOTHING_DONE)
    world.clock.now = later(world.clock.now, HOUR - MINUTE)
    expect(await call()).toBe('quiet')
    world.clock.now = later(world.clock.now, 2 * MINUTE)
    expect(await call()).toMatchObject(NOTHING_DONE)
  })

  test('with anything in the line does its work at once', async () => {
    let line = EMPTY
    const { call } = await settled(() => line)
    await call()
    line = { ...EMPTY, visible: 1 }
    expect(await call(async () => ({ ...NOTHING_DONE, secured: 1 }))).toMatchObject({ secured: 1 })
  })

  test('a mark of the future, by a clock that was set back, is not believed', async () => {
    const { world, call } = await settled()
    await call()
    world.clock.now = later(world.clock.now, -MINUTE)
    expect(await call()).not.toBe('quiet')
  })

  test.each([
    ['records that a dead run holds', { ...EMPTY, inFlight: 3 }, NOTHING_DONE, '3 held by a run that did not end'],
    ['records that no run is given', { ...EMPTY, visible: 4 }, NOTHING_DONE, '4 in the queue, and none was to be had'],
    ['dead letters', { ...EMPTY, dead: 2 }, NOTHING_DONE, '2 among the dead letters'],
    ['records set aside', EMPTY, { ...NOTHING_DONE, setAside: 1 }, '1 set aside'],
    ['more than it could do', EMPTY, { ...NOTHING_DONE, more: true }, 'more than one call could do'],
  ])('fails after its work, and leaves no mark, when it leaves %s', async (_what, line, run, why) => {
    const { call } = await settled(() => line)
    await expect(call(async () => run)).rejects.toThrow(why)
    await expect(call(async () => run)).rejects.toThrow(why)
  })

  test('what is over when it is seen is told by every call for 25 minutes, quiet or not, and then no more', async () => {
    const { world, call } = await settled()
    expect(await call()).toMatchObject(NOTHING_DONE)
    await expect(call(async () => ({ ...NOTHING_DONE, setAside: 2 }))).resolves.toBe('quiet') // the line was empty: nobody ran
    world.clock.now = later(world.clock.now, HOUR)
    await expect(call(async () => ({ ...NOTHING_DONE, setAside: 2 }))).rejects.toThrow('2 set aside')
    for (let minutes = 0; minutes < 20; minutes += 5) {
      world.clock.now = later(world.clock.now, 5 * MINUTE)
      await expect(call(), `${minutes} minutes later`).rejects.toThrow('2 set aside')
    }
    world.clock.now = later(world.clock.now, 10 * MINUTE)
    expect(await call()).toMatchObject(NOTHING_DONE)
    expect(await call()).toBe('quiet')
  })

  test('a door that answered internal_error is told of, each bug for 25 minutes', async () => {
    const { world, call, store } = await settled()
    const door = doorWith(
      async () => {
        throw new Error('ours')
      },
      () => noteBug('consume', world.clock.now, store),
    )
    expect(await door({})).toBe('internal_error')
    await expect(call()).rejects.toThrow('internal_error answered by consume')
    world.clock.now = later(world.clock.now, 20 * MINUTE)
    await expect(call()).rejects.toThrow('internal_error answered by consume')
    world.clock.now = later(world.clock.now, 10 * MINUTE)
    expect(await call()).toMatchObject(NOTHING_DONE)
    world.clock.now = later(world.clock.now, 2 * HOUR)
    await door({})
    await expect(call()).rejects.toThrow('internal_error answered by consume')
  })

  test('a bug that cannot be noted is answered all the same', async () => {
    const lines: string[] = []
    const door = doorWith(
      async () => {
        throw new Error('ours')
      },
      async () => {
        throw new Error('no table')
      },
      lines,
    )
    expect(await door({})).toBe('internal_error')
    expect(lines).toEqual(['bug', 'bug_not_noted'])
  })

  test('does not fail for records that came in meanwhile, nor because another run is at it', async () => {
    const { call } = await settled(() => ({ ...EMPTY, visible: 5 }))
    expect(await call(async () => ({ ...NOTHING_DONE, secured: 7 }))).toMatchObject({ secured: 7 })
    expect(await call(async () => ({ ...NOTHING_DONE, busy: true }))).toMatchObject({ busy: true })
  })

  test('asks the cloud what the idle bill says, asleep: a whole look, then a quick one', async () => {
    const { counted, call } = await settled()
    const requests = ({ look, drain, get, put, lease, listLocked, getLocked }: typeof counted) => ({
      // The line is two queues, each asked once; a drain of an empty queue receives twice.
      queueRequests: 2 * look + 2 * drain,
      tableReads: get,
      tableWrites: put + lease,
      bucketPuts: listLocked,
      bucketGets: getLocked,
    })
    await call()
    const whole = { ...counted }
    await call()
    const after = { ...counted }
    const quick = Object.fromEntries(
      Object.entries(after).map(([name, count]) => [name, count - whole[name as keyof typeof whole]]),
    ) as typeof counted
    console.log(`archive asleep: whole look ${JSON.stringify(requests(whole))}, quick look ${JSON.stringify(requests(quick))}`)
    const { ms: _a, logBytes: _b, ...wanted } = WHOLE_LOOK
    expect(requests(whole)).toEqual(wanted)
    expect(requests(quick)).toMatchObject({
      queueRequests: QUICK_LOOK.queueRequests,
      tableReads: QUICK_LOOK.tableReads,
      tableWrites: 0,
      bucketPuts: 0,
      bucketGets: 0,
    })
    expect(counted.putLocked).toBe(0)
  })
})
