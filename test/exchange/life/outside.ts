import { randomUUID } from 'node:crypto'
import { type EnrolPorts, enrolHandler } from '../../../functions/enrol/handler.ts'
import { DAY, later, MINUTE } from '../../../src/base/clock.ts'
import { ok } from '../../../src/base/result.ts'
import { ownAnchor } from '../../../src/exchange/centre/anchors.ts'
import { certificateRegister } from '../../../src/exchange/centre/certificate-register.ts'
import { invite } from '../../../src/exchange/centre/invitations.ts'
import { issueRegistered } from '../../../src/exchange/centre/issue-certificate.ts'
import { answerNode } from '../../../src/exchange/centre/node-door.ts'
import { answerOcsp } from '../../../src/exchange/centre/ocsp-responder.ts'
import { publish } from '../../../src/exchange/centre/publication.ts'
import { readRecords } from '../../../src/exchange/centre/read-records.ts'
import { putCa } from '../../../src/exchange/centre/trust-services.ts'
import type { NewKey } from '../../../src/exchange/life/enrol-node.ts'
import { USUAL_PACE } from '../../../src/exchange/life/identity.ts'
import { OWED, type Owed, owedPayer } from '../../../src/exchange/life/owed.ts'
import { newMemory } from '../../../src/exchange/memory.ts'
import type { FetchUrl, LogEntry, TrustInForce } from '../../../src/exchange/ports.ts'
import { NODE, readStoredNode } from '../../../src/exchange/stored-node.ts'
import type { Sign } from '../../../src/protocol/sign.ts'
import { anchorFingerprint, writeAnchor } from '../../../src/trust/anchor.ts'
import { profileClass } from '../../../src/trust/profiles.ts'
import { type ApprovedCaRecord, KEYS } from '../../../src/trust/registry/records.ts'
import { issued, newKey, sign, spkiOf } from '../../trust/authority.ts'
import { memoryStore } from '../centre/memory-store.ts'
import { centreCast, member, testCentre } from '../centre/test-centre.ts'

export const SIGNING = 'enrol-signing'
const signingPublic = spkiOf(newKey(SIGNING, 'rsa-sha512'))
export const anotherPublic = spkiOf(newKey('enrol-another', 'rsa-sha512'))

/** What a node is made of where it runs; in memory when nothing is said. */
export type NodeParts = {
  readonly store: ReturnType<typeof memoryStore>
  readonly sign: Sign
  readonly signingKey: EnrolPorts['signingKey']
  readonly makeKey: EnrolPorts['makeKey']
}

/** A centre behind plain HTTP, a node that is not in yet, and an invitation. */
export async function outside(cast = centreCast(), parts: Partial<NodeParts> = {}) {
  const centre = await testCentre(cast)
  const { ca } = await cast
  const responder = await issued('enrol-ocsp', { use: 'ocsp', subject: [['CN', 'OCSP LAB']], notAfter: ca.certificate.notAfter }, ca)
  const register = certificateRegister(centre.store)
  const now = () => centre.clock.now
  const newSerial = () => BigInt(`0x1${randomUUID().replaceAll('-', '').slice(1)}`)
  const issue = (wish: Parameters<typeof issueRegistered>[0]) =>
    issueRegistered(wish, { ca, sign, register, ocspUrl: 'http://ca.example/ocsp', now, newSerial })
  const records = await readRecords(centre.store)
  if (!records) throw new Error('no centre')
  const anchor = ownAnchor(records.instance, records.signingKeys, 'internal', now())
  const door = { ...centre.ports, issue, register, anchor: async () => anchor }
  const fetchUrl: FetchUrl = async (url, post) => {
    const { pathname, searchParams: query, hostname } = new URL(url)
    const body = post?.body ?? new Uint8Array()
    if (hostname === 'ca.example') {
      const answer = await answerOcsp(body, { ca, responder, sign, register, now, freshness: 12 * 60 * MINUTE })
      return ok({ status: 200, reason: 'OK', headers: [], body: answer })
    }
    const call = { method: post ? 'POST' : 'GET', path: pathname, query, contentType: post?.type ?? '', body }
    const answer = await answerNode(call, door)
    return ok({ status: answer.status, reason: '', headers: [], body: answer.body })
  }
  const listed = (await centre.store.get<ApprovedCaRecord>(KEYS.ca('CA LAB')))?.value
  if (!listed) throw new Error('no authority')
  await centre.rule((work) => putCa(work, { ...listed, profile: profileClass('Basic') }))
  await publish(centre.ports)
  const secret = randomUUID()
  await centre.rule((work, at) => invite(work, { id: 'i1', secret, member: member('DIF'), expires: later(at, DAY), askedBy: 'ana' }))
  const store = parts.store ?? memoryStore()
  const nodeSign = parts.sign ?? sign
  const keys: string[] = []
  const makeKey = async (): Promise<NewKey> => {
    const name = `enrol-tls-${randomUUID()}`
    keys.push(name)
    const publicKey = spkiOf(newKey(name, 'rsa-sha512'))
    return { publicKey, sign: (_, algorithm, digest) => sign(name, algorithm, digest), install: async () => `arn:${keys.length}` }
  }
  const publics = { issued: true, proofs: [] as string[] }
  const ports = {
    store,
    memory: newMemory(),
    pace: USUAL_PACE,
    trust: async () => {
      const trust = await centre.ports.currentTrust()
      return trust.ok ? trust.value : undefined
    },
    fetchUrl,
    newId: randomUUID,
    log: (_entry: LogEntry) => {},
    now,
    wait: async (ms: number) => centre.wait(ms),
    hosts: { provider: 'dif.example', consumer: 'c.dif.example' },
    signingKey: parts.signingKey ?? { key: SIGNING, publicKey: async () => signingPublic },
    makeKey: parts.makeKey ?? makeKey,
    requestPublic: async (name: string) => `arn:public:${name}`,
    describePublic: async (arn: string) =>
      publics.issued ? { status: 'ISSUED' } : { status: 'PENDING_VALIDATION', proof: { name: `_x.${arn}`, value: 'y' } },
    prove: async (_zone: string, { name }: { name: string }) => void publics.proofs.push(name),
  }
  const fingerprint = anchorFingerprint(writeAnchor(anchor))
  const invitation = { centre: 'http://centro.example', secret, server: 'LAB/GOB/DIF/nodo', fingerprint, zone: 'Z0', systems: [] }
  const node = async () => {
    const read = readStoredNode(await store.query(NODE))
    if (!read.ok) throw new Error(read.fault.detail)
    return read.value
  }
  const owed = async () => (await store.query<Owed>(OWED)).map(({ value }) => value)
  const pay = async (given = owed) => {
    const trust = await centre.ports.currentTrust()
    const current = async () => trust as typeof trust & { value: TrustInForce }
    const configuration = async () => (await node()).configuration
    await owedPayer({ ...ports, sign: nodeSign, memory: newMemory(), owed: given, configuration, trust: current })()
  }
  const requests = async () => (await centre.store.query<{ type: string; status: string }>('registry/request/')).map(({ value }) => value)
  const runAs = (other: Partial<typeof ports>) => enrolHandler({ ...ports, ...other })
  return { centre, store, ports, invitation, publics, node, owed, pay, requests, keys, run: enrolHandler(ports), runAs, ...mortal(ports) }
}

class Died extends Error {}

/** The same ports, each call of which may be the last: before it, or after it and before anybody hears. */
function mortal<Ports extends EnrolPorts>(ports: Ports) {
  const watched = (onCall: (done: () => Promise<unknown>) => Promise<unknown>): Ports => {
    const wrap = <T>(value: T): T =>
      (typeof value === 'function'
        ? (...given: unknown[]) => onCall(async () => (value as (...all: unknown[]) => unknown)(...given))
        : value) as T
    const { store, fetchUrl, makeKey, requestPublic, describePublic } = ports
    const within = Object.fromEntries(Object.entries(store).map(([name, call]) => [name, wrap(call)])) as Ports['store']
    const mortalKey = async () => {
      const key = await (onCall(makeKey) as ReturnType<typeof makeKey>)
      return { ...key, install: wrap(key.install) }
    }
    return {
      ...ports,
      store: within,
      fetchUrl: wrap(fetchUrl),
      makeKey: mortalKey,
      requestPublic: wrap(requestPublic),
      describePublic: wrap(describePublic),
    }
  }
  return {
    countCalls: async (work: (run: ReturnType<typeof enrolHandler>) => Promise<unknown>): Promise<number> => {
      let calls = 0
      await work(
        enrolHandler(
          watched((done) => {
            calls++
            return done()
          }),
        ),
      )
      return calls
    },
    /** true: it died at that call. Odd ones die before it, even ones after. */
    dyingAt: async (at: number, work: (run: ReturnType<typeof enrolHandler>) => Promise<unknown>): Promise<boolean> => {
      let calls = 0
      const dying = watched(async (done) => {
        if (++calls < at) return done()
        if (calls === at && at % 2 === 0) await done()
        throw new Died()
      })
      try {
        await work(enrolHandler(dying))
        return false
      } catch (problem) {
        if (problem instanceof Died) return true
        throw problem
      }
    },
  }
}
