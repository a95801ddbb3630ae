import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type LockedFiles, lockedFiles } from '../adapters/local/locked-files.ts'
import { type NodeStore, openNodeStore } from '../adapters/local/node-store.ts'
import { type Now, SECOND } from '../base/clock.ts'
import { ok, type Result } from '../base/result.ts'
import { issueToken } from '../evidence/timestamp-authority.ts'
import { nodeAnchor } from '../exchange/centre/anchors.ts'
import { authoritiesNow, keepAuthorities, type Terms, USUAL_TERMS } from '../exchange/centre/authority-schedule.ts'
import { certificateRegister } from '../exchange/centre/certificate-register.ts'
import { type CertificateWish, issueRegistered } from '../exchange/centre/issue-certificate.ts'
import { answerManagement } from '../exchange/centre/management.ts'
import { answerNode } from '../exchange/centre/node-door.ts'
import { ownTrust } from '../exchange/centre/own-trust.ts'
import { publish, publishedFile } from '../exchange/centre/publication.ts'
import { readRecords } from '../exchange/centre/read-records.ts'
import { setUp } from '../exchange/centre/set-up.ts'
import { STAMP_POLICY } from '../exchange/centre/stamp-policy.ts'
import type { Log } from '../exchange/ports.ts'
import { act } from '../exchange/register/change-log.ts'
import type { ClientId } from '../protocol/identifiers.ts'
import type { Anchor } from '../trust/anchor.ts'
import type { Certificate } from '../trust/certificates.ts'
import type { Records } from '../trust/registry/content.ts'
import { type Authorities, openAuthorities } from './authorities.ts'
import { type CentreDoor, centreServer } from './centre-http.ts'
import { centreOcsp } from './centre-ocsp.ts'
import { setUpOf } from './centre-set-up.ts'
import { inTurn } from './in-turn.ts'
import { listen } from './listen.ts'
import { must } from './node-file.ts'
import { type Registry, registryOf, replaceRegistry } from './registry.ts'
import type { Trouble } from './troubles.ts'

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
  /** 'by hand': nothing is done of itself; a test's clock does not tick. */
  readonly tending?: 'ticking' | 'by hand'
  /** How long its keys work; else as usual. */
  readonly terms?: Terms
  /** Milliseconds its certificates are valid, by their use; else two years. */
  readonly certificateLife?: Partial<Record<CertificateWish['use'], number>>
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
  /** Does what is due of its own keys and of the publication; it does so by itself, too, unless told otherwise. */
  readonly tend: () => Promise<void>
  /** Shuts or opens a door, as an outage would. */
  readonly outage: (door: CentreDoor, down: boolean) => void
  readonly close: () => Promise<void>
}

const TEND_SECONDS = 60

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
  const { sign } = authorities
  const register = certificateRegister(store.store, files)
  const ports = { store: store.store, ...files, sign, now, log, newId: randomUUID }
  const management = { ...ports, currentTrust: ownTrust(ports) }
  const records = async (): Promise<Records> => {
    const found = await readRecords(store.store)
    if (!found) throw new Error('the centre is not set up')
    return found
  }
  const ocsp = centreOcsp({ store: store.store, sign, register, now, log })
  const shut = new Set<CentreDoor>()
  const server = centreServer({
    ocsp: ocsp.answer,
    timestamp: async (query) => {
      const order = { ...(await authoritiesNow(store.store)).tsa, serial: randomSerial(), at: now(), policy: STAMP_POLICY }
      return issueToken(query, order, sign)
    },
    published: async (path, version) => {
      if (path.endsWith('conf')) await republish()
      return publishedFile(path, version, ports)
    },
    management: (contentType, body) => answerManagement({ contentType, body, door: 'direct' }, management),
    node: (call) => answerNode(call, { ...management, issue: issue, register, anchor: anchorNow }),
    isShut: (door) => shut.has(door),
    now,
    onBug: (problem) => log({ level: 'error', event: 'bug', where: 'centre', why: String(problem) }),
  })
  const port = await listen(server.server, options.port, options.ports)
  if (!port.ok) return port
  const host = `localhost:${port.value}`
  must(
    await act(ports, { who: SET_UP, what: 'setUp' }, (work) =>
      setUp(work, setUpOf({ instance, host, manager: options.manager, authorities, at: now() })),
    ),
  )
  const republish = inTurn(async () => void (await publish(ports)))
  const anchorNow = async (): Promise<Anchor> => {
    return nodeAnchor({ instance, addresses: [host] }, (await records()).signingKeys)
  }
  const issue = async (given: CertificateWish) => {
    const life = options.certificateLife?.[given.use]
    const wish = life === undefined || given.life !== undefined ? given : { ...given, life }
    const { ca } = await authoritiesNow(store.store)
    return issueRegistered(wish, { ca, sign, register, ocspUrl: `http://${host}/ocsp`, now, newSerial: randomSerial })
  }
  const schedule = { ...ports, makeKey: authorities.makeKey, newSerial: randomSerial, terms: options.terms ?? USUAL_TERMS }
  const tend = inTurn(async () => {
    await keepAuthorities(schedule)
    await ocsp.tend()
    await republish()
  })
  const tick = () => void tend().catch((problem: unknown) => log({ level: 'error', event: 'centre_not_tended', why: String(problem) }))
  const ticker = options.tending === 'by hand' ? undefined : setInterval(tick, TEND_SECONDS * SECOND)
  return ok({
    url: `http://${host}`,
    anchor: await anchorNow(),
    issue,
    revoke: (serial) => register.revoke(serial, now()),
    registry: async () => registryOf(await records()),
    change: async (change) => {
      const deed = { who: SET_UP, what: 'change' } as const
      must(
        await act(ports, deed, async (work) => {
          const before = registryOf(await records())
          return replaceRegistry(work, before, change(before))
        }),
      )
      await republish()
    },
    outage: (door, down) => void (down ? shut.add(door) : shut.delete(door)),
    tend,
    close: async () => {
      clearInterval(ticker)
      await server.close()
      await store.close()
    },
  })
}

/** A plan that was written beforehand, by whoever runs this machine. */
const SET_UP = { kind: 'rule', id: 'plan' } as const

/** 128 random bits: never twice, no count to lose, and far above the first few, which the authorities themselves have. */
const randomSerial = (): bigint => BigInt(`0x${randomBytes(16).toString('hex')}`) + 1000n
