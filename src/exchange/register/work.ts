import type { Store } from '../ports.ts'

/** A record changed: what it was and what it is; null is none. */
export type Change = { readonly key: string; readonly before: unknown; readonly after: unknown }

/**
 * One act in the making: reads see what the act has put so far, and nothing is written before all of it is.
 * Records are never forgotten: one that is removed stays as null, so that its versions go on counting.
 */
export class Work {
  readonly #store: Store
  readonly #read = new Map<string, { readonly value: unknown; readonly version: number }>()
  readonly #puts = new Map<string, unknown>()

  constructor(store: Store) {
    this.#store = store
  }

  async get<T>(key: string): Promise<T | undefined> {
    if (this.#puts.has(key)) return (this.#puts.get(key) as T | null) ?? undefined
    return ((await this.#known(key)).value as T | null) ?? undefined
  }

  /** Records under a prefix, in order of their keys. The prefix goes on after its first '/'. */
  async list<T>(prefix: string): Promise<readonly { readonly key: string; readonly value: T }[]> {
    const there = new Map<string, unknown>()
    for (const { key, value, version } of await this.#store.query(prefix)) {
      this.#read.set(key, { value, version })
      there.set(key, value)
    }
    for (const [key, value] of this.#puts) if (key.startsWith(prefix)) there.set(key, value)
    return [...there]
      .filter(([, value]) => value !== null)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => ({ key, value: value as T }))
  }

  put(key: string, value: unknown): void {
    this.#puts.set(key, value)
  }

  /** What changes, and under which versions it was read. A put of the same value is no change. */
  async changes(): Promise<readonly (Change & { readonly ifVersion: number })[]> {
    const changes: (Change & { readonly ifVersion: number })[] = []
    for (const [key, after] of this.#puts) {
      const { value: before, version } = await this.#known(key)
      if (JSON.stringify(after) !== JSON.stringify(before)) changes.push({ key, before, after, ifVersion: version })
    }
    return changes
  }

  async #known(key: string): Promise<{ readonly value: unknown; readonly version: number }> {
    const known = this.#read.get(key)
    if (known) return known
    const stored = await this.#store.get(key)
    const read = { value: stored?.value ?? null, version: stored?.version ?? 0 }
    this.#read.set(key, read)
    return read
  }
}
