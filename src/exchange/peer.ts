import type { Instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { type Fault, type Outcome, refuse } from '../protocol/faults.ts'
import { type ClientId, formatId } from '../protocol/identifiers.ts'
import { PURPOSES } from '../trust/certificate-extensions.ts'
import { buildPath, type Certificate, readCertificate } from '../trust/certificates.ts'
import { speaksFor } from '../trust/directory.ts'
import { judgePath } from '../trust/ocsp.ts'
import { caOf, type Trust } from '../trust/trust.ts'
import { type Memory, remembered, type Verdict } from './memory.ts'
import type { PeerResponders } from './node-configuration.ts'
import { type OcspPorts, ocspAtHand, sha256OfLasting } from './ocsp-at-hand.ts'
import { peerOcspUrl } from './peer-responder.ts'
import type { CurrentTrust, Now, TrustInForce } from './ports.ts'
import { certificateFrom } from './remembered-steps.ts'
import { goodUntil } from './verdict-time.ts'

/**
 * Whether the node that presented this TLS certificate may speak for a client, at an instant: registered for a server of the client's,
 * made for authentication, issued by an authority of the client's instance, and good by the OCSP responses given.
 * Refused with 'ssl_authentication_failed'. Source: X-Road PR-MESST §2, "authentication of security servers".
 */
export function judgePeer(
  der: Uint8Array,
  responses: readonly Uint8Array[],
  client: ClientId,
  today: TrustInForce,
  at: Instant,
  memory: Memory,
): Outcome<true> {
  const key = ['peer', today.configuration, formatId(client), sha256OfLasting(der), ...responses.map(sha256OfLasting)].join(' ')
  return remembered(memory.verdicts, key, at, () => judge(der, responses, client, today, at))
}

/** The same for the node we call at an address: its OCSP response is not sent along, so it is asked for. */
export async function judgeServer(
  der: Uint8Array,
  address: string,
  owner: ClientId,
  responders: PeerResponders,
  today: TrustInForce,
  ports: OcspPorts,
): Promise<Outcome<true>> {
  if (!speaksFor(today.trust, der, owner)) return notRegistered(owner)
  const certificate = certificateFrom(der, ports.memory)
  if (!certificate.ok) return failed(certificate.fault)
  const peer = { url: () => peerOcspUrl(address, responders.port, der), first: responders.first }
  const response = await ocspAtHand(certificate.value, today, ports, { peer })
  if (!response.ok) return failed(response.fault)
  return judgePeer(der, [response.value], owner, today, ports.now(), ports.memory)
}

/**
 * The configuration to judge a caller's node by: where the one in force does not know its certificate, but an authority made it, one more look is taken.
 * A server approved a minute ago is let in; a stranger's certificate makes nobody look.
 * @param knows whether a configuration has the certificate for what is asked
 * @param instance of the authority; absent: of any
 */
export async function knowing(
  der: Uint8Array,
  knows: (trust: Trust) => boolean,
  today: TrustInForce,
  { now, newerTrust }: { readonly now: Now; readonly newerTrust?: CurrentTrust },
  instance?: string,
): Promise<TrustInForce> {
  if (!newerTrust || knows(today.trust) || !certified(der, today.trust, now(), instance)) return today
  const newer = await newerTrust()
  return newer.ok ? newer.value : today
}

function certified(der: Uint8Array, trust: Trust, at: Instant, instance: string | undefined): boolean {
  const certificate = readCertificate(der)
  return certificate.ok && pathOf(certificate.value, trust, at, instance).ok
}

const notRegistered = (client: ClientId) =>
  refuse('ssl_authentication_failed', `the TLS certificate is not registered for a server of ${formatId(client)}`)

const failed = ({ path, detail }: Fault) => refuse('ssl_authentication_failed', `${path.join('.')}: ${detail}`)

function judge(
  der: Uint8Array,
  responses: readonly Uint8Array[],
  client: ClientId,
  { trust }: TrustInForce,
  at: Instant,
): Outcome<Verdict<true>> {
  if (!speaksFor(trust, der, client)) return notRegistered(client)
  const certificate = readCertificate(der)
  if (!certificate.ok) return failed(certificate.fault)
  if (!isForAuthentication(certificate.value))
    return refuse('ssl_authentication_failed', 'the TLS certificate is not made for authentication')
  const path = pathOf(certificate.value, trust, at, client.instance)
  if (!path.ok) return path
  const verdict = judgePath(path.value, responses, trust, at, 'strict', client.instance)
  return verdict.ok ? ok({ value: true, until: goodUntil(trust, at, path.value, verdict.value) }) : failed(verdict.fault)
}

function pathOf(certificate: Certificate, trust: Trust, at: Instant, instance?: string): Outcome<readonly Certificate[]> {
  const issuer = caOf(trust, certificate, instance)
  if (!issuer) return refuse('ssl_authentication_failed', `no authority of ${instance ?? 'ours'} issued the TLS certificate`)
  const path = buildPath(certificate, [issuer.certificate], [], at)
  return path.ok ? path : failed(path.fault)
}

/** Extended usage clientAuth, or one of the three usages a TLS key can have. Source: X-Road CertUtils. */
const isForAuthentication = ({ extendedKeyUsage, keyUsage }: Certificate): boolean =>
  (extendedKeyUsage?.has(PURPOSES.clientAuth) ?? false) ||
  (['digitalSignature', 'keyEncipherment', 'dataEncipherment'] as const).some((usage) => keyUsage?.has(usage) ?? false)
