import type { Header } from '../../protocol/rest-headers.ts'
import type { Caller } from '../client-rules.ts'
import { type EvidencePorts, evidenceDownload } from './evidence-download.ts'
import { type ListClientsPorts, listClients } from './list-clients.ts'
import type { LocalAnswer } from './local-answer.ts'
import { type VerificationConfPorts, verificationConf } from './verification-conf.ts'

/** A request to the consumer's door that goes to no service: `target` raw, as sent. */
export type LocalCall = { readonly method: string; readonly target: string; readonly headers: readonly Header[] }
/** Without a way to look through its archive and to run it, a node has no /asic: in the cloud that is another door's, and receipts are too many to go through. */
export type LocalPorts = ListClientsPorts & VerificationConfPorts & (EvidencePorts | NoEvidence)
type NoEvidence = { readonly archiveNow?: undefined }
const hasEvidence = (ports: LocalPorts): ports is LocalPorts & EvidencePorts => ports.archiveNow !== undefined

type Service = (
  call: { readonly query: URLSearchParams; readonly headers: readonly Header[] },
  caller: Caller,
  ports: LocalPorts,
) => Promise<LocalAnswer | undefined>

const SERVICES: ReadonlyMap<string, Service> = new Map<string, Service>([
  ['/listClients', ({ query, headers }, _, ports) => listClients(query, headers, ports)],
  ['/verificationconf', (_call, _caller, ports) => verificationConf(ports)],
  ['/asic', async ({ query }, caller, ports) => (hasEvidence(ports) ? evidenceDownload(query, caller, ports) : undefined)],
])

/**
 * What a consumer's node answers by itself, unsigned and unkept: GET /listClients, /verificationconf and /asic, these very paths.
 * undefined: the call is for another to answer. Source: X-Road PR-META §2, UG-SS "message log".
 */
export async function localService(
  { method, target, headers }: LocalCall,
  caller: Caller,
  ports: LocalPorts,
): Promise<LocalAnswer | undefined> {
  if (method !== 'GET') return undefined
  const mark = target.indexOf('?')
  const service = SERVICES.get(mark < 0 ? target : target.slice(0, mark))
  return service?.({ query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)), headers }, caller, ports)
}
