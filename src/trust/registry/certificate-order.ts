import { createPublicKey, type KeyObject } from 'node:crypto'
import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type MemberId, memberOf, type ServerId } from '../../protocol/identifiers.ts'
import { isWeakKey } from '../../protocol/signature-algorithms.ts'
import { readCertificateRequest } from '../issue.ts'
import { authenticationSubject, signingSubject } from '../subjects.ts'

/**
 * A certificate that is asked for: what for, and the PKCS#10 request, DER in base64. Or the public key alone (SubjectPublicKeyInfo), where whoever
 * asks may not sign with the key: then the invitation stands for it, until the first request that is signed with it.
 */
export type OrderedCertificate =
  | { readonly use: 'signing' | 'authentication'; readonly request: string }
  | { readonly use: 'signing'; readonly publicKey: string }
/** With an invitation: who comes in, as which server. */
export type Enrolment = { readonly secret: string; readonly server: string; readonly certificates: readonly OrderedCertificate[] }
/** What the centre gives back: certificates in the order they were asked for, DER in base64. */
export type Issued = { readonly certificates: readonly string[] }
/** What a node must know of its centre before it knows anything else. */
export type CentreFacts = {
  /** The anchor, base64 of the file; its fingerprint is in the invitation. */
  readonly anchor: string
  /** The subsystem that offers management: 'QRO/GOB/AGENCIA/GESTION'. */
  readonly provider: string
  /** The name of the member as the register has it; '' when it has none. */
  readonly name: string
}

export type Ordered = {
  readonly use: OrderedCertificate['use']
  readonly subject: Uint8Array
  readonly publicKey: Uint8Array
  readonly dns: readonly string[]
}

/** What a node asks its certificates to say. The name in a TLS certificate is the host alone: peers know it by its hash. */
export function subjectFor(use: OrderedCertificate['use'], server: ServerId, name: string, host: string): Uint8Array {
  const member: MemberId = memberOf(server)
  return use === 'signing' ? signingSubject('Basic', member, name) : authenticationSubject('Basic', server, name, host)
}

/**
 * Reads an order and holds it against whom it is for: the subject must be exactly what this member gets, the key in the hand of whoever asks, and
 * strong enough. Refused with 'bad_request', 'access_denied' (another member's subject), 'weak_algorithm'.
 */
export function readOrder(order: OrderedCertificate, server: ServerId, name: string, by: 'invitation' | 'statement'): Outcome<Ordered> {
  if ('publicKey' in order)
    return by === 'invitation' ? readBare(order, server, name) : refuse('bad_request', 'the key must sign its request')
  const { use, request } = order
  if (use !== 'signing' && use !== 'authentication') return refuse('bad_request', 'a certificate is for signing or for authentication')
  const read = readCertificateRequest(Buffer.from(request, 'base64'))
  if (!read.ok) return read
  const { subject, spki, publicKey, dnsNames } = read.value
  if (isWeakKey(publicKey)) return refuse('weak_algorithm', 'the key of the request is too weak')
  if (use === 'signing' && dnsNames.length > 0) return refuse('bad_request', 'a signing certificate has no host')
  const host = dnsNames[0] ?? 'localhost'
  const expected = subjectFor(use, server, name, host)
  if (Buffer.compare(subject.der, expected) !== 0)
    return refuse('access_denied', 'the request is for another subject than its sender may have')
  return ok({ use, subject: subject.der, publicKey: spki, dns: dnsNames })
}

/** Nothing but a key: the subject is the one that this member gets. */
function readBare(
  { use, publicKey }: { readonly use: string; readonly publicKey: string },
  server: ServerId,
  name: string,
): Outcome<Ordered> {
  if (use !== 'signing') return refuse('bad_request', 'only a key for signing may be asked for without its own signature')
  const read = readPublicKey(Buffer.from(publicKey, 'base64'))
  if (!read) return refuse('bad_request', 'there is no public key')
  if (isWeakKey(read)) return refuse('weak_algorithm', 'the key of the request is too weak')
  return ok({ use, subject: subjectFor(use, server, name, ''), publicKey: read.export({ type: 'spki', format: 'der' }), dns: [] })
}

function readPublicKey(spki: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch {
    return undefined // no key: the caller refuses it
  }
}
