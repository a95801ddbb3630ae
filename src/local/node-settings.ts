import type { NodeConfiguration } from '../exchange/node-configuration.ts'

/** What an operator may set beyond who takes part and what is served. All of it may be left out. */
export type NodeSettings = Pick<NodeConfiguration, 'limits' | 'oldestPeer' | 'outOfService' | 'peerResponders'> & {
  /** Where peers' messages arrive; stock servers listen at 5500. Absent: where the world puts it. */
  readonly messagePort?: number
  /** Where peers ask for the OCSP responses of our TLS certificate; stock servers ask at 5577. 0: any free port. Absent: nowhere. */
  readonly ocspPort?: number
  /** Where a load balancer asks how the node is. 0: any free port. Absent: nowhere. */
  readonly healthPort?: number
  /** Whether its keys sign what waits with one signature: for holders of keys that are slow. */
  readonly signsInBatches?: boolean
  /** Where peers listen whose address names no port. Absent: 5500. */
  readonly peerPort?: number
}
