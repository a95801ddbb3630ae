import type { Store } from '../../../src/exchange/ports.ts'

/** A store that is gone with the test; the same rules of versions as any. */
export function memoryStore(): Store {
  const records = new Map<string, { value: unknown; version: number }>()
  const put: Store['put'] = async (key, value, ifVersion) => {
    if ((records.get(key)?.version ?? 0) !== ifVersion) return false
    records.set(key, { value, version: ifVersion + 1 })
    return true
  }
  return {
    get: async <T>(key: string) => {
      const found = records.get(key)
      return found && { key, value: found.value as T, version: found.version }
    },
    query: async <T>(prefix: string) =>
      [...records].filter(([key]) => key.startsWith(prefix)).map(([key, { value, version }]) => ({ key, value: value as T, version })),
    put,
    transact: async (puts) => (await Promise.all(puts.map((each) => put(each.key, each.value, each.ifVersion)))).every(Boolean),
    lease: async () => true,
  }
}
