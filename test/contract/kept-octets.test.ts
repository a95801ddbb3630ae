import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { framed } from '../../src/adapters/local/kept-frames.ts'
import { keptRecords } from '../../src/adapters/local/kept-records.ts'
import { writingHere } from '../../src/adapters/local/kept-rows.ts'
import { openNodeDatabase } from '../../src/adapters/local/node-schema.ts'
import { openNodeStore } from '../../src/adapters/local/node-store.ts'
import { type EvidenceRecord, encodeRecord, identityOf } from '../../src/evidence/record.ts'
import { idsOf, sampleRecord } from './kept.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ALL = 1e9
const MIB = 1024 * 1024
const fresh = () => join(temporaryFolder(), 'node.sqlite')
const opened = (file: string) => {
  const store = openNodeStore(file)
  onTestFinished(store.close)
  return store
}
const folderOf = (file: string) => file.replace('.sqlite', '.records')
const requestsIn = async ({ drain }: Pick<ReturnType<typeof opened>, 'drain'>) => idsOf(await drain(100, ALL))

describe('the octets of kept records, in files beside the database', () => {
  test('a file that has enough gets no more; what is acknowledged goes, but not before what is older', async () => {
    const file = fresh()
    const { keep, drain, acknowledge } = opened(file)
    for (let n = 1; n <= 6; n++) await keep(sampleRecord(String(n), 6 * MIB))
    const files = readdirSync(folderOf(file))
    expect(files).toEqual(['000000001', '000000002'])
    const receipts = (await drain(10, ALL)).map(({ receipt }) => receipt)
    await acknowledge(receipts.slice(1))
    expect(readdirSync(folderOf(file))).toEqual(files)
    await acknowledge(receipts.slice(0, 1))
    expect(readdirSync(folderOf(file))).toEqual(['000000002'])
  })

  test('octets that were being written when the machine died were never kept, and the next go in their place', async () => {
    const file = fresh()
    for (const [id, torn] of [
      ['1', Buffer.from('half a record')],
      ['2', Buffer.from([0, 0, 0, 3, 0, 0, 0, 0, 1, 2, 3])],
      ['3', Buffer.alloc(5000)],
    ] as const) {
      const store = openNodeStore(file)
      await store.keep(sampleRecord(id))
      await store.close()
      appendFileSync(join(folderOf(file), '000000001'), torn)
    }
    expect(await requestsIn(opened(file))).toEqual(['1', '2', '3'])
  })

  test('what was kept is kept when the database lost its last commits with the machine: in order, once, and counted', async () => {
    const file = fresh()
    const first = openNodeStore(file)
    for (const id of ['1', '2']) await first.keep(sampleRecord(id))
    await first.close()
    const before = readFileSync(file)
    const second = openNodeStore(file, 'apart')
    for (const id of ['3', '4', '5']) await second.keep(sampleRecord(id, 9 * MIB))
    await second.close()
    expect(readdirSync(folderOf(file))).toEqual(['000000001', '000000002'])
    writeFileSync(file, before)
    for (const name of [`${file}-wal`, `${file}-shm`]) rmSync(name, { force: true })
    const third = opened(file)
    expect(await requestsIn(third)).toEqual(['1', '2', '3', '4', '5'])
    expect([...(await third.keptByDay())]).toEqual([['2027-01-15', 5]])
    for (const id of ['5', '6']) await third.keep(sampleRecord(id, id === '5' ? 9 * MIB : 1))
    expect(await requestsIn(opened(file))).toEqual(['1', '2', '3', '4', '5', '6'])
  })

  test('a record that was refused because the database could not take it does not come back', async () => {
    const file = fresh()
    const store = openNodeStore(file, 'apart')
    await store.keep(sampleRecord('1'))
    const other = new DatabaseSync(file)
    other.exec("CREATE TRIGGER full BEFORE INSERT ON kept BEGIN SELECT RAISE(ABORT, 'no space left'); END")
    await expect(store.keep(sampleRecord('2', 20 * MIB))).rejects.toThrow('no space left')
    await store.close()
    other.exec('DROP TRIGGER full')
    other.close()
    expect(await requestsIn(opened(file))).toEqual(['1'])
  })

  test('many small ones go in one write', async () => {
    const store = openNodeStore(fresh(), 'apart')
    onTestFinished(store.close)
    await Promise.all(Array.from({ length: 3000 }, (_, n) => store.keep(sampleRecord(String(n), 1))))
    const kept = await store.drain(5000, ALL)
    expect(new Set(kept.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size).toBe(3000)
  })

  test('records that are kept and whose octets somebody took away are an error, not an empty line', async () => {
    const file = fresh()
    const { keep, drain } = opened(file)
    await keep(sampleRecord('1'))
    rmSync(folderOf(file), { recursive: true })
    await expect(drain(10, ALL)).rejects.toThrow('the octets of record 1, which is kept, are not there')
  })

  test('two processes with one file lose nothing to each other, whoever begins the next one', async () => {
    const file = fresh()
    const one = opened(file)
    const two = openNodeStore(file, 'apart')
    onTestFinished(two.close)
    for (let n = 1; n <= 8; n++) await (n % 2 ? one : two).keep(sampleRecord(String(n), 6 * MIB))
    expect(await requestsIn(one)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
    const receipts = (await two.drain(7, ALL)).map(({ receipt }) => receipt)
    await two.acknowledge(receipts)
    await one.keep(sampleRecord('9'))
    expect(await requestsIn(two)).toEqual(['8', '9'])
  })
})

describe('a file of the version before', () => {
  /** As it was written then: every record counted as it came, and its row does not say who it is. */
  function ofVersionTwo(records: readonly EvidenceRecord[], countedOnly: readonly EvidenceRecord[] = []): string {
    const file = fresh()
    const old = new DatabaseSync(file)
    old.exec(`PRAGMA journal_mode = WAL;
      CREATE TABLE kept (seq INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL) STRICT;
      CREATE TABLE counted (identity BLOB PRIMARY KEY, day TEXT NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE known (one INTEGER PRIMARY KEY CHECK (one = 1), file INTEGER NOT NULL, through INTEGER NOT NULL) STRICT;
      CREATE TABLE sums (day TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE small (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      INSERT INTO small VALUES ('head', '7', 3);
      PRAGMA user_version = 2`)
    mkdirSync(folderOf(file))
    let through = 0
    const name = (record: EvidenceRecord) => createHash('sha256').update(identityOf(record)).digest()
    const counted = old.prepare('INSERT INTO counted VALUES (?, ?, ?)')
    for (const record of countedOnly) {
      const { lastInsertRowid } = old.prepare('INSERT INTO kept (file, start, size) VALUES (1, 0, 0)').run()
      old.prepare('DELETE FROM kept WHERE seq = ?').run(lastInsertRowid)
      counted.run(name(record), '2027-01-15', lastInsertRowid)
    }
    for (const record of records) {
      const bytes = encodeRecord(record)
      const frame = Buffer.concat(framed(bytes))
      appendFileSync(join(folderOf(file), '000000001'), frame)
      const start = through + frame.length - bytes.length
      const { lastInsertRowid } = old.prepare('INSERT INTO kept (file, start, size) VALUES (1, ?, ?)').run(start, bytes.length)
      counted.run(name(record), '2027-01-15', lastInsertRowid)
      through += frame.length
    }
    if (through > 0) old.prepare('INSERT INTO known VALUES (1, 1, ?)').run(through)
    old.prepare('INSERT INTO sums VALUES (?, ?)').run('2027-01-15', records.length + countedOnly.length)
    old.close()
    return file
  }

  test('is made into one of today: its records byte for byte and in order, its counts, its small records', async () => {
    const file = ofVersionTwo([sampleRecord('2'), sampleRecord('1')], [sampleRecord('0')])
    const { drain, keep, keptByDay, store, waiting } = opened(file)
    expect((await drain(10, ALL)).map(({ bytes }) => Buffer.from(bytes))).toEqual(
      ['2', '1'].map((id) => Buffer.from(encodeRecord(sampleRecord(id)))),
    )
    expect([...(await keptByDay())]).toEqual([['2027-01-15', 3]])
    expect(await store.get('head')).toEqual({ key: 'head', value: 7, version: 3 })
    for (const id of ['0', '1', '3']) await keep(sampleRecord(id))
    expect([await waiting(), [...(await keptByDay())]]).toEqual([4, [['2027-01-15', 4]]])
  })

  test('in which nothing waits knows what it counted, and gives no number a second time', async () => {
    const { drain, keep, keptByDay } = opened(ofVersionTwo([], [sampleRecord('0'), sampleRecord('1')]))
    for (const id of ['0', '2']) await keep(sampleRecord(id))
    expect((await drain(10, ALL)).map(({ receipt }) => receipt)).toEqual(['3', '4'])
    expect([...(await keptByDay())]).toEqual([['2027-01-15', 3]])
  })

  test('is as it was when that fails', async () => {
    const file = ofVersionTwo([sampleRecord('1')])
    const old = new DatabaseSync(file)
    onTestFinished(() => old.close())
    old.exec('CREATE TABLE counting (in_the_way)')
    expect(() => openNodeStore(file)).toThrow('already exists')
    expect(old.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 })
    expect(old.prepare('SELECT count(*) AS n FROM kept').get()).toEqual({ n: 1 })
    old.exec('DROP TABLE counting')
    expect(await requestsIn(opened(file))).toEqual(['1'])
  })

  test('that a program of that version still has open: it takes away what it was given, and can keep nothing more', async () => {
    const file = ofVersionTwo(['1', '2', '3'].map((id) => sampleRecord(id)))
    const old = new DatabaseSync(file)
    onTestFinished(() => old.close())
    const [forget, keep] = ['DELETE FROM kept WHERE seq = ?', 'INSERT INTO kept (file, start, size) VALUES (1, 0, 0)'].map((each) =>
      old.prepare(each),
    )
    const store = opened(file)
    for (const seq of [1, 2]) forget?.run(seq)
    expect(() => keep?.run()).toThrow('NOT NULL constraint failed: kept.identity')
    await store.keep(sampleRecord('4'))
    expect(await requestsIn(store)).toEqual(['3', '4'])
  })
})

describe('a file of octets is dropped when nothing in it is needed', () => {
  test('as of the moment of the acknowledgement: what is kept between that and the dropping stays', async () => {
    const { octets, rows, counts, close, ...others } = openNodeDatabase(fresh())
    onTestFinished(close)
    const write = (id: string, size: number) => {
      const record = sampleRecord(id, size)
      rows.write([{ identity: identityOf(record), day: '2027-01-15', bytes: encodeRecord(record) }])
    }
    const meanwhile = {
      ...octets,
      dropBefore: (file: number) => {
        write('2', 17 * MIB)
        write('3', 1)
        octets.dropBefore(file)
      },
    }
    const records = keptRecords({ ...others, counts, octets: meanwhile }, writingHere(rows, counts))
    await records.keep(sampleRecord('1'))
    await records.acknowledge((await records.drain(10, ALL)).map(({ receipt }) => receipt))
    expect(await requestsIn(records)).toEqual(['2', '3'])
  })

  test('one that is missing holds up none of the others, and is told when they are gone', async () => {
    const file = fresh()
    const { keep, drain, acknowledge } = opened(file)
    for (const id of ['1', '2', '3']) await keep(sampleRecord(id, 17 * MIB))
    rmSync(join(folderOf(file), '000000002'))
    const others = await drain(10, ALL)
    expect(idsOf(others)).toEqual(['1', '3'])
    await acknowledge(others.map(({ receipt }) => receipt))
    await expect(drain(10, ALL)).rejects.toThrow('the octets of record 2, which is kept, are not there')
  })
})
