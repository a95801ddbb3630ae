import { DAY, type Instant, instant, later } from '../../base/clock.ts'
import { formatId, memberOf } from '../../protocol/identifiers.ts'
import type { SignatureName } from '../../protocol/sign.ts'
import { readCertificate } from '../../trust/certificates.ts'
import type { NodeConfiguration } from '../node-configuration.ts'
import type { Store } from '../ports.ts'

/** A key the node holds, its certificate, and where it stands in its life. */
export type HeldCertificate = {
  readonly use: 'signing' | 'authentication'
  /** Whom it signs for: 'QRO/GOB/DIF'; '' for the node's own TLS key. */
  readonly member: string
  /** The key's name, as its holder knows it. */
  readonly key: string
  readonly algorithm: SignatureName
  /** DER, base64. */
  readonly certificate: string
  readonly notBefore: Instant
  readonly notAfter: Instant
  /** next: issued, not in use yet. active: in use. leaving: no more used for anything new. */
  readonly state: 'next' | 'active' | 'leaving'
  /** Since when it has been so; of a 'next' one, from when on it may be used: 0 while that is not known. */
  readonly since: Instant
  /** The number the centre gave its registration. */
  readonly requestId?: number
}
/** `made` counts keys ever made for a purpose, so that no name comes twice. */
export type Identity = { readonly held: readonly HeldCertificate[]; readonly made: Readonly<Record<string, number>> }

const KEY = 'life/identity'
const NOBODY: Identity = { held: [], made: {} }

export async function identityIn(store: Pick<Store, 'get'>): Promise<{ readonly identity: Identity; readonly version: number }> {
  const stored = await store.get<Identity>(KEY)
  return { identity: stored?.value ?? NOBODY, version: stored?.version ?? 0 }
}

/** false: another process was faster; look again. */
export const putIdentity = (store: Pick<Store, 'put'>, identity: Identity, version: number): Promise<boolean> =>
  store.put(KEY, identity, version)

export const activeOf = ({ held }: Identity, use: HeldCertificate['use'], member: string): HeldCertificate | undefined =>
  held.find((each) => each.use === use && each.member === member && each.state === 'active')
export const nextOf = ({ held }: Identity, use: HeldCertificate['use'], member: string): HeldCertificate | undefined =>
  held.find((each) => each.use === use && each.member === member && each.state === 'next')

/** A certificate as it was issued. Throws when it cannot be read: it was judged before. */
export function heldFrom(
  facts: Pick<HeldCertificate, 'use' | 'member' | 'key' | 'algorithm' | 'state' | 'since'>,
  der: Uint8Array,
): HeldCertificate {
  const read = readCertificate(der)
  if (!read.ok) throw new Error(`a certificate of our own cannot be read: ${read.fault.detail}`)
  const { notBefore, notAfter } = read.value
  return { ...facts, certificate: Buffer.from(der).toString('base64'), notBefore, notAfter }
}

/** The name the TLS key has when nothing was renewed yet. */
export const FIRST_AUTHENTICATION = 'authentication'

/** What the node was set up with, as the beginning of its life. What has been renewed since stays. */
export function begun(identity: Identity, { authentication, clients }: NodeConfiguration, algorithm: SignatureName, at: Instant): Identity {
  const first: HeldCertificate[] = []
  const add = (facts: Pick<HeldCertificate, 'use' | 'member' | 'key' | 'algorithm'>, der: Uint8Array) => {
    const isThere = (each: HeldCertificate) => each.use === facts.use && each.member === facts.member
    if (![...identity.held, ...first].some(isThere)) first.push(heldFrom({ ...facts, state: 'active', since: at }, der))
  }
  add({ use: 'authentication', member: '', key: FIRST_AUTHENTICATION, algorithm }, authentication.certificate)
  for (const { id, signing } of clients)
    add({ use: 'signing', member: formatId(memberOf(id)), key: signing.key, algorithm: signing.algorithm }, signing.certificate)
  return first.length === 0 ? identity : { ...identity, held: [...identity.held, ...first] }
}

/** The configuration with the certificates that are in use now. */
export function withIdentity(configuration: NodeConfiguration, identity: Identity): NodeConfiguration {
  const tls = activeOf(identity, 'authentication', '')
  return {
    ...configuration,
    ...(tls ? { authentication: { certificate: derOf(tls), intermediates: [] } } : {}),
    clients: configuration.clients.map((client) => {
      const held = activeOf(identity, 'signing', formatId(memberOf(client.id)))
      return held
        ? { ...client, signing: { key: held.key, algorithm: held.algorithm, certificate: derOf(held), intermediates: [] } }
        : client
    }),
  }
}

/** One buffer for each certificate, however often it is asked for: what is remembered of it hangs on the buffer. */
const ders = new Map<string, Uint8Array>()
export function derOf({ certificate }: Pick<HeldCertificate, 'certificate'>): Uint8Array {
  const known = ders.get(certificate)
  if (known) return known
  const der = Buffer.from(certificate, 'base64')
  ders.set(certificate, der)
  return der
}

/** How the life of certificates is paced. A signing certificate must still be valid when the last message it signed is stamped. */
export type Pace = {
  /** The longest a message may wait for its stamp. */
  readonly longestStampDelay: number
  /** The least time between ordering a successor and needing it. */
  readonly least: number
}
export const USUAL_PACE: Pace = { longestStampDelay: 45 * DAY, least: 30 * DAY }

/** Until when it may be used: a signing certificate ends for new messages before it ends. */
export const usableUntil = ({ use, notAfter }: HeldCertificate, { longestStampDelay }: Pace): Instant =>
  use === 'signing' ? later(notAfter, -longestStampDelay) : notAfter

/** When its successor is ordered: a third of its life before it is needed, at least `least`. */
export function renewAt(held: HeldCertificate, pace: Pace): Instant {
  const end = usableUntil(held, pace)
  return instant(Math.max(held.notBefore, end - Math.max(pace.least, (held.notAfter - held.notBefore) / 3)))
}
