import type { Instant } from '../base/clock.ts'

/** What a process remembers between exchanges, handed in so that the flows hold no state of their own. Every map is bounded. */
export type Memory = {
  /** Good verdicts on certificates, by digest of all they were judged by, until they must be judged again. */
  readonly verdicts: Map<string, { readonly from: Instant; readonly until: Instant; readonly value: unknown }>
  /** OCSP responses, by SHA-256 (hex) of the certificate. */
  readonly ocsp: Map<string, { readonly response: Uint8Array; readonly thisUpdate: Instant; readonly fetched: Instant }>
  /** How far other clocks are from ours, by who told us. */
  readonly clocks: Map<string, { readonly difference: number; readonly at: Instant }>
}

export const newMemory = (): Memory => ({ verdicts: new Map(), ocsp: new Map(), clocks: new Map() })
