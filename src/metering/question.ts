import { ASSUMED, type Edge, type KeyTier } from './usage.ts'

/** The question: a month of exchanges of one kind, between two nodes of ours. Bytes are bytes, times milliseconds. */
export type WhatIf = {
  readonly messages: number
  readonly requestBytes: number
  readonly responseBytes: number
  readonly serviceMs: number
  readonly tier: KeyTier
  readonly edge: Edge
  readonly memoryMb: number
  /** Our own milliseconds of a whole processor, to see what slower would cost. */
  readonly processorMs: number
}
export const USUAL: WhatIf = {
  messages: 1_000_000,
  requestBytes: 4096,
  responseBytes: 8192,
  serviceMs: 100,
  tier: 'kms',
  edge: 'rest',
  memoryMb: 256,
  processorMs: ASSUMED.processorMs,
}
