import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { StoreVersionError } from '../../src/adapters/local/database.ts'
import { openNodeStore } from '../../src/adapters/local/node-store.ts'
import { keptContract, sampleRecord } from './kept.ts'
import { storeContract } from './store.ts'
import { temporaryFolder } from './temporary-folder.ts'

const fresh = () => `${temporaryFolder()}/node.sqlite`
keptContract('a SQLite file', async () => openNodeStore(fresh()))
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
    expect(() => openNodeStore(file)).toThrow('has store version 0; this program knows version 1')
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
