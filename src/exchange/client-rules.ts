import { ok } from '../base/result.ts'
import { type Outcome, raisedBy, refuse } from '../protocol/faults.ts'
import { formatId, sameService } from '../protocol/identifiers.ts'
import type { Message } from './message.ts'
import type { NodeClient, NodeConfiguration } from './node-configuration.ts'
import { sha256 } from './ocsp-at-hand.ts'
import type { OutgoingRequest } from './outgoing.ts'

/** How the call reached our door. `certificate` is what the information system presented (DER), if it did. */
export type Caller = { readonly tls: boolean; readonly certificate: Uint8Array | null }

/**
 * Who speaks here: a client of this node ('unknown_member'), over a connection that its own setting takes ('ssl_authentication_failed').
 * Source: X-Road UG-SS, connection types.
 */
export function speaking(request: Pick<Message, 'client'>, caller: Caller, { clients }: NodeConfiguration): Outcome<NodeClient> {
  const name = formatId(request.client)
  const client = clients.find(({ id }) => formatId(id) === name)
  if (!client) return refuse('unknown_member', `${name} is no client of this node`)
  const objection = objectionTo(caller, client)
  return objection ? refuse('ssl_authentication_failed', `${name}: ${objection}`) : ok(client)
}

function objectionTo({ tls, certificate }: Caller, { connection, certificates }: NodeClient): string | null {
  if (connection === 'NOSSL') return null
  if (!tls) return 'its systems must connect over TLS'
  if (connection === 'SSLNOAUTH') return null
  if (!certificate) return 'its systems must present a certificate'
  return certificates.includes(sha256(certificate)) ? null : 'the certificate presented is not one of its own'
}

/** What the consumer itself asks of calls to this service: 'legal_basis_missing' or 'openapi_violation', the client's own mistakes. */
export function withinPolicy(request: OutgoingRequest, { policies }: NodeConfiguration): Outcome<true> {
  for (const policy of policies) {
    const kept = sameService(policy.service, request.service) ? request.keepsPolicy(policy) : ok(true as const)
    if (!kept.ok) return raisedBy('client', kept)
  }
  return ok(true)
}
