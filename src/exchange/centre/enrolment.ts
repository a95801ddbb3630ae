import { DAY, type Instant, later } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { hex, sha512 } from '../../protocol/digests.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId, memberOf, parseServerId, type ServerId } from '../../protocol/identifiers.ts'
import type { Certificate } from '../../trust/certificates.ts'
import { type Enrolment, type Issued, type Ordered, type OrderedCertificate, readOrder } from '../../trust/registry/certificate-order.ts'
import { type InvitationRecord, KEYS, type MemberRecord, type ServerRecord } from '../../trust/registry/records.ts'
import { hearStatement, type SignedStatement, type Statement } from '../../trust/registry/statement.ts'
import type { CurrentTrust } from '../ports.ts'
import { act, type ChangeLogPorts } from '../register/change-log.ts'
import type { Work } from '../register/work.ts'
import type { CertificateRegister } from './certificate-register.ts'
import { useInvitation } from './invitations.ts'
import type { CertificateWish } from './issue-certificate.ts'
import { certificateName, serverOf } from './servers.ts'

export type EnrolmentPorts = ChangeLogPorts & {
  /** What the centre itself last published: by it whoever speaks is judged. */
  readonly currentTrust: CurrentTrust
  readonly issue: (wish: CertificateWish) => Promise<Certificate>
  readonly register: Pick<CertificateRegister, 'status'>
}

const MOST_CERTIFICATES = 4

/**
 * Lets a node in by its invitation: used up, and its first certificates issued. What is asked for is held against the invitation first, so that a
 * mistake does not use it up. Refused with 'invalid_invitation', 'access_denied' (another member's subject), 'bad_request'.
 */
export async function enrol({ secret, server, certificates }: Enrolment, ports: EnrolmentPorts): Promise<Outcome<Issued>> {
  const id = parseServerId(server)
  if (!id.ok) return id
  const deed = { who: { kind: 'node', id: formatId(id.value) }, what: 'enrol' } as const
  const ordered = await act(ports, deed, async (work, at) => {
    const used: Outcome<InvitationRecord> = await useInvitation(
      work,
      secret,
      { member: memberOf(id.value), serverCode: id.value.serverCode },
      at,
    )
    if (!used.ok) return used
    if (!used.value.renewal) await forgetLost(work, id.value)
    return ordersIn(work, certificates, id.value, 'invitation')
  })
  return ordered.ok ? issued(ordered.value, ports) : ordered
}

/**
 * New certificates for a node that has some: ordered by a statement its owner signed with a certificate that is still good. The same statement counts once.
 * Refused as `hearStatement` does, with 'not_found' (no such server), 'replayed_request', 'bad_request'.
 */
export async function renewCertificates(signed: SignedStatement, ports: EnrolmentPorts): Promise<Outcome<Issued>> {
  type Content = { readonly certificates: readonly OrderedCertificate[] }
  const ordered = await heard<Content, readonly Ordered[]>(signed, 'order', ports, async (work, { server, content }) =>
    ordersIn(work, content.certificates, server, 'statement'),
  )
  return ordered.ok ? issued(ordered.value, ports) : ordered
}

type SignedKind = Statement['kind']
const RENEWAL_GOOD_FOR = 7 * DAY

/**
 * Makes a secret good for one order of new certificates for a server that is there, by the word of its owner: for a node in which whoever makes keys may not
 * sign. The node chose the secret and says its digest alone; it is opened by nobody else. Said twice it is one. Refused as `renewCertificates` is.
 */
export async function grantRenewal(signed: SignedStatement, ports: EnrolmentPorts): Promise<Outcome<true>> {
  return heard<{ readonly digest: string }, true>(signed, 'renewal', ports, async (work, { server, content: { digest }, at }) => {
    if (!/^[0-9a-f]{64}$/.test(digest)) return refuse('bad_request', 'no digest of a secret')
    if (await work.get(KEYS.invitation(digest))) return ok(true)
    const asked = formatId(server)
    const record: InvitationRecord = {
      id: `renewal-${digest.slice(0, 16)}`,
      digest,
      member: memberOf(server),
      serverCode: server.serverCode,
      expires: later(at, RENEWAL_GOOD_FOR),
      state: 'open',
      askedBy: asked,
      renewal: true,
    }
    work.put(KEYS.invitation(digest), record)
    return ok(true)
  })
}

/** What `then` makes of a statement that holds: signer not revoked, server there, never said before. */
export async function heard<C, T>(
  signed: SignedStatement,
  kind: SignedKind,
  ports: Omit<EnrolmentPorts, 'issue'>,
  then: (work: Work, said: { readonly server: ServerId; readonly content: C; readonly at: Instant }) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const trust = await ports.currentTrust()
  if (!trust.ok) return trust
  const said = hearStatement<C>(signed, kind, trust.value.trust, ports.now())
  const id = said.ok ? formatId(said.value.server) : 'unknown'
  const status = said.ok ? await ports.register.status(said.value.certificate.serial) : undefined
  return act(ports, { who: { kind: 'node', id }, what: kind }, async (work) => {
    if (!said.ok) return said
    if (status?.kind !== 'good') return refuse('cert_validation', `the certificate is ${status?.kind}`)
    const server = await serverOf(work, said.value.server)
    if (!server.ok) return server
    const taken = KEYS.taken(hex(sha512(Buffer.from(signed.text))))
    if ((await work.get(taken)) !== undefined) return refuse('replayed_request', 'this very statement was taken in before')
    const done = await then(work, said.value)
    if (done.ok) work.put(taken, said.value.at)
    return done
  })
}

/** Whoever is invited again as a server that is there has lost its keys: what it had is no longer its own. Clients and address stay. */
async function forgetLost(work: Work, id: ServerId): Promise<void> {
  const there = await work.get<ServerRecord>(KEYS.server(id))
  if (!there) return
  for (const certificate of there.certificates) work.put(KEYS.certificate(certificateName(certificate)), null)
  work.put(KEYS.server(id), { ...there, certificates: [] })
}

async function ordersIn(
  work: Work,
  certificates: readonly OrderedCertificate[],
  server: ServerId,
  by: 'invitation' | 'statement',
): Promise<Outcome<readonly Ordered[]>> {
  if (!Array.isArray(certificates) || certificates.length === 0 || certificates.length > MOST_CERTIFICATES)
    return refuse('bad_request', `from one certificate to ${MOST_CERTIFICATES} may be ordered`)
  const member = await work.get<MemberRecord>(KEYS.member(memberOf(server)))
  if (!member) return refuse('not_found', formatId(memberOf(server)))
  const orders: Ordered[] = []
  for (const each of certificates) {
    const order = readOrder(each, server, member.name, by)
    if (!order.ok) return order
    orders.push(order.value)
  }
  return ok(orders)
}

async function issued(orders: readonly Ordered[], { issue }: EnrolmentPorts): Promise<Outcome<Issued>> {
  const certificates: string[] = []
  for (const { use, subject, publicKey, dns } of orders) {
    const certificate = await issue({ use, subject, publicKey, ...(dns.length > 0 ? { names: { dns } } : {}) })
    certificates.push(Buffer.from(certificate.der).toString('base64'))
  }
  return ok({ certificates })
}
