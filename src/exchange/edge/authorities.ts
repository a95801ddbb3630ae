import { type Certificate, readCertificate } from '../../trust/certificates.ts'
import { issuersOf, type Trust } from '../../trust/trust.ts'
import type { Store } from '../ports.ts'
import type { EdgePorts } from './reconcile.ts'

/** Certificates (DER, base64) of the authorities of the agency's own systems. */
export const EDGE_SYSTEMS = 'edge/systems'

/** Peers come with certificates of the exchange's authorities, the agency's systems with those of its own. */
export const authoritiesAtEdges =
  (store: Pick<Store, 'get'>, trust: () => Promise<Trust | undefined>): EdgePorts['authorities'] =>
  async (edge) => {
    if (edge === 'consumer') return ((await store.get<readonly string[]>(EDGE_SYSTEMS))?.value ?? []).map(certificateOf)
    const now = await trust()
    return now ? issuersOf(now).map(({ certificate }) => certificate) : []
  }

function certificateOf(text: string): Certificate {
  const read = readCertificate(Buffer.from(text, 'base64'))
  if (!read.ok) throw new Error(`${EDGE_SYSTEMS}: ${read.fault.detail}`)
  return read.value
}
