import { EDGE_LIMITS, type MessageLimits, type Patience } from '../exchange/limits.ts'
import type { NodeConfiguration } from '../exchange/node-configuration.ts'

/** What an operator may set beyond who takes part and what is served. All of it may be left out. */
export type NodeSettings = Pick<
  NodeConfiguration,
  'limits' | 'oldestPeer' | 'stopOnAlarm' | 'outOfService' | 'patience' | 'peerResponders'
> & {
  /** Listens by itself instead of behind a likeness of the gateways in the cloud: bodies are streamed, and the limits are its own. */
  readonly ownListener?: boolean
  /** Where peers' messages arrive; stock servers listen at 5500. Absent: where the world puts it. */
  readonly messagePort?: number
  /** Where peers ask for the OCSP responses of our TLS certificate; stock servers ask at 5577. 0: any free port. Absent: nowhere. */
  readonly ocspPort?: number
  /** Where a load balancer asks how the node is. 0: any free port. Absent: nowhere. */
  readonly healthPort?: number
  /** Whether its keys sign what waits with one signature: for holders of keys that are slow. */
  readonly signsInBatches?: boolean
  /** The address of a time-stamping authority outside the exchange, which stamps the daily head of the evidence chain. Absent: one of the exchange does. */
  readonly witness?: string
  /** Where peers listen whose address names no port. Absent: 5500. */
  readonly peerPort?: number
}

const MIB = 1024 * 1024
/** Of a node that listens by itself, when nothing else is set. */
const OWN_LIMITS: Required<MessageLimits> = { body: 100 * MIB, message: 101 * MIB, held: EDGE_LIMITS.message }
const OWN_PATIENCE: Patience = { consumeMs: 600_000, peerMs: 580_000, provideMs: 570_000, serviceMs: 560_000 }

/** The limits and the patience of a node that listens by itself; undefined: it stands behind a gateway. */
export function ownTerms({ ownListener, limits, patience }: NodeSettings): OwnTerms | undefined {
  if (!ownListener) return undefined
  return { limits: { ...OWN_LIMITS, ...limits }, patience: { ...OWN_PATIENCE, ...patience } }
}
export type OwnTerms = { readonly limits: Required<MessageLimits>; readonly patience: Patience }
