import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ok } from '../base/result.ts'
import { centreFacts } from '../exchange/life/centre-client.ts'
import { byInvitation } from '../exchange/life/enrol-node.ts'
import type { FetchUrl, Now } from '../exchange/ports.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'
import { formatId } from '../protocol/identifiers.ts'
import { anchorFingerprint } from '../trust/anchor.ts'
import { certificateRequest } from '../trust/issue.ts'
import { subjectFor } from '../trust/registry/certificate-order.ts'
import { readInvitation } from '../trust/registry/invitation.ts'
import { ALGORITHM, newKeys, publicKeyDer, RSA } from './authorities.ts'
import { writeCertificate } from './certificate-files.ts'
import { EC, setUpInside, systemCertificate } from './enrol.ts'
import { certificatesOf, type NodeFile, signingName, writeNodeFile } from './node-file.ts'
import { writeWhole } from './write-whole.ts'

export type Joining = {
  readonly invitation: string
  /** The folder the node shall have; what a former try left half done is begun anew. */
  readonly folder: string
  readonly passphrase: string
  readonly name: string
  /** 'S1'; the invitation may fix it. */
  readonly serverCode: string
  /** 'APOYOS': the subsystem its first system speaks for; none: the member itself. */
  readonly subsystem?: string
  /** Where peers reach it: 'nodo.example:5500'. */
  readonly address: string
  readonly consumerPort: number
  readonly providerPort: number
  readonly fetchUrl: FetchUrl
  readonly now: Now
}
export type Joined = {
  readonly member: string
  readonly server: string
  readonly client: string
  readonly centre: string
  readonly instance: string
}

/**
 * Makes a node of an invitation: keys made here and never shown, certificates ordered by their requests, an inner authority for the agency's systems, the
 * node's file. No file comes from or goes to anybody by hand. The node registers itself once it runs.
 * Refused with 'invalid_invitation' (not whole, used, expired, or the centre that answers is another), and as the centre refuses.
 */
export async function joinExchange(joining: Joining): Promise<Outcome<Joined>> {
  const read = readInvitation(joining.invitation)
  if (!read.ok) return read
  const { centre, member, secret, fingerprint, serverCode = joining.serverCode } = read.value
  const ports = { fetchUrl: joining.fetchUrl, centreUrl: centre }
  const facts = await centreFacts(formatId(member), ports)
  if (!facts.ok) return facts
  const anchor = Buffer.from(facts.value.anchor, 'base64')
  if (anchorFingerprint(anchor) !== fingerprint)
    return refuse('invalid_invitation', 'another centre answers at that address, or it changed its key')
  const server = { ...member, serverCode }
  const client = formatId(joining.subsystem === undefined ? member : { ...member, subsystemCode: joining.subsystem })
  const joined = { member: formatId(member), server: formatId(server), client, centre, instance: member.instance }
  if (existsSync(joining.folder)) return ok(joined)
  const beside = `${joining.folder}.new`
  rmSync(beside, { recursive: true, force: true })
  mkdirSync(certificatesOf(beside), { recursive: true, mode: 0o700 })
  const keys = await newKeys(join(beside, 'keys'), joining.passphrase)
  const signing = signingName(member)
  await Promise.all([
    ...['authentication', signing].map((name) => keys.create(name, RSA)),
    ...['internal', 'door'].map((name) => keys.create(name, EC)),
  ])
  const host = joining.address.replace(/:\d+$/, '')
  const order = async (use: 'authentication' | 'signing', key: string) => {
    const names = use === 'authentication' ? { names: { dns: [host] } } : {}
    const wish = { use, subject: subjectFor(use, server, facts.value.name, host), publicKey: publicKeyDer(keys, key), ...names }
    const request = await certificateRequest(wish, { key, algorithm: ALGORITHM }, keys.sign)
    return { use, request: Buffer.from(request).toString('base64') }
  }
  const names = ['authentication', signing]
  const certificates = [await order('authentication', 'authentication'), await order('signing', signing)]
  const publicKeys = names.map((name) => publicKeyDer(keys, name))
  const issued = await byInvitation(secret, server, certificates, publicKeys, ports)
  if (!issued.ok) return issued
  for (const [index, name] of names.entries()) writeCertificate(certificatesOf(beside), name, issued.value[index] as Uint8Array)
  writeWhole(join(beside, 'anchor.xml'), anchor)
  await setUpInside({ plan: { name: joining.name, clients: [{ id: client }] }, now: joining.now }, beside, keys)
  writeNodeFile(beside, fileOf(joining, joined, systemCertificate(beside, client)))
  renameSync(beside, joining.folder)
  return ok(joined)
}

function fileOf({ name, address, consumerPort, providerPort }: Joining, { server, client }: Joined, certificate: string): NodeFile {
  return {
    name,
    server,
    address,
    edge: 'rest',
    consumerPort,
    providerPort,
    archiveSeconds: 2,
    clients: [{ id: client, connection: 'SSLAUTH', certificates: [certificate] }],
    services: [],
    rights: [],
    policies: [],
  }
}
