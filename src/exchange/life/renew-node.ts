import { DAY, HOUR, type Instant, isoInstant, later } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { base64 } from '../../protocol/digests.ts'
import { codeOf, type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, formatId, memberOf, parseClientId, type ServerId } from '../../protocol/identifiers.ts'
import { readCertificate } from '../../trust/certificates.ts'
import { serverOfCertificate } from '../../trust/directory.ts'
import type { OrderedCertificate } from '../../trust/registry/certificate-order.ts'
import { secretDigest } from '../centre/invitations.ts'
import { EDGE_INSTALLED } from '../edge/public-certificates.ts'
import type { NodeClient, NodeConfiguration } from '../node-configuration.ts'
import { type OcspPorts, ocspAtHand } from '../ocsp-at-hand.ts'
import type { NewId, Store, TrustInForce } from '../ports.ts'
import { NODE, readStoredNode } from '../stored-node.ts'
import { noteAsked } from '../watch/asked.ts'
import { centreFacts } from './centre-client.ts'
import { ALGORITHM, byInvitation, CENTRE, type EnrolNodePorts, tlsOrder, withPossession } from './enrol-node.ts'
import { type HeldCertificate, heldFrom, type Pace, renewAt, usableUntil } from './identity.ts'
import { OWED, type Owed, owedAnswerKey } from './owed.ts'

export type RenewNodePorts = Omit<EnrolNodePorts, 'log'> &
  OcspPorts & {
    readonly store: Store
    readonly newId: NewId
    /** The configuration the node acts on, as its doors left it. undefined: it has none yet. */
    readonly trust: () => Promise<TrustInForce | undefined>
    readonly pace: Pace
  }
export type RenewalStep =
  | 'asked'
  | 'ordered'
  | 'signing taken up'
  | 'listed'
  | 'authentication taken up'
  | 'withdrawn'
  | 'ended'
  | 'begun anew'

/** Where a renewal stands. What is not there is done, or not wanted. */
type Renewal = {
  /** Good for one order once the node's owner has said so; its secret is in no other place. */
  readonly granted?: { readonly secret: string; readonly messageId: string }
  readonly signing?: { readonly certificate: string; readonly key: string }
  readonly authentication?: Successor
}
type Successor = {
  /** DER, base64: the new one, and the one it follows. */
  readonly certificate: string
  readonly old: string
  /** Where the edge has it. */
  readonly at: string
  readonly since: Instant
  /** From when on nobody can act on a configuration that does not list it. */
  readonly usable?: Instant
  readonly inUse?: Instant
  readonly withdrawal?: string
}
const KEY = 'life/renewal'
/** Doors take a new certificate up within minutes, the edge within the hour and its turn. */
const BOTH_FOR = DAY
/** A registration that nobody approved for so long is asked for anew. */
const PATIENCE = 60 * DAY

type Node = { readonly configuration: NodeConfiguration; readonly owner: NodeClient; readonly renewal: Renewal; readonly version: number }

/**
 * Renews a node's certificates where whoever makes keys may not sign: one step after the other, as far as this call can go, each of them known to the next. The
 * owner's word for a renewal, the registration and the withdrawal are left for a door of messages to sign; a run that dies anywhere is followed by another.
 * Nothing of the old is let go before everybody has the new.
 */
export async function renewNode(ports: RenewNodePorts): Promise<readonly RenewalStep[]> {
  const steps: RenewalStep[] = []
  for (;;) {
    const node = await nodeIn(ports)
    const done = node && (await oneStep(node, ports))
    if (!node || !done) return steps
    if (!done.ok) {
      ports.log({ level: 'warn', event: 'certificate_not_renewed', code: codeOf(done.fault), why: done.fault.detail })
      return steps
    }
    if (done.value === undefined) return steps
    steps.push(done.value)
    ports.log({ level: 'info', event: 'certificate', what: done.value })
  }
}

async function nodeIn({ store }: RenewNodePorts): Promise<Node | undefined> {
  const read = readStoredNode(await store.query(NODE))
  if (!read.ok) return undefined
  const { configuration } = read.value
  const owned = formatId(memberOf(configuration.server))
  const owner = configuration.clients.find(({ id }) => formatId(memberOf(id)) === owned)
  const stored = await store.get<Renewal | null>(KEY)
  return owner && { configuration, owner, renewal: stored?.value ?? {}, version: stored?.version ?? 0 }
}

type Step = Outcome<RenewalStep | undefined>

async function oneStep(node: Node, ports: RenewNodePorts): Promise<Step> {
  const { granted, signing, authentication } = node.renewal
  tellEnds(node, ports)
  if (granted) return order(granted, node, ports)
  if (signing) {
    const taken = await takeUpSigning(signing, node, ports)
    if (!taken.ok || taken.value !== undefined) return taken
  }
  if (authentication) return followAuthentication(authentication, node, ports)
  return signing || !isDue(node, ports) ? ok(undefined) : ask(node, ports)
}

const heldOf = (use: HeldCertificate['use'], der: Uint8Array) =>
  heldFrom({ use, member: '', key: '', algorithm: ALGORITHM, state: 'active', since: 0 as Instant }, der)

/** Which are due: by time, and the signing one also when another key is to be signed with. */
function dueIn({ configuration, owner }: Node, { now, pace, signingKey }: RenewNodePorts) {
  const due = (use: HeldCertificate['use'], der: Uint8Array) => now() >= renewAt(heldOf(use, der), pace)
  return {
    signing: due('signing', owner.signing.certificate) || owner.signing.key !== signingKey.key,
    authentication: due('authentication', configuration.authentication.certificate),
  }
}
const isDue = (node: Node, ports: RenewNodePorts): boolean => Object.values(dueIn(node, ports)).includes(true)

/** Nobody is told too late: what stops, and when. */
function tellEnds({ configuration, owner }: Node, { now, pace, log }: RenewNodePorts): void {
  for (const [use, der, stops] of [
    ['signing', owner.signing.certificate, 'signing messages'],
    ['authentication', configuration.authentication.certificate, 'every connection with peers'],
  ] as const) {
    const end = usableUntil(heldOf(use, der), pace)
    if (now() >= end - pace.least / 2)
      log({ level: now() < end ? 'warn' : 'error', event: 'certificate_ends', use, at: isoInstant(end), stops })
  }
}

/** The secret is ours; what makes it good is the owner's word, which is owed. */
async function ask({ configuration: { server }, version }: Node, { store, newId }: RenewNodePorts): Promise<Step> {
  const centre = (await store.get<string>(CENTRE))?.value
  if (centre === undefined) return refuse('malformed_server_conf', 'the centre of this node is not known: it comes with the invitation')
  const granted = { secret: `${newId()}${newId()}`, messageId: newId() }
  const owed: Owed = { centre, renewal: secretDigest(granted.secret), server, messageId: granted.messageId }
  return saved('asked', store, [
    { key: KEY, value: { granted } satisfies Renewal, ifVersion: version },
    { key: `${OWED}${granted.messageId}`, value: owed, ifVersion: 0 },
  ])
}

async function saved(step: RenewalStep, store: Store, puts: Parameters<Store['transact']>[0]): Promise<Step> {
  return (await store.transact(puts)) ? ok(step) : refuse('conflict', 'another run renews this node')
}

/**
 * The new certificates, all that is due, within one run: the TLS key is in memory only now. A secret that was used up by a run which died is worth nothing
 * any more: then it begins anew.
 */
async function order(granted: NonNullable<Renewal['granted']>, node: Node, ports: RenewNodePorts): Promise<Step> {
  const { store, signingKey, host } = ports
  if (!(await store.get(owedAnswerKey(granted.messageId)))) return ok(undefined) // the owner has not spoken yet
  const { server, authentication: old } = node.configuration
  const centre = (await store.get<string>(CENTRE))?.value ?? ''
  const way = { fetchUrl: ports.fetchUrl, centreUrl: centre }
  const facts = await centreFacts(formatId(memberOf(server)), way)
  if (!facts.ok) return facts
  const provider = parseClientId(facts.value.provider)
  if (!provider.ok) return provider
  const due = dueIn(node, ports)
  const key = due.authentication ? await ports.makeKey() : undefined
  const signingPublic = due.signing ? await signingKey.publicKey() : undefined
  const certificates: readonly OrderedCertificate[] = [
    ...(signingPublic ? [{ use: 'signing', publicKey: base64(signingPublic) } as const] : []),
    ...(key ? [await tlsOrder(server, facts.value.name, host, key)] : []),
  ]
  const keys = [signingPublic, key?.publicKey].filter((each) => each !== undefined)
  const issued = await byInvitation(granted.secret, server, certificates, keys, way)
  if (!issued.ok && issued.fault.path[0] === 'invalid_invitation') return saved('begun anew', store, [put(node, {})])
  if (!issued.ok) return issued
  const ders = issued.value
  const signing = signingPublic && { certificate: base64(ders[0] as Uint8Array), key: signingKey.key }
  const tls = key && (await succeeded(ders.at(-1) as Uint8Array, old.certificate, key, { server, provider: provider.value, centre }, ports))
  return saved('ordered', store, [
    put(node, { ...(signing ? { signing } : {}), ...(tls ? { authentication: tls.successor } : {}) }),
    ...(tls ? [{ key: `${OWED}${tls.owed.messageId}`, value: tls.owed, ifVersion: 0 }] : []),
  ])
}

const put = ({ version }: Node, renewal: Renewal) => ({ key: KEY, value: renewal, ifVersion: version })

type About = { readonly server: ServerId; readonly provider: ClientId; readonly centre: string }

/** Brought to the edge, and its registration left to be signed. */
async function succeeded(
  der: Uint8Array,
  old: Uint8Array,
  key: Awaited<ReturnType<RenewNodePorts['makeKey']>>,
  { server, provider, centre }: About,
  { store, newId, now }: RenewNodePorts,
) {
  const at = await key.install(der)
  const certificate = base64(der)
  await noteAsked(store, { certificate })
  const wanted = { type: 'authCertReg', server, certificate } as const
  const owed = await withPossession({ centre, wanted, provider, messageId: newId() }, der, key)
  return { owed, successor: { certificate, old: base64(old), at, since: now() } satisfies Successor }
}

/** A signing certificate is good at once: whoever judges it asks for its OCSP answer. */
async function takeUpSigning({ certificate, key }: NonNullable<Renewal['signing']>, node: Node, ports: RenewNodePorts): Promise<Step> {
  const good = await judged(certificate, ports)
  if (!good.ok) return good
  if (!good.value) return ok(undefined)
  const owned = formatId(memberOf(node.owner.id))
  const clients = (await ports.store.query<Record<string, unknown>>(`${NODE}client/`)).filter(
    ({ value }) => formatId(memberOf(value.id as ClientId)) === owned,
  )
  const signing = { key, algorithm: ALGORITHM, certificate: { base64: certificate }, intermediates: [] }
  const { signing: _, ...rest } = node.renewal
  return saved('signing taken up', ports.store, [
    put(node, rest),
    ...clients.map(({ key: at, value, version }) => ({ key: at, value: { ...value, signing }, ifVersion: version })),
  ])
}

/** true: whoever gets it can judge it now. false: the node has no configuration yet. */
async function judged(text: string, ports: RenewNodePorts): Promise<Outcome<boolean>> {
  const today = await ports.trust()
  const certificate = readCertificate(Buffer.from(text, 'base64'))
  if (!certificate.ok) return certificate
  if (!today) return ok(false)
  const good = await ocspAtHand(certificate.value, today, ports)
  return good.ok ? ok(true) : good
}

async function followAuthentication(next: Successor, node: Node, ports: RenewNodePorts): Promise<Step> {
  const { store, now } = ports
  if (next.withdrawal !== undefined)
    return (await store.get(owedAnswerKey(next.withdrawal))) ? saved('ended', store, [put(node, without(node))]) : ok(undefined)
  if (next.inUse !== undefined) return now() < later(next.inUse, BOTH_FOR) ? ok(undefined) : withdraw(next, node, ports)
  const today = await ports.trust()
  if (!today) return ok(undefined)
  if (next.usable === undefined) return listed(next, node, today, ports)
  const good = await judged(next.certificate, ports)
  if (!good.ok) return good
  const end = heldOf('authentication', node.configuration.authentication.certificate).notAfter
  return now() < Math.min(next.usable, end - HOUR) ? ok(undefined) : takeUp(next, node, ports)
}

const without = ({ renewal: { authentication: _, ...rest } }: Node): Renewal => rest
const successor = (node: Node, next: Successor) => put(node, { ...node.renewal, authentication: next })

/** Published: whoever acts on an older configuration has a newer one by the time this one ends. */
async function listed(next: Successor, node: Node, today: TrustInForce, { store, now, log }: RenewNodePorts): Promise<Step> {
  const found = serverOfCertificate(today.trust, Buffer.from(next.certificate, 'base64'))
  if (found && formatId(found.id) === formatId(node.configuration.server))
    return saved('listed', store, [successor(node, { ...next, usable: today.validUntil })])
  if (now() < later(next.since, PATIENCE)) return ok(undefined)
  log({ level: 'error', event: 'renewal_not_published', since: isoInstant(next.since) })
  return saved('begun anew', store, [put(node, without(node))])
}

/** One transaction: the doors' record and what the edge is to show. */
async function takeUp(next: Successor, node: Node, { store, now }: RenewNodePorts): Promise<Step> {
  const [self, installed] = [await store.get<Record<string, unknown>>(`${NODE}self`), await store.get<string>(EDGE_INSTALLED)]
  if (!self) throw new Error('a node without a record of itself')
  const authentication = { certificate: { base64: next.certificate }, intermediates: [] }
  return saved('authentication taken up', store, [
    { key: `${NODE}self`, value: { ...self.value, authentication }, ifVersion: self.version },
    { key: EDGE_INSTALLED, value: next.at, ifVersion: installed?.version ?? 0 },
    successor(node, { ...next, inUse: now() }),
  ])
}

async function withdraw(next: Successor, node: Node, { store, fetchUrl, newId }: RenewNodePorts): Promise<Step> {
  const { server } = node.configuration
  const centre = (await store.get<string>(CENTRE))?.value ?? ''
  const facts = await centreFacts(formatId(memberOf(server)), { fetchUrl, centreUrl: centre })
  if (!facts.ok) return facts
  const provider = parseClientId(facts.value.provider)
  if (!provider.ok) return provider
  await noteAsked(store, { withdrawn: next.old })
  const wanted = { type: 'authCertDeletion', server, certificate: next.old } as const
  const owed: Owed = { centre, wanted, provider: provider.value, messageId: newId() }
  return saved('withdrawn', store, [
    successor(node, { ...next, withdrawal: owed.messageId }),
    { key: `${OWED}${owed.messageId}`, value: owed, ifVersion: 0 },
  ])
}
