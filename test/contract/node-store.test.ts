import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { StoreVersionError } from '../../src/adapters/local/database.ts'
import { openNodeStore } from '../../src/adapters/local/node-store.ts'
import { keptContract, sampleRecord } from './kept.ts'
import { storeContract } from './store.ts'
import { temporaryFolder } from './temporary-folder.ts'

const fresh = () => `${temporaryFolder()}/node.sqlite`
const opened = (file: string) => {
  const store = openNodeStore(file, 'apart')
  onTestFinished(store.close)
  return store
}
keptContract('a SQLite file', async () => openNodeStore(fresh()))
keptContract('a SQLite file that a thread writes', async () => opened(fresh()))
storeContract('a SQLite file', async () => openNodeStore(fresh()).store)

describe('a node in one SQLite file', () => {
  test('has everything again when it is opened anew', async () => {
    const file = fresh()
    const first = openNodeStore(file)
    const kept = first.keep(sampleRecord('1'))
    await first.store.put('head', 7, 0)
    await first.close()
    await kept
    const second = openNodeStore(file)
    expect(await second.waiting()).toBe(1)
    expect((await second.store.get('head'))?.value).toBe(7)
    await second.close()
  })

  test('is not opened by a program of another version, nor when it is somebody else’s', () => {
    const file = fresh()
    const other = new DatabaseSync(file)
    other.exec('CREATE TABLE x (y); PRAGMA user_version = 99')
    expect(() => openNodeStore(file)).toThrow(StoreVersionError)
    other.exec('PRAGMA user_version = 0')
    expect(() => openNodeStore(file)).toThrow('has store version 0; this program knows version 3')
    other.close()
  })

  test('waits for the disk at every commit', async () => {
    const file = fresh()
    const store = openNodeStore(file)
    const look = new DatabaseSync(file)
    expect(look.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
    look.close()
    await store.close()
    await expect(store.keep(sampleRecord('2'))).rejects.toThrow()
  })
})

describe('records written by a thread of their own', () => {
  test('are there for another process as soon as their keeper is told', async () => {
    const file = fresh()
    const store = opened(file)
    const look = new DatabaseSync(file)
    for (const id of ['1', '2', '3']) {
      await Promise.all([store.keep(sampleRecord(`${id}a`)), store.keep(sampleRecord(`${id}b`))])
      expect(look.prepare('SELECT count(*) AS n FROM kept').get()).toEqual({ n: 2 * Number(id) })
    }
    look.close()
  })

  test('that cannot be written are told so, each, and the next are written', async () => {
    const file = fresh()
    const store = opened(file)
    await store.keep(sampleRecord('1'))
    const other = new DatabaseSync(file)
    other.exec("CREATE TRIGGER full BEFORE INSERT ON kept BEGIN SELECT RAISE(ABORT, 'no space left'); END")
    const refused = await Promise.allSettled(['2', '3'].map((id) => store.keep(sampleRecord(id))))
    expect(refused.map((each) => each.status === 'rejected' && String(each.reason))).toEqual(Array(2).fill('Error: no space left'))
    other.exec('DROP TRIGGER full')
    other.close()
    await store.keep(sampleRecord('2'))
    expect(await store.waiting()).toBe(2)
  })

  test('are all there when the file is closed meanwhile; afterwards nothing is kept', async () => {
    const file = fresh()
    const store = openNodeStore(file, 'apart')
    const kept = Promise.all(Array.from({ length: 20 }, (_, n) => store.keep(sampleRecord(String(n), 1_000_000))))
    await store.close()
    await kept
    await expect(store.keep(sampleRecord('late'))).rejects.toThrow('closed')
    expect(await opened(file).waiting()).toBe(20)
  })
})
