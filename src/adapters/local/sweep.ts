/** So many octets pass between two sweeps. */
const EVERY_BYTES = 4 * 1024 * 1024

/**
 * What streams through leaves its chunks behind, whose octets lie outside V8's heap: where its nursery is large, as it should be for many exchanges
 * at once, it lets twice the nursery of them lie about. Here the nursery is swept as they pass, where the process was started with `--expose-gc`;
 * elsewhere nothing is done. `test/journeys/large.test.ts` holds what a large body costs.
 */
export class Passing {
  #since = 0

  /** So many octets have passed. */
  octets(size: number): void {
    this.#since += size
    if (this.#since < EVERY_BYTES) return
    this.#since = 0
    globalThis.gc?.({ type: 'minor' })
  }
}
