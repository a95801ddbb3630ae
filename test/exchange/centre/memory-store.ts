import type { Store, Stored } from '../../../src/exchange/ports.ts'

/** A store in memory, for tests and campaigns that write a great deal; held to the contract of all stores. */
export function memoryStore(): Store & {
  readonly copy: () => ReadonlyMap<string, Stored>
  readonly restore: (copy: ReadonlyMap<string, Stored>) => void
} {
  let records = new Map<string, Stored>()
  const leases = new Map<string, { holder: string; until: number }>()
  const clone = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
  const fits = (key: string, ifVersion: number) => (records.get(key)?.version ?? 0) === ifVersion
  const write = (key: string, value: unknown, ifVersion: number) =>
    void records.set(key, { key, value: clone(value), version: ifVersion + 1 })
  return {
    copy: () => new Map(records),
    restore: (copy) => {
      records = new Map(copy)
    },
    get: async <T>(key: string) => {
      const found = records.get(key)
      return found && (clone(found) as Stored<T>)
    },
    query: async <T>(prefix: string) =>
      [...records.values()]
        .filter(({ key }) => key.startsWith(prefix))
        .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
        .map((each) => clone(each) as Stored<T>),
    put: async (key, value, ifVersion) => {
      if (!fits(key, ifVersion)) return false
      write(key, value, ifVersion)
      return true
    },
    transact: async (puts) => {
      if (!puts.every(({ key, ifVersion }) => fits(key, ifVersion))) return false
      for (const { key, value, ifVersion } of puts) write(key, value, ifVersion)
      return true
    },
    lease: async (name, holder, now, ms) => {
      const held = leases.get(name)
      if (held && held.holder !== holder && held.until > now) return false
      leases.set(name, { holder, until: now + ms })
      return true
    },
  }
}

/** Write-once files in memory. */
export function memoryFiles() {
  const files = new Map<string, Uint8Array>()
  return {
    files,
    putLocked: async (name: string, bytes: Uint8Array) => {
      const there = files.get(name)
      if (there && Buffer.compare(there, bytes) !== 0) throw new Error(`${name} is there already with other bytes`)
      files.set(name, Uint8Array.from(bytes))
      return there ? ('already' as const) : ('kept' as const)
    },
    getLocked: async (name: string) => files.get(name),
    listLocked: async (prefix: string, after = '') => [...files.keys()].filter((name) => name.startsWith(prefix) && name > after).sort(),
  }
}
