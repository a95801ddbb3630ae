import { randomUUID } from 'node:crypto'
import { stampOverHttp } from '../../src/adapters/http/stamp.ts'
import { lockedFiles } from '../../src/adapters/local/locked-files.ts'
import { openNodeStore } from '../../src/adapters/local/node-store.ts'
import { type Instant, later } from '../../src/base/clock.ts'
import { ok } from '../../src/base/result.ts'
import { decodeRecord, type EvidenceRecord } from '../../src/evidence/record.ts'
import { issueToken } from '../../src/evidence/timestamp-authority.ts'
import type { ArchivePorts } from '../../src/exchange/archive.ts'
import { type ConsumePorts, consume, type Given } from '../../src/exchange/consume.ts'
import { newMemory } from '../../src/exchange/memory.ts'
import type { NodeConfiguration, NodeService } from '../../src/exchange/node-configuration.ts'
import type { CallPeer, CallService, FetchUrl, LogEntry, TrustInForce } from '../../src/exchange/ports.ts'
import { type ProvidePorts, provide } from '../../src/exchange/provide.ts'
import { bytesBody } from '../../src/protocol/body.ts'
import { codeOf, type Fault, type Outcome, refuse } from '../../src/protocol/faults.ts'
import type { ClientId, ServiceId } from '../../src/protocol/identifiers.ts'
import type { Header, RestCall } from '../../src/protocol/rest-message.ts'
import { encodeFault } from '../../src/protocol/transport.ts'
import { authCertHash } from '../../src/trust/directory.ts'
import { issueOcspResponse } from '../../src/trust/issue.ts'
import { type CertId, readOcspRequest } from '../../src/trust/ocsp.ts'
import { profileClass } from '../../src/trust/profiles.ts'
import type { SharedParameters } from '../../src/trust/shared-parameters.ts'
import type { Authority } from '../../src/trust/sign-der.ts'
import { type Trust, trustOf } from '../../src/trust/trust.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { issued, NOON, sign } from '../trust/authority.ts'

/** DIF asks, SEDESOQ answers: real keys, certificates, OCSP answers and stamps; the wire between them is a function call. */
export const DIF: ClientId = { instance: 'QRO', memberClass: 'GOB', memberCode: 'DIF', subsystemCode: 'APOYOS' }
export const SEDESOQ: ClientId = { instance: 'QRO', memberClass: 'GOB', memberCode: 'SEDESOQ', subsystemCode: 'PADRON' }
export const CONSULTA: ServiceId = { ...SEDESOQ, serviceCode: 'consulta' }
export const TARGET = '/r1/QRO/GOB/SEDESOQ/PADRON/consulta/personas/1?detalle=si'

type Party = { readonly signing: Authority; readonly tls: Authority }
type Cast = { readonly ca: Authority; readonly tsa: Authority; readonly dif: Party; readonly sedesoq: Party; readonly stranger: Authority }
let made: Promise<Cast> | undefined

/** Keys are slow to make: one cast for all tests of a run. */
export const cast = (): Promise<Cast> => {
  made ??= makeCast()
  return made
}

async function makeCast(): Promise<Cast> {
  const ca = await issued('flows-ca', {
    use: 'root',
    subject: [
      ['C', 'QRO'],
      ['CN', 'CA de prueba'],
    ],
  })
  const tsa = await issued(
    'flows-tsa',
    {
      use: 'timestamping',
      subject: [
        ['C', 'QRO'],
        ['CN', 'TSA de prueba'],
      ],
    },
    ca,
  )
  const party = async (code: string): Promise<Party> => ({
    signing: await issued(
      `flows-${code}-sign`,
      {
        use: 'signing',
        subject: [
          ['C', 'QRO'],
          ['O', 'GOB'],
          ['CN', code],
        ],
      },
      ca,
    ),
    tls: await issued(
      `flows-${code}-tls`,
      {
        use: 'authentication',
        subject: [
          ['C', 'QRO'],
          ['CN', `nodo ${code}`],
        ],
      },
      ca,
    ),
  })
  const stranger = await issued(
    'flows-stranger',
    {
      use: 'authentication',
      subject: [
        ['C', 'QRO'],
        ['CN', 'nadie'],
      ],
    },
    ca,
  )
  return { ca, tsa, dif: await party('DIF'), sedesoq: await party('SEDESOQ'), stranger }
}

function trustFor({ ca, tsa, dif, sedesoq }: Cast): Trust {
  const server = (code: string, party: Party, client: ClientId, address: string) => ({
    id: { instance: 'QRO', memberClass: 'GOB', memberCode: code, serverCode: 'nodo' },
    address,
    authCertHashes: [authCertHash(6, party.tls.certificate.der)],
    clients: [client],
  })
  const member = (code: string, client: ClientId) => ({
    id: { instance: 'QRO', memberClass: 'GOB', memberCode: code },
    name: code,
    classDescription: 'Gobierno',
    subsystems: [{ id: client }],
  })
  const parameters: SharedParameters = {
    version: 6,
    instance: 'QRO',
    sources: [],
    approvedCas: [
      {
        name: 'CA',
        authenticationOnly: false,
        profile: profileClass('Ejbca'),
        top: { certificate: ca.certificate, ocsp: [{ url: 'http://ocsp.test' }] },
        intermediates: [],
      },
    ],
    approvedTsas: [{ name: 'TSA', url: 'http://tsa.test', certificate: tsa.certificate }],
    members: [member('DIF', DIF), member('SEDESOQ', SEDESOQ)],
    servers: [server('DIF', dif, DIF, 'dif.test'), server('SEDESOQ', sedesoq, SEDESOQ, 'sedesoq.test')],
    globalGroups: [],
    memberClasses: [],
    ocspFreshnessSeconds: 3600,
    sha512: 'c0'.repeat(64),
  }
  return trustOf('QRO', [parameters])
}

export type Clock = { now: Instant }

/** The centre over HTTP: OCSP by the CA itself, and the TSA. `revoked` and `silent` are switches for tests. */
export type Centre = {
  readonly fetchUrl: FetchUrl
  readonly revoked: Set<bigint>
  /** URLs that do not answer. */
  readonly silent: Set<string>
  readonly asked: Map<string, number>
  /** How far the centre's clock is ahead, as its Date says. */
  ahead: number
}

function centreOf({ ca, tsa }: Cast, clock: Clock): Centre {
  let serial = 0n
  const statusOf = (certId: CertId) =>
    centre.revoked.has(certId.serial) ? ({ kind: 'revoked', at: clock.now } as const) : ({ kind: 'good' } as const)
  const ocsp = async (request: Uint8Array) => {
    const asked = readOcspRequest(request)
    const certId = asked.ok ? asked.value[0] : undefined
    if (!certId) throw new Error('no OCSP request')
    const answer = { certId: certId.der, status: statusOf(certId), thisUpdate: clock.now, nextUpdate: later(clock.now, 3600_000) }
    return issueOcspResponse({ producedAt: clock.now, answers: [answer] }, ca, sign)
  }
  const stamp = (query: Uint8Array) => issueToken(query, { ...tsa, serial: ++serial, at: clock.now, policy: '1.2.3.4' }, sign)
  const centre: Centre = {
    revoked: new Set(),
    silent: new Set(),
    asked: new Map(),
    ahead: 0,
    fetchUrl: async (url, post) => {
      centre.asked.set(url, (centre.asked.get(url) ?? 0) + 1)
      if (centre.silent.has(url) || !post) return refuse('network_error', `${url} is silent`)
      const body = url.includes('ocsp') ? await ocsp(post.body) : await stamp(post.body)
      const date = new Date(clock.now + centre.ahead).toUTCString()
      return ok({ status: 200, reason: 'OK', headers: [['Date', date]], body })
    },
  }
  return centre
}

export type TestNode = {
  readonly configuration: { current: NodeConfiguration }
  readonly archivePorts: ArchivePorts
  readonly log: LogEntry[]
  readonly kept: () => Promise<readonly EvidenceRecord[]>
}
export type Service = (call: Parameters<CallService>[0]) => Awaited<ReturnType<CallService>>

export type TwoNodes = {
  readonly clock: Clock
  readonly centre: Centre
  readonly cast: Cast
  readonly trust: { current: TrustInForce }
  readonly consumer: TestNode & { readonly ports: ConsumePorts }
  readonly provider: TestNode & { readonly ports: ProvidePorts }
  /** What the register does when it is called, and the calls it got. */
  readonly register: { answer: Service; readonly calls: Parameters<CallService>[0][] }
  /** Stands between the nodes: what a test does to messages on their way. */
  readonly wire: { callPeer: CallPeer; readonly delivered: number[] }
  readonly ask: (call?: Partial<RestCall>, caller?: { tls: boolean; certificate: Uint8Array | null }) => Promise<Outcome<Given>>
}

export const answering =
  (text: string, status = 200, headers: readonly Header[] = [['Content-Type', 'application/json']]): Service =>
  () =>
    ok({ status, reason: status === 200 ? 'OK' : 'X', headers, body: Buffer.from(text) })

/** @param newFolder where a node keeps its files: gone when the test is over, unless somebody else sees to it. */
export async function twoNodes(newFolder: () => string = temporaryFolder): Promise<TwoNodes> {
  const all = await cast()
  const clock: Clock = { now: NOON }
  const centre = centreOf(all, clock)
  const trust = { current: { trust: trustFor(all), configuration: 'c0ffee', validUntil: later(NOON, 365 * 86_400_000) } }
  const register: TwoNodes['register'] = { answer: answering('{"curp":"X"}'), calls: [] }
  const nodeFor = (code: string, client: ClientId, party: Party, services: readonly NodeService[]) => {
    const folder = newFolder()
    const store = openNodeStore(`${folder}/node.sqlite`)
    const locked = lockedFiles(`${folder}/archive`)
    const log: LogEntry[] = []
    const configuration = { current: configurationOf(code, client, party, services) }
    const common = {
      configuration: async () => configuration.current,
      trust: async () => ok(trust.current),
      sign,
      keep: store.keep,
      fetchUrl: centre.fetchUrl,
      now: () => clock.now,
      newId: randomUUID,
      log: (entry: LogEntry) => void log.push(entry),
      memory: newMemory(),
    }
    const stamp = stampOverHttp(centre.fetchUrl, common.trust, common.log)
    const archivePorts: ArchivePorts = {
      ...common,
      ...locked,
      drain: store.drain,
      acknowledge: store.acknowledge,
      store: store.store,
      stamp,
    }
    const kept = async () =>
      (await store.drain(10_000, 1e9)).map(({ bytes }) => {
        const record = decodeRecord(bytes)
        if (!record.ok) throw new Error(record.fault.detail)
        return record.value
      })
    return { configuration, common, archivePorts, log, kept }
  }
  const difNode = nodeFor('DIF', DIF, all.dif, [])
  const sedesoqNode = nodeFor('SEDESOQ', SEDESOQ, all.sedesoq, [serviceOf()])
  const callService: CallService = async (call) => {
    register.calls.push(call)
    return register.answer(call)
  }
  const provider = { ...sedesoqNode, ports: { ...sedesoqNode.common, callService } }
  const wire: TwoNodes['wire'] = {
    delivered: [],
    callPeer: async (_addresses, message, accepts, budgetMs) => {
      const accepted = await accepts(all.sedesoq.tls.certificate.der, 'sedesoq.test')
      if (!accepted.ok) return accepted
      wire.delivered.push(message.body.length)
      const delivery = {
        method: 'POST',
        headers: message.headers,
        body: message.body,
        peer: all.dif.tls.certificate.der,
        deadline: later(clock.now, budgetMs),
      }
      return answerOf(await provide(delivery, provider.ports), clock)
    },
  }
  const consumer = { ...difNode, ports: { ...difNode.common, callPeer: ((...args) => wire.callPeer(...args)) satisfies CallPeer } }
  return {
    clock,
    centre,
    cast: all,
    trust,
    consumer,
    provider,
    register,
    wire,
    ask: (call = {}, caller = { tls: true, certificate: null }) =>
      consume(
        {
          method: 'GET',
          target: TARGET,
          headers: [
            ['X-Road-Client', 'QRO/GOB/DIF/APOYOS'],
            ['Accept', 'application/json'],
          ],
          body: null,
          ...call,
        },
        caller,
        { requestId: randomUUID(), deadline: later(clock.now, 28_000) },
        consumer.ports,
      ),
  }
}

export function answerOf(reply: Awaited<ReturnType<typeof provide>>, clock: Clock): Awaited<ReturnType<CallPeer>> {
  const date: Header = ['date', new Date(clock.now).toUTCString()]
  if (!reply.ok) {
    const { contentType, body } = encodeFault(reply.fault, 'id')
    return ok({ status: 200, reason: 'OK', headers: [['content-type', contentType], date], body })
  }
  return ok({
    status: 200,
    reason: 'OK',
    headers: [...reply.value.headers, date],
    body: reply.value.body,
  })
}

export const serviceOf = (more: Partial<NodeService> = {}): NodeService => ({
  id: CONSULTA,
  type: 'REST',
  url: 'http://padron.test/api',
  timeoutMs: 30_000,
  tls: { kind: 'none' },
  keepBodies: 'full',
  ...more,
})

function configurationOf(code: string, client: ClientId, { signing, tls }: Party, services: readonly NodeService[]): NodeConfiguration {
  const key = { key: signing.key, algorithm: 'rsa-sha512' as const, certificate: signing.certificate.der, intermediates: [] }
  return {
    server: { instance: 'QRO', memberClass: 'GOB', memberCode: code, serverCode: 'nodo' },
    authentication: { certificate: tls.certificate.der, intermediates: [] },
    clients: [{ id: client, connection: 'SSLNOAUTH', certificates: [], signing: key }],
    services,
    rights: services.map(({ id }) => ({ service: id, subject: { kind: 'client', id: DIF }, endpoint: { method: '*', path: '**' } })),
    policies: [],
  }
}

export const post = (text: string): Partial<RestCall> => ({
  method: 'POST',
  headers: [
    ['X-Road-Client', 'QRO/GOB/DIF/APOYOS'],
    ['Content-Type', 'text/plain'],
  ],
  body: bytesBody(Buffer.from(text)),
})

/** The code a person sees, or 'ok'. */
export const codeIn = (outcome: Outcome<unknown>): string => (outcome.ok ? 'ok' : codeOf(outcome.fault))
export const faultIn = (outcome: Outcome<unknown>): Fault => {
  if (outcome.ok) throw new Error('it was not refused')
  return outcome.fault
}
