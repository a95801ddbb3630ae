import { describe, expect, test } from 'vitest'
import { lockedFiles } from '../../src/adapters/local/locked-files.ts'
import { openNodeStore } from '../../src/adapters/local/node-store.ts'
import { DAY, HOUR, type Instant, isoInstant, later, MINUTE } from '../../src/base/clock.ts'
import type { EvidenceRecord } from '../../src/evidence/record.ts'
import type { LogEntry, Sign } from '../../src/exchange/ports.ts'
import { daysClosing, nodeCloses } from '../../src/local/node-close.ts'
import { logCounting, readCounts, signLogged } from '../../src/local/node-counts.ts'
import { closesOf } from '../../src/metering/daily-close.ts'
import { sampleRecord } from '../contract/kept.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { memoryStore } from '../exchange/centre/memory-store.ts'
import { post, twoNodes } from '../exchange/two-nodes.ts'
import { openExchange } from '../journeys/exchange.ts'

const AT = sampleRecord('1').at
const TODAY = isoInstant(AT).slice(0, 10)
const sign: Sign = async () => new Uint8Array([1])

function node() {
  const folder = temporaryFolder()
  const store = openNodeStore(`${folder}/node.sqlite`)
  const files = lockedFiles(`${folder}/archive`)
  const log: LogEntry[] = []
  const clock = { now: AT as Instant }
  const now = () => clock.now
  const closing = () => daysClosing({ node: 'n', folder, files, store, now, log: (entry) => void log.push(entry) })
  return {
    ...{ folder, store, log, clock, closing },
    signs: signLogged(sign, folder, now),
    fails: logCounting(() => {}, folder, now),
    closes: () => nodeCloses([], { node: 'n', files, store }, folder),
  }
}

describe('the day of a node', () => {
  test('closes while records wait: kept once however often they are kept, signed once by the key’s own log', async () => {
    const { store, signs, closes } = node()
    await signs('k', 'rsa-sha256', new Uint8Array(32))
    await store.keep(sampleRecord('1'))
    await store.keep(sampleRecord('1'))
    expect(await closes()).toEqual([expect.objectContaining({ day: TODAY, sent: 1, waiting: 1, keySignatures: 1, closes: true })])
    const [taken] = await store.drain(1, 1)
    await store.acknowledge([taken?.receipt ?? ''])
    await store.keep(sampleRecord('1')) // it came again after it was secured
    expect((await store.keptByDay()).get(TODAY)).toBe(1)
    expect([...(await store.keptByDay(isoInstant(later(AT, DAY)).slice(0, 10))).keys()]).toEqual([])
    await store.close()
  })
  test('does not when a record was acknowledged that is nowhere, and that is an alarm once the day is over, told once', async () => {
    const { store, signs, log, clock, closing } = node()
    await signs('k', 'rsa-sha256', new Uint8Array(32))
    await store.keep(sampleRecord('1'))
    const [taken] = await store.drain(1, 1)
    await store.acknowledge([taken?.receipt ?? ''])
    const close = closing()
    await close()
    expect(log).toEqual([]) // not over yet
    clock.now = later(AT, DAY + 10 * MINUTE)
    await close()
    await close()
    await closing()() // nor again by the next process
    expect(log).toEqual([{ level: 'error', event: 'day_not_closed', day: TODAY, records: 1, signatures: 1 }])
    await store.close()
  })
  test('closes when what was signed and could not be kept is in the doors’ log by name, and only then', async () => {
    const { store, signs, fails, closes } = node()
    await signs('k', 'rsa-sha256', new Uint8Array(32))
    expect(await closes()).toEqual([expect.objectContaining({ signatures: 1, closes: false })])
    fails({ level: 'error', event: 'not_kept', requestId: 'r', why: 'a peer’s, which we did not sign' })
    fails({ level: 'error', event: 'not_kept', requestId: 'r', signature: 'own', why: 'disk full' })
    expect(await closes()).toEqual([expect.objectContaining({ namedFailures: 1, signatures: 0, closes: true })])
    await store.close()
  })
  test('the doors tell which signature it was: one of ours alone or shared, none when a peer signed', async () => {
    const world = await twoNodes()
    const full = async () => {
      throw new Error('disk full')
    }
    const { keep } = world.consumer.ports
    Object.assign(world.consumer.ports, { keep: full })
    await world.ask()
    await world.ask(post('cuerpo'))
    Object.assign(world.consumer.ports, {
      keep: async (record: EvidenceRecord) => (record.direction === 'request' ? keep(record) : full()),
    })
    await world.ask()
    const told = world.consumer.log.filter(({ event }) => event === 'not_kept').map(({ signature }) => signature)
    expect(told).toEqual(['own', expect.stringMatching(/^[\da-f]{32}$/), undefined])
  })
  test('gives nothing away that the key’s log does not have: a log that cannot be written is no signature', async () => {
    const { store } = node()
    await expect(signLogged(sign, '/dev/null', () => AT)('k', 'rsa-sha256', new Uint8Array(32))).rejects.toThrow()
    expect((await readCounts('/nowhere')).signatures.size).toBe(0)
    await store.close()
  })
})

test('a day closes from the receipts since the last close, however many there are before, also when its evidence waits for its stamp', async () => {
  await using exchange = await openExchange()
  const register = exchange.world.nodes.get('register')
  if (!register) throw new Error('no register')
  const read: string[] = []
  const files = {
    ...register.files,
    getLocked: async (name: string) => {
      if (name.startsWith('receipts/')) read.push(name)
      return register.files.getLocked(name)
    },
  }
  const { store } = register
  const folder = `${exchange.folder}/nodes/register`
  const log: LogEntry[] = []
  const close = daysClosing({
    node: 'register',
    folder,
    files,
    store: { ...store, store: memoryStore() },
    now: exchange.now,
    log: (entry) => void log.push(entry),
  })
  const readings: number[] = []
  exchange.wait(DAY + 12 * HOUR - (exchange.now() % DAY)) // noon: no midnight passes while this runs
  await exchange.world.centre.tend()
  for (let day = 1; day <= 6; day++) {
    exchange.world.centre.outage('timestamp', day === 3 || day === 4)
    expect((await exchange.get('/x')).status).toBe(200)
    for (let run = 0; run < 3; run++) await register.archive()
    exchange.wait(DAY)
    await exchange.world.centre.tend()
    read.length = 0
    await close()
    readings.push(read.length)
  }
  expect(log.map(({ event }) => event)).toEqual(Array(6).fill('day_closed'))
  expect(Math.max(...readings)).toBeLessThanOrEqual(5)
})

describe('signatures over several messages', () => {
  const counts = (signatures: number, failures: readonly string[] = []) => ({
    sent: new Map([['2026-11-24', 3]]),
    signatures: new Map([['2026-11-24', signatures]]),
    failures: new Map([['2026-11-24', failures]]),
  })
  const at = Date.UTC(2026, 10, 24, 12)
  const line = (identity: string, shared?: string) => ({ identity, at, signed: 1, ...(shared ? { shared } : {}) })
  const position = { position: 1, at, lines: [line('a', 's'), line('b', 's')], unreadable: [] } as never

  test('are one, in the archive, waiting, and where one of its messages could not be kept', () => {
    const waiting = [{ day: '2026-11-24', isOwn: true, shared: 's' }]
    expect(closesOf([position], waiting, counts(1))).toEqual([expect.objectContaining({ keptSignatures: 1, closes: true })])
    expect(closesOf([position], waiting, counts(1, ['s']))[0]).toMatchObject({ namedFailures: 0, closes: true })
    expect(closesOf([position], waiting, counts(2, ['t']))[0]).toMatchObject({ namedFailures: 1, closes: true })
  })
  test('and a day of which nobody else kept a count says so', () =>
    expect(closesOf([position], [], { sent: new Map(), signatures: new Map(), failures: new Map() })[0]).toMatchObject({
      sent: null,
      closes: null,
    }))
})
