import type { Instant, Now } from '../base/clock.ts'
import type { Outcome } from '../protocol/faults.ts'
import type { Header } from '../protocol/rest-message.ts'
import type { Memory } from './memory.ts'
import type { CallService, CurrentConfiguration, CurrentTrust, FetchUrl, Keep, Log, NewId, Sign } from './ports.ts'

export type ProvidePorts = {
  readonly configuration: CurrentConfiguration
  readonly trust: CurrentTrust
  readonly sign: Sign
  readonly keep: Keep
  readonly callService: CallService
  readonly fetchUrl: FetchUrl
  readonly now: Now
  readonly newId: NewId
  readonly log: Log
  /** What is remembered between exchanges; make it once per process with newMemory(). */
  readonly memory: Memory
}

/** One message as a peer's node delivered it. `peer` is the TLS certificate it presented (DER). */
export type Delivery = {
  readonly method: string
  readonly headers: readonly Header[]
  readonly body: Uint8Array
  readonly peer: Uint8Array | null
  readonly deadline: Instant
}
export type Reply = { readonly contentType: string; readonly body: Uint8Array }

export async function provide(_delivery: Delivery, _ports: ProvidePorts): Promise<Outcome<Reply>> {
  throw new Error('not yet')
}
