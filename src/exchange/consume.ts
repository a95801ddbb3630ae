import type { Instant, Now } from '../base/clock.ts'
import type { Outcome } from '../protocol/faults.ts'
import type { RestCall, RestResponse } from '../protocol/rest-message.ts'
import type { Memory } from './memory.ts'
import type { ValidateCall } from './policies.ts'
import type { CallPeer, CurrentConfiguration, CurrentTrust, FetchUrl, Keep, Log, NewId, Sign } from './ports.ts'

export type ConsumePorts = {
  readonly configuration: CurrentConfiguration
  readonly trust: CurrentTrust
  readonly sign: Sign
  readonly keep: Keep
  readonly callPeer: CallPeer
  readonly fetchUrl: FetchUrl
  readonly now: Now
  readonly newId: NewId
  readonly log: Log
  /** What is remembered between exchanges; make it once per process with newMemory(). */
  readonly memory: Memory
  /** Judges a call against a service's OpenAPI document. Without it a policy that names a document refuses every call. */
  readonly validateCall?: ValidateCall
}

/** How the call reached our door. `certificate` is what the information system presented (DER), if it did. */
export type Caller = { readonly tls: boolean; readonly certificate: Uint8Array | null }
/** What the door knows of the exchange: its fresh x-road-request-id, and when the answer must be whole. */
export type Exchange = { readonly requestId: string; readonly deadline: Instant }

export async function consume(_call: RestCall, _caller: Caller, _exchange: Exchange, _ports: ConsumePorts): Promise<Outcome<RestResponse>> {
  throw new Error('not yet')
}
