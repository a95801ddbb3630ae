import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type LockedFiles, lockedFiles } from '../adapters/local/locked-files.ts'
import { type NodeStore, openNodeStore } from '../adapters/local/node-store.ts'
import { isoInstant, later, type Now, SECOND } from '../base/clock.ts'
import { ok, type Result } from '../base/result.ts'
import { issueToken } from '../evidence/timestamp-authority.ts'
import type { Log } from '../exchange/ports.ts'
import type { ClientId } from '../protocol/identifiers.ts'
import type { Anchor } from '../trust/anchor.ts'
import { type Certificate, readCertificate } from '../trust/certificates.ts'
import { type CertificateUse, issueCertificate } from '../trust/issue.ts'
import type { AlternativeNames } from '../trust/write-extensions.ts'
import { type Authorities, beginning, openAuthorities } from './authorities.ts'
import { contentOf } from './centre-content.ts'
import { type CentreDoor, centreServer } from './centre-http.ts'
import { type CertificateRegister, certificateRegister } from './certificate-register.ts'
import { inTurn } from './in-turn.ts'
import { listen } from './listen.ts'
import { answerOcsp } from './ocsp-responder.ts'
import { CERTIFICATE_LIFE, OCSP_FRESHNESS } from './policy.ts'
import { type PublicationPorts, publish, publishedFile } from './publication.ts'
import { changeRegistry, type Registry, readRegistry } from './registry.ts'
import type { Trouble } from './troubles.ts'

/** A policy of no registrar's: an identifier made from a random UUID (ITU-T X.667). */
const STAMP_POLICY = '2.25.208446203870349482411375098265921862437'

export type CentreOptions = {
  readonly folder: string
  readonly passphrase: string
  readonly instance: string
  /** The subsystem that offers the management services. */
  readonly manager: ClientId
  readonly port: number
  readonly ports: number
  readonly now: Now
  readonly log: Log
}
export type CertificateWish = {
  readonly use: Extract<CertificateUse, 'signing' | 'authentication'>
  /** A Name and a SubjectPublicKeyInfo, DER. */
  readonly subject: Uint8Array
  readonly publicKey: Uint8Array
  readonly names?: AlternativeNames
  /** Milliseconds it is valid for; else the policy's. */
  readonly life?: number
}

/** The central authority while it runs: issues, answers OCSP, stamps time, publishes the signed configuration. */
export type Centre = {
  readonly url: string
  readonly anchor: Anchor
  readonly issue: (wish: CertificateWish) => Promise<Certificate>
  readonly revoke: (serial: bigint) => Promise<void>
  readonly registry: () => Promise<Registry>
  /** Changes the registry and publishes it. */
  readonly change: (change: (registry: Registry) => Registry) => Promise<void>
  /** Shuts or opens a door, as an outage would. */
  readonly outage: (door: CentreDoor, down: boolean) => void
  readonly close: () => Promise<void>
}

/** Opens the centre's folder, making keys and certificates at the first time, and starts to answer. */
export async function startCentre(options: CentreOptions): Promise<Result<Centre, Trouble>> {
  const authorities = await openAuthorities(join(options.folder, 'authorities'), options.passphrase, options.instance, options.now())
  if (!authorities.ok) return authorities
  mkdirSync(options.folder, { recursive: true })
  const store = openNodeStore(join(options.folder, 'centre.sqlite'))
  const opened = await open(options, authorities.value, store, lockedFiles(join(options.folder, 'published')))
  if (!opened.ok) await store.close()
  return opened
}

async function open(
  options: CentreOptions,
  authorities: Authorities,
  store: NodeStore,
  files: LockedFiles,
): Promise<Result<Centre, Trouble>> {
  const { now, log, instance } = options
  const register = certificateRegister(store.store)
  const publication: PublicationPorts = {
    store: store.store,
    files,
    sign: authorities.sign,
    signer: { ...authorities.configuration, certificate: authorities.configuration.certificate.der },
    now,
  }
  const shut = new Set<CentreDoor>()
  const server = centreServer({
    ocsp: (request) => answerOcsp(request, { authorities, register, now, freshness: OCSP_FRESHNESS }),
    timestamp: async (query) => {
      const order = { ...authorities.tsa, serial: stampSerial(), at: now(), policy: STAMP_POLICY }
      return issueToken(query, order, authorities.sign)
    },
    published: async (path, version) => {
      if (path.endsWith('conf')) await republish()
      return publishedFile(path, version, publication)
    },
    isShut: (door) => shut.has(door),
    now,
    onBug: (problem) => log({ level: 'error', event: 'bug', where: 'centre', why: String(problem) }),
  })
  const port = await listen(server.server, options.port, options.ports)
  if (!port.ok) return port
  const host = `localhost:${port.value}`
  const republish = inTurn(async () =>
    publish(contentOf(await readRegistry(store.store), { instance, host, manager: options.manager, authorities }), publication),
  )
  return ok({
    url: `http://${host}`,
    anchor: anchorOf(instance, host, authorities, now),
    issue: (wish) => issueRegistered(wish, `http://${host}/ocsp`, authorities, register, now),
    revoke: (serial) => register.revoke(serial, now()),
    registry: () => readRegistry(store.store),
    change: async (change) => {
      await changeRegistry(store.store, change)
      await republish()
    },
    outage: (door, down) => void (down ? shut.add(door) : shut.delete(door)),
    close: async () => {
      await server.close()
      await store.close()
    },
  })
}

/** Every certificate is in the register before anybody has it: what is not there does not count as good. */
async function issueRegistered(
  wish: CertificateWish,
  ocspUrl: string,
  { ca, sign }: Authorities,
  register: CertificateRegister,
  now: Now,
): Promise<Certificate> {
  const serial = await register.nextSerial()
  const period = { notBefore: beginning(now()), notAfter: later(now(), wish.life ?? CERTIFICATE_LIFE) }
  const der = await issueCertificate({ ...wish, ...period, serial, ocspUrl }, ca, sign)
  const certificate = readCertificate(der)
  if (!certificate.ok) throw new Error(`cannot read the certificate just issued: ${certificate.fault.detail}`)
  await register.add({ serial, use: wish.use, der, at: now() })
  return certificate.value
}

/** 128 random bits: never twice, and no count to lose. */
const stampSerial = (): bigint => BigInt(`0x${randomBytes(16).toString('hex')}`) + 1n

const anchorOf = (instance: string, host: string, { configuration }: Authorities, now: Now): Anchor => ({
  instance,
  generatedAt: isoInstant(later(now(), -(now() % SECOND))),
  sources: [{ url: `http://${host}/internalconf`, certificates: [configuration.certificate.der] }],
})
