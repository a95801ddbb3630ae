import { type Instant, SECOND } from '../../base/clock.ts'
import type { Log, Store } from '../ports.ts'
import { EDGE_CERTIFICATES, EDGE_ZONE, type Edge, type EdgeCertificates } from './reconcile.ts'

/** The node's own TLS certificate as the edge knows it: an ARN. */
export const EDGE_INSTALLED = 'edge/installed'
/** The certificates of both names, by their edge: ARNs. */
export const EDGE_PUBLIC = 'edge/public'

/** A public certificate: 'ISSUED' once its name is proved by a record in the zone. */
export type PublicCertificate = { readonly status: string; readonly proof?: { readonly name: string; readonly value: string } }
export type PublicCertificatePorts = {
  readonly store: Store
  readonly hosts: Readonly<Record<Edge, string>>
  readonly requestPublic: (name: string) => Promise<string>
  readonly describePublic: (certificate: string) => Promise<PublicCertificate>
  readonly prove: (zone: string, proof: { readonly name: string; readonly value: string }) => Promise<void>
  readonly now: () => Instant
  readonly wait: (ms: number) => Promise<void>
  readonly log: Log
}

const LOOK_AGAIN = 10 * SECOND

/**
 * Gets both names their public certificates, and tells the edge of them when they are issued: at the consumers' door it is what systems see; at the
 * peers' door it proves that the name is ours, for the certificate there is the exchange's own. The proof stays in the zone: by it they renew.
 * @param until when it must have ended; a later run goes on
 * @returns whether both edges have all they need
 */
export async function settlePublicCertificates(until: Instant, ports: PublicCertificatePorts): Promise<boolean> {
  const { store, hosts, now, wait, log } = ports
  const installed = (await store.get<string>(EDGE_INSTALLED))?.value
  const zone = (await store.get<string>(EDGE_ZONE))?.value
  if (installed === undefined || zone === undefined) return false
  const asked = await askedFor(ports)
  for (;;) {
    const issued = { provider: await isIssued(asked.provider, zone, ports), consumer: await isIssued(asked.consumer, zone, ports) }
    const certificates: EdgeCertificates = {
      ...(issued.provider ? { provider: { certificate: installed, ownership: asked.provider } } : {}),
      ...(issued.consumer ? { consumer: { certificate: asked.consumer } } : {}),
    }
    await putChanged(EDGE_CERTIFICATES, certificates, store)
    if (issued.provider && issued.consumer) return true
    if (now() + LOOK_AGAIN >= until) break
    await wait(LOOK_AGAIN)
  }
  log({ level: 'warn', event: 'public_certificates_wait', names: `${hosts.provider} ${hosts.consumer}` })
  return false
}

async function askedFor({ store, hosts, requestPublic }: PublicCertificatePorts): Promise<Record<Edge, string>> {
  const before = (await store.get<Record<Edge, string>>(EDGE_PUBLIC))?.value
  const asked = before ?? { provider: await requestPublic(hosts.provider), consumer: await requestPublic(hosts.consumer) }
  await putChanged(EDGE_PUBLIC, asked, store)
  return asked
}

async function isIssued(certificate: string, zone: string, { describePublic, prove }: PublicCertificatePorts): Promise<boolean> {
  const { status, proof } = await describePublic(certificate)
  if (status === 'ISSUED') return true
  if (proof) await prove(zone, proof)
  return false
}

async function putChanged(key: string, value: unknown, store: Store): Promise<void> {
  const before = await store.get(key)
  if (JSON.stringify(before?.value) === JSON.stringify(value)) return
  if (!(await store.put(key, value, before?.version ?? 0))) throw new Error(`${key} was changed by another run`)
}
