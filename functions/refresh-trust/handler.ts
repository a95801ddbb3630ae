import type { Log, TrustInForce } from '../../src/exchange/ports.ts'
import { codeOf, type Outcome } from '../../src/protocol/faults.ts'

export type RefreshTrustPorts = { readonly refreshTrust: () => Promise<Outcome<TrustInForce>>; readonly log: Log }

/** The schedule's call: looks for a newer global configuration, so that a node without traffic finds it at hand. Fails when there is none to be had. */
export const refreshTrustHandler =
  ({ refreshTrust, log }: RefreshTrustPorts) =>
  async (): Promise<{ readonly configuration: string }> => {
    const found = await refreshTrust()
    if (!found.ok) throw new Error(`${codeOf(found.fault)}: ${found.fault.detail}`)
    const { configuration, validUntil } = found.value
    log({ level: 'info', event: 'trust_refreshed', configuration, validUntil })
    return { configuration }
  }
