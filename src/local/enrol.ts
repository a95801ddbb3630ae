import { createHash, generateKeyPair } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { KeyKind, Keys } from '../adapters/local/keys.ts'
import { DAY, later, type Now } from '../base/clock.ts'
import { formatId, type MemberId, memberOf, ownerOf, parseClientId, parseServerId, parseServiceId } from '../protocol/identifiers.ts'
import { type Anchor, readAnchor, writeAnchor } from '../trust/anchor.ts'
import { type Authority, issueCertificate } from '../trust/issue.ts'
import { writeName } from '../trust/names.ts'
import { readPem, writePem } from '../trust/pem.ts'
import { authenticationSubject, signingSubject } from '../trust/subjects.ts'
import { authorityOf, beginning, newKeys, publicKeyDer, RSA } from './authorities.ts'
import type { Centre } from './centre.ts'
import { loadCertificate, writeCertificate } from './certificate-files.ts'
import { CREDENTIAL_LIFE } from './credentials.ts'
import { certificatesOf, must, signingName, slugOf } from './node-file.ts'
import type { NodePlan } from './plan.ts'
import { writeWhole } from './write-whole.ts'

export type Enrolment = {
  readonly plan: NodePlan
  readonly instance: string
  /** 'QRO/GOB/DIF' → 'Sistema Estatal DIF'. */
  readonly nameOf: (member: MemberId) => string
  readonly folder: string
  readonly passphrase: string
  readonly centre: Centre
  readonly now: Now
}

/**
 * Sets a node up, once: its keys, the certificates the centre issues for them, an authority of its own for its agencies'
 * systems, and their certificates. In a folder beside, which takes its name when all is there.
 */
export async function enrolNode(enrolment: Enrolment): Promise<void> {
  if (existsSync(enrolment.folder)) return carryAnchor(enrolment.folder, enrolment.centre.anchor)
  const beside = `${enrolment.folder}.new`
  rmSync(beside, { recursive: true, force: true })
  mkdirSync(certificatesOf(beside), { recursive: true, mode: 0o700 })
  const keys = await newKeys(join(beside, 'keys'), enrolment.passphrase)
  const members = membersOf(enrolment.plan)
  const rsa = ['authentication', ...members.map(signingName)]
  await Promise.all([...rsa.map((name) => keys.create(name, RSA)), ...['internal', 'door'].map((name) => keys.create(name, EC))])
  await requestCertificates(enrolment, beside, keys, members)
  await setUpInside(enrolment, beside, keys)
  carryAnchor(beside, enrolment.centre.anchor)
  renameSync(beside, enrolment.folder)
}

/** What an operator does by hand: brings the node the centre's anchor, again when the centre has moved. */
function carryAnchor(folder: string, anchor: Anchor): void {
  const file = join(folder, 'anchor.xml')
  const there = existsSync(file) ? readAnchor(readFileSync(file)) : undefined
  if (!there?.ok || there.value.sources[0]?.url !== anchor.sources[0]?.url) writeWhole(file, writeAnchor(anchor))
}

export const EC: KeyKind = { kind: 'ec', curve: 'prime256v1' }
const INTERNAL = 'ecdsa-sha256'

/** Everybody the node signs for: its owner, its clients' members, its services' members. */
function membersOf({ owner, clients, services }: NodePlan): readonly MemberId[] {
  const all = [
    ...[owner, ...clients.map(({ id }) => id)].map((id) => must(parseClientId(id))),
    ...services.map(({ id }) => must(parseServiceId(id))),
  ].map(memberOf)
  return [...new Map(all.map((member) => [formatId(member), member])).values()]
}

async function requestCertificates(
  { plan, nameOf, centre }: Enrolment,
  folder: string,
  keys: Keys,
  members: readonly MemberId[],
): Promise<void> {
  const server = must(parseServerId(`${plan.owner}/${plan.serverCode}`))
  const authentication = await centre.issue({
    use: 'authentication',
    subject: authenticationSubject('Basic', server, nameOf(memberOf(server)), 'localhost'),
    publicKey: publicKeyDer(keys, 'authentication'),
    names: { dns: ['localhost'] },
  })
  writeCertificate(certificatesOf(folder), 'authentication', authentication.der)
  for (const member of members) {
    const name = signingName(member)
    const wish = { use: 'signing', subject: signingSubject('Basic', member, nameOf(member)), publicKey: publicKeyDer(keys, name) } as const
    writeCertificate(certificatesOf(folder), name, (await centre.issue(wish)).der)
  }
}

/** The node towards its own agency: an authority that nobody else trusts, the consumer door's certificate, one for each system. */
export async function setUpInside(
  { plan, now }: { readonly plan: Pick<NodePlan, 'name' | 'clients'>; readonly now: Now },
  folder: string,
  keys: Keys,
): Promise<void> {
  const period = { notBefore: beginning(now()), notAfter: later(now(), 10 * 365 * DAY) }
  const subject = (name: string) =>
    writeName([
      ['O', `Sacbé ${plan.name}`],
      ['CN', name],
    ])
  const order = {
    use: 'root',
    serial: 1n,
    subject: subject(`Autoridad interna ${plan.name}`),
    publicKey: publicKeyDer(keys, 'internal'),
    ...period,
  } as const
  const own: Authority = authorityOf(
    'internal',
    await issueCertificate(order, { key: 'internal', algorithm: INTERNAL }, keys.sign),
    INTERNAL,
  )
  writeCertificate(certificatesOf(folder), 'internal', own.certificate.der)
  const names = { dns: ['localhost'], addresses: [Uint8Array.of(127, 0, 0, 1)] }
  const door = {
    use: 'server',
    serial: 2n,
    subject: subject('localhost'),
    publicKey: publicKeyDer(keys, 'door'),
    names,
    ...period,
  } as const
  writeCertificate(certificatesOf(folder), 'door', await issueCertificate(door, own, keys.sign))
  for (const [index, { id }] of plan.clients.entries()) {
    const system = join(folder, 'systems', slugOf(must(parseClientId(id))))
    mkdirSync(system, { recursive: true, mode: 0o700 })
    const { publicKey, privateKey } = await generateKeys('ec', { namedCurve: 'prime256v1' })
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const client = {
      use: 'client',
      serial: BigInt(index + 3),
      subject: subject(id),
      publicKey: spki,
      ...period,
      notAfter: later(now(), CREDENTIAL_LIFE),
    } as const
    writeCertificate(system, 'certificate', await issueCertificate(client, own, keys.sign))
    writeWhole(join(system, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), 0o600)
    writeWhole(join(system, 'authority.pem'), writePem('CERTIFICATE', own.certificate.der))
  }
}
const generateKeys = promisify(generateKeyPair)

/** Where an information system finds what it connects with. */
export const systemFolder = (nodeFolder: string, client: string): string => join(nodeFolder, 'systems', slugOf(must(parseClientId(client))))

/** SHA-256 (hex) of an information system's certificate. */
export function systemCertificate(nodeFolder: string, client: string): string {
  const der = readPem('CERTIFICATE', readFileSync(join(systemFolder(nodeFolder, client), 'certificate.pem'), 'latin1'))[0]
  if (!der) throw new Error(`no certificate for ${client}`)
  return createHash('sha256').update(der).digest('hex')
}

/** The node's entry in the registry: its certificate, its address, whom it serves. */
export function registeredAs(plan: NodePlan, folder: string, address: string) {
  const clients = [...plan.clients.map(({ id }) => id), ...plan.services.map(({ id }) => formatId(ownerOf(must(parseServiceId(id)))))]
  return {
    id: must(parseServerId(`${plan.owner}/${plan.serverCode}`)),
    address,
    authenticationCertificates: [Buffer.from(loadCertificate(certificatesOf(folder), 'authentication').der).toString('base64')],
    clients: [...new Set(clients)].map((id) => must(parseClientId(id))),
  }
}
