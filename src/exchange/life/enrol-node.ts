import { ok } from '../../base/result.ts'
import { base64 } from '../../protocol/digests.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, formatId, memberOf, parseClientId, parseServerId, type ServerId } from '../../protocol/identifiers.ts'
import type { Sign } from '../../protocol/sign.ts'
import { anchorFingerprint, readAnchor } from '../../trust/anchor.ts'
import { readCertificate } from '../../trust/certificates.ts'
import { certificateRequest } from '../../trust/issue.ts'
import { type Issued, type OrderedCertificate, subjectFor } from '../../trust/registry/certificate-order.ts'
import { EDGE_SYSTEMS } from '../edge/authorities.ts'
import { EDGE_INSTALLED } from '../edge/public-certificates.ts'
import { EDGE_ZONE } from '../edge/reconcile.ts'
import type { FetchUrl, Log, NewId, Store } from '../ports.ts'
import { NODE, storedNode } from '../stored-node.ts'
import { noteAsked } from '../watch/asked.ts'
import { centreFacts, sendJson, signedBy } from './centre-client.ts'
import { messageOf, OWED, type OwedRequest } from './owed.ts'

/** What a member gets to come in with. */
export type Invitation = {
  /** The centre's address for nodes: 'https://centro.example'. */
  readonly centre: string
  /** Good for one use. */
  readonly secret: string
  /** 'QRO/GOB/DIF/nodo' */
  readonly server: string
  /** Of the anchor, as the operator says it aloud: SHA-224. */
  readonly fingerprint: string
  /** The zone that holds the node's names. */
  readonly zone: string
  /** Authorities of the agency's own systems: DER, base64. */
  readonly systems: readonly string[]
}
/** A TLS key just made, and written to where it stays. */
export type NewKey = {
  readonly publicKey: Uint8Array
  readonly sign: Sign
  /** Gives the key and its certificate to the edge; where they are there. */
  readonly install: (certificate: Uint8Array) => Promise<string>
}
export type EnrolNodePorts = {
  readonly store: Store
  readonly fetchUrl: FetchUrl
  readonly newId: NewId
  readonly log: Log
  /** The key that signs messages, held where we may not use it. */
  readonly signingKey: { readonly key: string; readonly publicKey: () => Promise<Uint8Array> }
  readonly makeKey: () => Promise<NewKey>
  /** The name of the node's door for peers. */
  readonly host: string
}

/** What every certificate of a node in the cloud signs by. */
export const ALGORITHM = 'rsa-sha512'
/** Where the centre answers nodes. */
export const CENTRE = 'life/centre'
/** Where the edge in the cloud answers; others take 5500 when none is said. */
const PORT = 443

/**
 * Lets a node into its exchange, once: keys, certificates, its record of itself, and the registration of its TLS certificate, which waits for the
 * owner's signature by a door of messages. Before that is given nothing of it is published. 'already': it is in; nothing was done.
 * Refused when the anchor is not the one that was said, and as the centre refuses.
 */
export async function enrolNode(invitation: Invitation, ports: EnrolNodePorts): Promise<Outcome<'enrolled' | 'already'>> {
  if (await ports.store.get(`${NODE}self`)) return ok('already')
  const server = parseServerId(invitation.server)
  if (!server.ok) return server
  const way = { fetchUrl: ports.fetchUrl, centreUrl: invitation.centre }
  const facts = await centreFacts(formatId(memberOf(server.value)), way)
  if (!facts.ok) return facts
  const anchor = Buffer.from(facts.value.anchor, 'base64')
  const known = readAnchor(anchor)
  if (!known.ok) return known
  if (plain(anchorFingerprint(anchor)) !== plain(invitation.fingerprint))
    return refuse('malformed_anchor', `the centre's anchor has the fingerprint ${anchorFingerprint(anchor)}`)
  const provider = parseClientId(facts.value.provider)
  if (!provider.ok) return provider
  const key = await ports.makeKey()
  const certificates = await order(server.value, facts.value.name, key, invitation.secret, way, ports)
  if (!certificates.ok) return certificates
  const at = await key.install(certificates.value.authentication)
  await settle(invitation, server.value, { anchor, provider: provider.value, key, at, ...certificates.value }, ports)
  return ok('enrolled')
}

const plain = (fingerprint: string): string => fingerprint.replace(/[^0-9A-Fa-f]/g, '').toUpperCase()

type Certificates = { readonly signing: Uint8Array; readonly authentication: Uint8Array }

/** Both at once, by the invitation. The signing key does not sign its request: whoever runs this may not use it. */
async function order(
  server: ServerId,
  name: string,
  { publicKey, sign }: NewKey,
  secret: string,
  way: Parameters<typeof centreFacts>[1],
  { signingKey, host }: EnrolNodePorts,
): Promise<Outcome<Certificates>> {
  const signingPublic = await signingKey.publicKey()
  const certificates: readonly OrderedCertificate[] = [
    { use: 'signing', publicKey: base64(signingPublic) },
    await tlsOrder(server, name, host, { publicKey, sign }),
  ]
  const issued = await byInvitation(secret, server, certificates, [signingPublic, publicKey], way)
  if (!issued.ok) return issued
  const [signing, authentication] = issued.value as [Uint8Array, Uint8Array]
  return ok({ signing, authentication })
}

/** What an invitation, or the owner's word for a renewal, buys, wherever the node runs: certificates for these keys (SubjectPublicKeyInfo, DER) in this order, and for no others. */
export async function byInvitation(
  secret: string,
  server: ServerId,
  certificates: readonly OrderedCertificate[],
  publicKeys: readonly Uint8Array[],
  way: Parameters<typeof centreFacts>[1],
): Promise<Outcome<readonly Uint8Array[]>> {
  const issued = await sendJson<Issued>('/node/enrol', { secret, server: formatId(server), certificates }, way)
  if (!issued.ok) return issued
  const ders = issued.value.certificates.map((text) => Buffer.from(text, 'base64'))
  const areOurs = ders.length === publicKeys.length && ders.every((der, index) => isFor(der, publicKeys[index] as Uint8Array))
  return areOurs ? ok(ders) : refuse('incorrect_certificate', 'the centre issued certificates for other keys')
}

/** A TLS certificate asked for, for the name by which peers reach the node. */
export async function tlsOrder(
  server: ServerId,
  name: string,
  host: string,
  { publicKey, sign }: Pick<NewKey, 'publicKey' | 'sign'>,
): Promise<OrderedCertificate> {
  const subject = subjectFor('authentication', server, name, host)
  const wish = { use: 'authentication', subject, publicKey, names: { dns: [host] } } as const
  return { use: 'authentication', request: base64(await certificateRequest(wish, { key: 'new', algorithm: ALGORITHM }, sign)) }
}

function isFor(der: Uint8Array, publicKey: Uint8Array): boolean {
  const read = readCertificate(der)
  return read.ok && Buffer.compare(read.value.publicKey.export({ type: 'spki', format: 'der' }), publicKey) === 0
}

type Come = Certificates & { readonly anchor: Uint8Array; readonly provider: ClientId; readonly key: NewKey; readonly at: string }

/** Everything at once: a node is in, or it is not. */
async function settle(invitation: Invitation, server: ServerId, come: Come, ports: EnrolNodePorts): Promise<void> {
  const { store, newId, signingKey, host, log } = ports
  const { signing, authentication, anchor, provider, key, at } = come
  const owner = {
    id: memberOf(server),
    connection: 'SSLAUTH',
    certificates: [],
    signing: { key: signingKey.key, algorithm: ALGORITHM, certificate: signing, intermediates: [] },
  } as const
  const own = { certificate: authentication, intermediates: [] }
  const node = storedNode({ server, authentication: own, clients: [owner], services: [], rights: [], policies: [] }, anchor)
  const address = `${host}:${PORT}`
  const wanted = { type: 'authCertReg', server, certificate: base64(authentication), address } as const
  const owed = await withPossession({ centre: invitation.centre, wanted, provider, messageId: newId() }, authentication, key)
  await noteAsked(store, { certificate: base64(authentication), address })
  const puts = [
    ...node,
    { key: `${OWED}${owed.messageId}`, value: owed },
    { key: CENTRE, value: invitation.centre },
    { key: EDGE_INSTALLED, value: at },
    { key: EDGE_ZONE, value: invitation.zone },
    { key: EDGE_SYSTEMS, value: invitation.systems },
  ]
  if (!(await store.transact(puts.map((put) => ({ ...put, ifVersion: 0 }))))) throw new Error('another run enrolled this node')
  log({ level: 'info', event: 'enrolled', server: formatId(server) })
}

/** The registration of a TLS certificate, said by its own key too: that key is only here now. */
export async function withPossession(bare: OwedRequest, authentication: Uint8Array, { sign }: Pick<NewKey, 'sign'>): Promise<OwedRequest> {
  const { value, certificate } = await signedBy(messageOf(bare), { key: 'new', algorithm: ALGORITHM, certificate: authentication }, sign)
  return { ...bare, possession: { algorithm: ALGORITHM, value: base64(value), certificate: base64(certificate) } }
}
