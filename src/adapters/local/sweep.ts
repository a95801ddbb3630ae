/** So many octets pass between two sweeps. */
const EVERY_BYTES = 4 * 1024 * 1024
let since = 0

/**
 * So many octets of large bodies have passed through this process. What streams through leaves its chunks behind, whose octets lie outside V8's heap, and
 * V8 lets twice its nursery of them lie about: it is swept as they pass, whichever bodies they are of, where the process was started with
 * `--expose-gc`; elsewhere nothing is done. `test/journeys/large.test.ts` holds what a large body costs.
 */
export function passed(octets: number): void {
  since += octets
  if (since < EVERY_BYTES) return
  since = 0
  globalThis.gc?.({ type: 'minor' })
}
