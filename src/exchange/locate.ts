import { ok } from '../base/result.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { formatId, ownerOf } from '../protocol/identifiers.ts'
import { serversOf } from '../trust/directory.ts'
import type { ServerEntry } from '../trust/shared-parameters.ts'
import type { Trust } from '../trust/trust.ts'
import type { OutgoingRequest } from './outgoing.ts'

/**
 * The addresses of the nodes that serve a client, each once, where to begin chosen by the request id so that the load is shared.
 * Refusals: 'unknown_member', 'invalid_security_server', 'maintenance_mode'. Source: X-Road PR-MESST, PR-TARGETSS.
 */
export function locate(request: OutgoingRequest, trust: Trust): Outcome<readonly string[]> {
  const owner = ownerOf(request.service)
  const all = serversOf(trust, owner)
  if (all.length === 0) return refuse('unknown_member', `no server is registered for ${formatId(owner)}`)
  const aimed = aimedAt(request, all)
  if (!aimed.ok) return aimed
  const working = aimed.value.filter(({ maintenance }) => !maintenance)
  if (working.length === 0)
    return refuse('maintenance_mode', aimed.value.map(({ maintenance }) => maintenance?.message).find(Boolean) ?? '')
  const addresses = [...new Set(working.flatMap(({ address }) => address ?? []))]
  if (addresses.length === 0) return refuse('unknown_member', `no server of ${formatId(owner)} has an address`)
  const first = Number.parseInt(request.requestId.slice(0, 8), 16) % addresses.length || 0
  return ok([...addresses.slice(first), ...addresses.slice(0, first)])
}

function aimedAt({ targetServer }: OutgoingRequest, servers: readonly ServerEntry[]): Outcome<readonly ServerEntry[]> {
  if (!targetServer) return ok(servers)
  const name = formatId(targetServer)
  const target = servers.filter(({ id }) => formatId(id) === name)
  return target.length > 0 ? ok(target) : refuse('invalid_security_server', `${name} does not serve this member`)
}
