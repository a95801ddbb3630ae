import { HOUR, type Instant, isoInstant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { codeOf, type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId, memberOf, type ServerId } from '../../protocol/identifiers.ts'
import { type Certificate, readCertificate } from '../../trust/certificates.ts'
import { nameOf, serverNamed, serverOfCertificate } from '../../trust/directory.ts'
import { certificateRequest } from '../../trust/issue.ts'
import { subjectFor } from '../../trust/registry/certificate-order.ts'
import type { NodeConfiguration } from '../node-configuration.ts'
import { ocspAtHand } from '../ocsp-at-hand.ts'
import type { CurrentConfiguration, CurrentTrust, Store, TrustInForce } from '../ports.ts'
import { noteAsked } from '../watch/asked.ts'
import { askCentre, type CentrePorts, orderCertificates } from './centre-client.ts'
import {
  activeOf,
  begun,
  derOf,
  FIRST_AUTHENTICATION,
  type HeldCertificate,
  heldFrom,
  type Identity,
  identityIn,
  nextOf,
  type Pace,
  putIdentity,
  renewAt,
  usableUntil,
} from './identity.ts'

export type LifePorts = CentrePorts & {
  readonly configuration: CurrentConfiguration
  readonly trust: CurrentTrust
  readonly store: Store
  /** Makes a key, or finds the one of that name, and gives its SubjectPublicKeyInfo (DER). */
  readonly makeKey: (name: string, like: HeldCertificate) => Promise<Uint8Array>
  /** Takes the certificates in use into the doors; the next message goes by them. */
  readonly present: () => Promise<void>
  readonly pace: Pace
}

/** What one look at the certificates did. */
export type LifeStep = { readonly what: 'ordered' | 'registered' | 'taken up' | 'withdrawn' | 'retired'; readonly key: string }

const ALGORITHM = 'rsa-sha512'

/**
 * Looks after the node's certificates, once: orders successors in good time, registers the TLS one, takes each up when everybody can judge it, and lets
 * the old ones go. Whatever could not be done now is tried again at the next look; nothing waits for a person but an approval, where policy asks one.
 */
export async function keepCertificates(ports: LifePorts): Promise<readonly LifeStep[]> {
  const configuration = await ports.configuration()
  const today = await ports.trust()
  if (!today.ok) return []
  const steps: LifeStep[] = []
  const identity = await beginIdentity(configuration, ports)
  const purposes = [...new Map(identity.held.map(({ use, member }) => [`${use} ${member}`, { use, member }])).values()]
  for (const { use, member } of purposes) {
    const done = await keepOne(use, member, configuration, today.value, ports)
    if (!done.ok)
      ports.log({ level: 'warn', event: 'certificate_not_renewed', use, member, code: codeOf(done.fault), why: done.fault.detail })
    else steps.push(...done.value)
  }
  for (const { what, key } of steps) ports.log({ level: 'info', event: 'certificate', what, key })
  return steps
}

/** What the node was set up with, as the beginning of its life, once. */
export async function beginIdentity(configuration: NodeConfiguration, ports: Pick<LifePorts, 'store' | 'now'>): Promise<Identity> {
  return (await change(ports, (before) => begun(before, configuration, ALGORITHM, ports.now()))).identity
}

async function change(
  { store }: Pick<LifePorts, 'store'>,
  to: (identity: Identity) => Identity,
): Promise<{ readonly identity: Identity; readonly changed: boolean }> {
  for (;;) {
    const { identity, version } = await identityIn(store)
    const next = to(identity)
    if (next === identity) return { identity, changed: false }
    if (await putIdentity(store, next, version)) return { identity: next, changed: true }
  }
}

const replaced = (identity: Identity, before: HeldCertificate, after: HeldCertificate | null): Identity => ({
  ...identity,
  held: identity.held.flatMap((each) => (each.key === before.key ? (after ? [after] : []) : [each])),
})

async function keepOne(
  use: HeldCertificate['use'],
  member: string,
  configuration: NodeConfiguration,
  today: TrustInForce,
  ports: LifePorts,
): Promise<Outcome<readonly LifeStep[]>> {
  const steps: LifeStep[] = []
  const { identity } = await identityIn(ports.store)
  const active = activeOf(identity, use, member)
  if (!active) throw new Error(`no ${use} certificate of ${member || 'the node'} is in use`)
  tellEnd(active, ports)
  const next = nextOf(identity, use, member)
  if (!next && ports.now() >= renewAt(active, ports.pace)) {
    const ordered = await order(active, identity, configuration, today, ports)
    if (!ordered.ok) return ordered
    steps.push({ what: 'ordered', key: ordered.value.key })
  }
  const waiting = nextOf((await identityIn(ports.store)).identity, use, member)
  if (waiting) {
    const taken = await takeUp(waiting, active, configuration, today, ports)
    if (!taken.ok) return taken
    steps.push(...taken.value)
  }
  for (const each of identity.held.filter((held) => held.use === use && held.member === member && held.state === 'leaving')) {
    const gone = await letGo(each, configuration, today, ports)
    if (!gone.ok) return gone
    steps.push(...gone.value)
  }
  return ok(steps)
}

/** Nobody is told too late: what stops, and when. */
function tellEnd(active: HeldCertificate, { now, pace, log }: LifePorts): void {
  const end = usableUntil(active, pace)
  if (now() < end - pace.least / 2) return
  const stops = active.use === 'signing' ? 'signing messages' : 'every connection with peers'
  log({
    level: now() < end ? 'warn' : 'error',
    event: 'certificate_ends',
    use: active.use,
    member: active.member,
    at: isoInstant(end),
    stops,
  })
}

async function order(
  active: HeldCertificate,
  { made }: Identity,
  configuration: NodeConfiguration,
  { trust }: TrustInForce,
  ports: LifePorts,
): Promise<Outcome<HeldCertificate>> {
  const { use, member } = active
  const base = use === 'authentication' ? FIRST_AUTHENTICATION : active.key.replace(/\.\d+$/, '')
  const key = `${base}.${(made[base] ?? 1) + 1}`
  const publicKey = await ports.makeKey(key, active)
  const { server } = configuration
  const name = nameOf(trust, memberOf(server)) ?? ''
  const hosts = use === 'authentication' ? [hostOf(serverNamed(trust, server)?.address)] : []
  const wish = {
    use,
    subject: subjectFor(use, server, name, hosts[0] ?? ''),
    publicKey,
    ...(hosts.length > 0 ? { names: { dns: hosts } } : {}),
  }
  const request = await certificateRequest(wish, { key, algorithm: active.algorithm }, ports.sign)
  const speaker = await ownerSpeaks(server, ports)
  const issued = await orderCertificates(server, [{ use, request: Buffer.from(request).toString('base64') }], speaker, ports)
  if (!issued.ok) return issued
  const der = Buffer.from(issued.value.certificates[0] ?? '', 'base64')
  const read = readCertificate(der)
  if (!read.ok || Buffer.compare(read.value.publicKey.export({ type: 'spki', format: 'der' }), publicKey) !== 0)
    return refuse('incorrect_certificate', 'the centre issued a certificate for another key')
  const next = heldFrom({ use, member, key, algorithm: active.algorithm, state: 'next', since: NOT_YET }, der)
  await change(ports, (identity) => ({ held: [...identity.held, next], made: { ...identity.made, [base]: (made[base] ?? 1) + 1 } }))
  return ok(next)
}

/** No certificate of ours could be used then: what is not yet. */
const NOT_YET = 0 as Instant
const hostOf = (address = 'localhost'): string => address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')

/** The owner of the server, by the certificate it signs with now. */
export async function ownerSpeaks(server: ServerId, { store }: Pick<LifePorts, 'store'>) {
  const owner = formatId(memberOf(server))
  const held = activeOf((await identityIn(store)).identity, 'signing', owner)
  if (!held) throw new Error(`${owner} has no certificate to sign with`)
  return { key: held.key, algorithm: held.algorithm, certificate: derOf(held) }
}

/**
 * Takes a successor up when nobody can fail to judge it: its OCSP answer is at hand; and a TLS certificate has been listed for as long as the
 * configuration lasts, so that whoever still acts on an older one does not meet a stranger.
 */
async function takeUp(
  next: HeldCertificate,
  active: HeldCertificate,
  { server }: NodeConfiguration,
  today: TrustInForce,
  ports: LifePorts,
): Promise<Outcome<readonly LifeStep[]>> {
  const certificate = readCertificate(derOf(next))
  if (!certificate.ok) return certificate
  if (next.use === 'authentication' && !isListed(certificate.value, server, today)) {
    if (next.requestId !== undefined) return standing(next, server, today, ports)
    const asked = await register(next, server, today, ports)
    return asked.ok ? ok([{ what: 'registered', key: next.key }]) : asked
  }
  const good = await ocspAtHand(certificate.value, today, ports)
  if (!good.ok) return good
  const usable = next.since === NOT_YET ? usableFrom(next, today, ports.now()) : next.since
  if (next.since === NOT_YET) await change(ports, (identity) => replaced(identity, next, { ...next, since: usable }))
  if (ports.now() < Math.min(usable, active.notAfter - HOUR)) return ok([])
  await change(ports, (identity) => {
    const on = replaced(identity, active, { ...active, state: 'leaving', since: ports.now() })
    return replaced(on, next, { ...next, state: 'active', since: ports.now() })
  })
  await ports.present()
  return ok([{ what: 'taken up', key: next.key }])
}

const isListed = (certificate: Certificate, server: ServerId, { trust }: TrustInForce): boolean => {
  const found = serverOfCertificate(trust, certificate.der)
  return found !== undefined && formatId(found.id) === formatId(server)
}

/** A TLS certificate from when no configuration can be in force any more that does not list it; a signing one at once. */
const usableFrom = ({ use }: HeldCertificate, { validUntil }: TrustInForce, now: Instant): Instant =>
  use === 'authentication' ? validUntil : now

async function register(next: HeldCertificate, server: ServerId, today: TrustInForce, ports: LifePorts): Promise<Outcome<true>> {
  const possession = { key: next.key, algorithm: next.algorithm, certificate: derOf(next) }
  await noteAsked(ports.store, { certificate: next.certificate })
  const wanted = { type: 'authCertReg', server, certificate: next.certificate } as const
  const asked = await askCentre(wanted, await ownerSpeaks(server, ports), possession, today, ports)
  if (!asked.ok) return asked
  await change(ports, (identity) => replaced(identity, next, { ...next, requestId: asked.value.requestId }))
  return ok(true)
}

/** How the registration stands; one that was declined is ordered anew, and the reason is in the log. */
async function standing(
  next: HeldCertificate,
  server: ServerId,
  today: TrustInForce,
  ports: LifePorts,
): Promise<Outcome<readonly LifeStep[]>> {
  const wanted = { type: 'requestStatus', server, requestId: next.requestId ?? 0 } as const
  const told = await askCentre(wanted, await ownerSpeaks(server, ports), undefined, today, ports)
  if (!told.ok) return told
  const { status, reason = '' } = told.value
  if (status === 'DECLINED' || status === 'REVOKED') {
    await change(ports, (identity) => replaced(identity, next, null))
    return refuse('access_denied', `the centre declined the certificate: ${reason}`)
  }
  return ok([])
}

/** An old TLS certificate is withdrawn at the centre; an old signing one stays listed with us until all it signed is stamped. */
async function letGo(
  old: HeldCertificate,
  { server }: NodeConfiguration,
  today: TrustInForce,
  ports: LifePorts,
): Promise<Outcome<readonly LifeStep[]>> {
  if (old.use === 'signing') {
    if (ports.now() - old.since < ports.pace.longestStampDelay) return ok([])
    await change(ports, (identity) => replaced(identity, old, null))
    return ok([{ what: 'retired', key: old.key }])
  }
  const certificate = readCertificate(derOf(old))
  if (!certificate.ok) return certificate
  if (isListed(certificate.value, server, today)) {
    const wanted = { type: 'authCertDeletion', server, certificate: old.certificate } as const
    await noteAsked(ports.store, { withdrawn: old.certificate })
    const asked = await askCentre(wanted, await ownerSpeaks(server, ports), undefined, today, ports)
    if (!asked.ok && asked.fault.path[0] !== 'not_found') return asked
  }
  await change(ports, (identity) => replaced(identity, old, null))
  return ok([{ what: 'withdrawn', key: old.key }])
}
