import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Store, Stored } from '../../exchange/ports.ts'
import { inTransaction } from './database.ts'

type Put = { readonly key: string; readonly value: unknown; readonly ifVersion: number }

/** Small records as JSON, each with a version that counts up; and leases. */
export function smallRecords(database: DatabaseSync): Store {
  const select = database.prepare('SELECT key, value, version FROM small WHERE key = ?')
  const range = database.prepare('SELECT key, value, version FROM small WHERE key >= ?1 AND key < ?1 || char(1114111) ORDER BY key')
  const insert = database.prepare('INSERT INTO small (key, value, version) VALUES (?, ?, 1) ON CONFLICT (key) DO NOTHING')
  const update = database.prepare('UPDATE small SET value = ?, version = version + 1 WHERE key = ? AND version = ?')
  const take = database.prepare(
    'INSERT INTO lease (name, holder, until) VALUES (?1, ?2, ?4) ON CONFLICT (name) DO UPDATE SET holder = ?2, until = ?4 WHERE holder = ?2 OR until <= ?3',
  )
  const put = ({ key, value, ifVersion }: Put): boolean => {
    const text = JSON.stringify(value)
    const { changes } = ifVersion === 0 ? insert.run(key, text) : update.run(text, key, ifVersion)
    return Number(changes) === 1
  }
  return {
    get: async <T>(key: string) => {
      const row = select.get(key)
      return row && read<T>(row)
    },
    query: async <T>(prefix: string) => range.all(prefix).map((row) => read<T>(row)),
    put: async (key, value, ifVersion) => put({ key, value, ifVersion }),
    transact: async (puts) => allOrNothing(database, () => puts.every(put)),
    lease: async (name, holder, now, ms) => Number(take.run(name, holder, now, now + ms).changes) === 1,
  }
}

const read = <T>(row: Record<string, SQLOutputValue>): Stored<T> => ({
  key: String(row.key),
  value: JSON.parse(String(row.value)) as T,
  version: Number(row.version),
})

const NOT_ALL = Symbol('one put did not hold')

function allOrNothing(database: DatabaseSync, work: () => boolean): boolean {
  try {
    return inTransaction(database, () => {
      if (!work()) throw NOT_ALL
      return true
    })
  } catch (reason) {
    if (reason === NOT_ALL) return false
    throw reason
  }
}
